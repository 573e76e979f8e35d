/**
 * Subscriptions with the real program and a real receiver; and a deliverer that is killed.
 */
import { readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import fc from "fast-check"
import { Webhook as Verifier } from "standardwebhooks"
import { open } from "../../src/coordinator/open.ts"
import type { Event } from "../../src/queue/Event.ts"
import { emptyPlaces } from "../log/postgres/database.ts"
import { type Answer, makeReceiver, status } from "../subscription/Receiver.ts"
import { signalbox, start, temporaryFolder } from "./signalbox.ts"

/** A folder with a log of some runs, and the program in it. */
const withRuns = (count: number) =>
  Effect.promise(async () => {
    const folder = temporaryFolder()
    await using box = await open({ log: join(folder, "log.db"), jobs: { nothing: () => undefined } })
    for (let at = 0; at < count; at++) {
      await box.submit({ id: `run-${at}`, job: "nothing", tags: { parity: at % 2 === 0 ? "even" : "odd" } })
      await box.ended(`run-${at}`)
    }
    await box.close()
    return folder
  })

const call = (folder: string, ...args: ReadonlyArray<string>) =>
  Effect.promise(() => signalbox(folder, "subscription", ...args))

const json = (folder: string, ...args: ReadonlyArray<string>) =>
  Effect.map(call(folder, ...args, "--json"), ({ code, stdout, stderr }) => {
    if (code !== 0) throw new Error(stderr)
    return JSON.parse(stdout)
  })

it.live(
  "adds, lists, shows, delivers, rewinds and removes",
  () =>
    Effect.gen(function* () {
      const folder = yield* withRuns(3)
      const { url, received } = yield* makeReceiver([])
      expect((yield* call(folder, "list")).stdout).toBe("No subscriptions.\n")
      const asked = [
        "hook",
        "--webhook",
        url,
        "--type",
        "RunSucceeded",
        "--type",
        "RunFailed",
        "--tag",
        "parity=even"
      ]
      const { secret, ...added } = yield* json(folder, "add", ...asked)
      expect(secret).toMatch(/^whsec_/)
      expect(added).toMatchObject({ name: "hook", position: 0, webhook: { url } })
      expect(yield* json(folder, "show", "hook")).toEqual(added)
      expect(yield* json(folder, "list")).toEqual([added])
      for (const words of [["list"], ["show", "hook"]])
        expect((yield* call(folder, ...words)).stdout).not.toContain(secret.slice(6, 20))

      expect(yield* call(folder, "run", "hook", "--once")).toMatchObject({ code: 0 })
      const requests = yield* Queue.takeAll(received)
      const verifier = new Verifier(secret)
      const events = requests.map(({ body, headers }) => verifier.verify(body, headers) as Event)
      expect(events.map(({ type, run }) => [type, run])).toEqual([
        ["RunSucceeded", "run-0"],
        ["RunSucceeded", "run-2"]
      ])
      const { position } = yield* json(folder, "show", "hook")
      expect(yield* json(folder, "rewind", "hook", "0")).toMatchObject({ position: 0 })
      expect(yield* call(folder, "rewind", "hook", String(position + 1))).toMatchObject({
        code: 2,
        stderr: expect.stringContaining(`expected 0 to ${position}`)
      })
      yield* call(folder, "run", "hook", "--once")
      const again = yield* Queue.takeAll(received)
      expect(again.map(({ headers }) => headers["webhook-id"])).toEqual(
        requests.map(({ headers }) => headers["webhook-id"])
      )
      expect(yield* json(folder, "remove", "hook")).toEqual({ removed: "hook" })
      expect(yield* call(folder, "show", "hook")).toMatchObject({ code: 1 })
      expect((yield* Effect.promise(() => signalbox(folder, "audit", "verify"))).code).toBe(0)
      expect(readdirSync(folder)).toContain("log-subscriptions.db")
    }),
  120_000
)

it.live(
  "parks what fails, delivers it again or drops it; 410 stops until it is enabled",
  () =>
    Effect.gen(function* () {
      const folder = yield* withRuns(2)
      const answers: Array<Answer> = [status(500, {}, "no"), status(204), status(500)]
      const { url } = yield* makeReceiver(answers)
      const asked = ["hook", "--webhook", url, "--type", "RunSubmitted", "--type", "RunSucceeded"]
      yield* json(folder, "add", ...asked, "--tries", "1")
      expect(yield* call(folder, "run", "hook", "--once")).toMatchObject({
        code: 0,
        stdout: expect.stringContaining("2 parked")
      })
      const parked = yield* json(folder, "parked", "hook")
      expect(parked).toMatchObject([
        { tries: 1, error: "its webhook answered 500: no", due: false },
        { tries: 1, error: "its webhook answered 500", due: false }
      ])
      const [first, second] = parked.map((one: { position: number }) => String(one.position))
      expect((yield* call(folder, "drop", "hook")).code).toBe(2)
      expect((yield* call(folder, "retry", "hook", first, "--all")).code).toBe(2)
      expect((yield* call(folder, "retry", "hook", "9999")).code).toBe(1)
      expect(yield* json(folder, "drop", "hook", first)).toEqual({ dropped: 1 })
      expect(yield* json(folder, "retry", "hook", "--all")).toEqual({ retried: 1 })
      expect((yield* json(folder, "parked", "hook"))[0]).toMatchObject({
        position: Number(second),
        due: true
      })
      yield* call(folder, "run", "hook", "--once")
      expect((yield* call(folder, "parked", "hook")).stdout).toBe("Nothing is parked.\n")

      answers.push(status(410))
      yield* call(folder, "rewind", "hook", "0")
      for (const _ of [1, 2]) {
        expect(yield* call(folder, "run", "hook", "--once")).toMatchObject({
          code: 1,
          stderr: expect.stringContaining("410 Gone")
        })
      }
      expect((yield* call(folder, "list")).stdout).toContain("stopped: ")
      yield* call(folder, "enable", "hook")
      expect(yield* call(folder, "run", "hook", "--once")).toMatchObject({ code: 0 })
    }),
  120_000
)

it.live(
  "refuses what makes no sense, and half-applies nothing",
  () =>
    Effect.gen(function* () {
      const folder = yield* withRuns(1)
      writeFileSync(join(folder, "secret"), "hunter2\n")
      const url = "http://127.0.0.1:2/hook"
      const wrong: ReadonlyArray<readonly [code: number, ...args: ReadonlyArray<string>]> = [
        [2, "add", "Hook", "--webhook", url],
        [2, "add", "hook", "--webhook", "ftp://example.com"],
        [2, "add", "hook", "--webhook", url, "--from", "yesterday"],
        [2, "add", "hook", "--webhook", url, "--tries", "0"],
        [2, "add", "hook", "--webhook", url, "--type", "RunExploded"],
        [2, "add", "hook", "--webhook", url, "--secret-file", "secret"],
        [1, "run", "hook"],
        [2, "run"]
      ]
      for (const [code, ...args] of wrong) {
        const end = yield* call(folder, ...args)
        expect({ args, code: end.code }).toEqual({ args, code })
        expect(end.stderr).not.toContain("hunter2")
        expect(end.stderr).not.toContain("defect")
      }
      expect(yield* json(folder, "list")).toEqual([])
      yield* json(folder, "add", "hook", "--webhook", url)
      expect(yield* call(folder, "add", "hook", "--webhook", url)).toMatchObject({ code: 1 })
    }),
  120_000
)

it.live(
  "a deliverer that is killed passes over nothing, however often it is killed",
  () =>
    Effect.gen(function* () {
      const folder = yield* withRuns(6)
      const [moments] = fc.sample(
        fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 35 }), fc.boolean()), {
          minLength: 5,
          maxLength: 5,
          selector: ([at]) => at
        }),
        1
      )
      const kills = new Map(moments)
      let requests = 0
      let running = start(folder, ["subscription", "list"])
      const answers: Array<Answer> = []
      // Kills the process, and only it, when a request has come: before it has an answer, or with one on the way.
      const answer: Answer = (response) => {
        answers.push(answer)
        const isAnswered = kills.get(++requests)
        if (isAnswered === false) return void running.child.kill("SIGKILL")
        response.writeHead(204).end(() => isAnswered && running.child.kill("SIGKILL"))
      }
      answers.push(answer)
      const { url, received } = yield* makeReceiver(answers)
      yield* json(folder, "add", "hook", "--webhook", url)
      let killed = 0
      for (let code: number | null = null; code !== 0; ) {
        running = start(folder, ["subscription", "run", "hook", "--once"])
        const end = yield* Effect.promise(() => running.ended)
        if (end.signal === "SIGKILL") killed++
        else expect(end).toMatchObject({ code: 0, stderr: "" })
        code = end.code
      }
      expect(killed).toBeGreaterThan(0)
      const positions = (yield* Queue.takeAll(received)).map(
        ({ body }) => JSON.parse(body).position as number
      )
      const { position } = yield* json(folder, "show", "hook")
      const first = [...new Set(positions)]
      expect(first).toEqual(Array.from({ length: position }, (_, at) => at + 1))
      // Each kill has at most what was under way delivered again.
      expect(positions.length - first.length).toBeLessThanOrEqual(killed)
    }),
  120_000
)

const emptyPlace = emptyPlaces()

it.live(
  "stands in the database where the log does",
  () =>
    Effect.gen(function* () {
      const log = yield* emptyPlace
      const folder = temporaryFolder()
      const { url, received } = yield* makeReceiver([])
      const inDatabase = (...args: ReadonlyArray<string>) =>
        Effect.promise(() => start(folder, args, { SIGNALBOX_LOG: log }).ended)
      expect((yield* inDatabase("submit", "--id", "a", "true")).code).toBe(0)
      const asked = ["subscription", "add", "hook", "--webhook", url, "--type", "RunQueued"]
      expect((yield* inDatabase(...asked)).code).toBe(0)
      expect(yield* inDatabase("subscription", "run", "hook", "--once")).toMatchObject({
        code: 0,
        stderr: ""
      })
      expect((yield* Queue.takeAll(received)).map(({ body }) => JSON.parse(body).type)).toEqual(["RunQueued"])
      expect((yield* inDatabase("subscription", "list")).stdout).toContain("active")
    }),
  120_000
)

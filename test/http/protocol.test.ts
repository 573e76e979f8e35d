/**
 * What workers are answered, word for word as any language sees it.
 */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Coordinator } from "../../src/coordinator/Coordinator.ts"
import { layer } from "../../src/coordinator/open.ts"
import { layerWorkers } from "../../src/http/layerWorkers.ts"
import { makeWorkersLauncher } from "../../src/launcher/makeWorkersLauncher.ts"
import { WorkerPool } from "../../src/launcher/WorkerPool.ts"
import { settings } from "../../src/settings.ts"
import { temporaryFolder } from "../log/temporaryFolder.ts"
import { freeAddress } from "./Site.ts"

const token = "open sesame"
const ann = { worker: "ann", run: "r", attempt: 1 }
const bob = { ...ann, worker: "bob" }

/** A coordinator that listens for workers, with one run for them. */
const listening = (
  body: (given: {
    readonly coordinator: Coordinator["Service"]
    readonly ask: (
      question: string,
      body: unknown,
      bearer?: string
    ) => Effect.Effect<readonly [number, unknown]>
  }) => Effect.Effect<void, unknown>
) =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder
    const address = freeAddress()
    const pool = new WorkerPool(folder, { leaseMs: 600_000 })
    const launchers = { workers: makeWorkersLauncher(pool) }
    const services = layerWorkers(pool, { ...address, token }).pipe(
      Layer.provideMerge(layer({ artifacts: folder, launchers }))
    )
    const ask = (question: string, given: unknown, bearer = token) =>
      Effect.promise(async () => {
        const answer = await fetch(`http://${address.host}:${address.port}/v1/workers/${question}`, {
          method: "POST",
          headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
          body: JSON.stringify(given)
        })
        const text = await answer.text()
        return [answer.status, text === "" ? undefined : JSON.parse(text)] as const
      })
    yield* Effect.gen(function* () {
      const coordinator = yield* Coordinator
      const spec = { id: "r", job: "bake", launcher: "workers" }
      yield* coordinator.ask({ _tag: "SubmitRun", spec })
      yield* body({ coordinator, ask })
    }).pipe(Effect.provide(services))
  })

const runOf = (coordinator: Coordinator["Service"]) => coordinator.query((queue) => queue.run("r"))

describe("a question", () => {
  it.live("without the token is not answered", () =>
    listening(({ ask }) =>
      Effect.gen(function* () {
        for (const bearer of ["", "open sesamf", `${token}!`, token.slice(1)]) {
          const [status, said] = yield* ask("poll", { worker: "ann" }, bearer)
          expect([status, said]).toMatchObject([401, { _tag: "Unauthorized" }])
        }
        expect(yield* ask("start", bob)).toMatchObject([200, {}])
      })
    )
  )

  it.live("that makes no sense is told what is wrong with it", () =>
    listening(({ ask }) =>
      Effect.gen(function* () {
        const wrong: ReadonlyArray<readonly [string, object, string]> = [
          ["poll", {}, "worker"],
          ["poll", { worker: "ann", capacity: 0 }, "capacity"],
          ["poll", { worker: "a b" }, "a worker's name consists of"],
          ["start", { ...ann, attempt: "1" }, "attempt"],
          ["heartbeat", { ...ann, progress: { fraction: 2 } }, "fraction"],
          ["end", { ...ann, outcome: { _tag: "Done" } }, "outcome"]
        ]
        for (const [question, given, what] of wrong) {
          const [status, said] = yield* ask(question, given)
          expect(status).toBe(400)
          expect(JSON.stringify(said)).toContain(what)
        }
      })
    )
  )

  it.live("that is larger than any may be is refused", () =>
    listening(({ ask }) =>
      Effect.gen(function* () {
        yield* ask("start", ann)
        const lines = ["x".repeat(settings.workerRequestBytesMax)]
        const [status] = yield* ask("heartbeat", { ...ann, lines })
        expect(status).toBeGreaterThanOrEqual(400)
      })
    )
  )
})

describe("a start", () => {
  it.live("is recorded when it is answered, and answered again to the one who has it", () =>
    listening(({ ask, coordinator }) =>
      Effect.gen(function* () {
        expect(yield* ask("poll", { worker: "ann" })).toMatchObject([
          200,
          { attempts: [{ run: "r", attempt: 1, spec: { job: "bake" } }], leaseMs: 600_000 }
        ])
        expect(yield* ask("start", ann)).toEqual([200, { leaseMs: 600_000 }])
        expect(yield* runOf(coordinator)).toMatchObject({ state: "started", worker: "ann" })
        expect(yield* ask("start", ann)).toEqual([200, { leaseMs: 600_000 }])
        const message = "attempt 1 of run r is done by worker ann"
        expect(yield* ask("start", bob)).toEqual([
          409,
          { _tag: "NotYours", message, run: "r", attempt: 1, state: "started", current: 1 }
        ])
      })
    )
  )

  it.live("of what nobody has handed out is refused", () =>
    listening(({ ask }) =>
      Effect.gen(function* () {
        expect(yield* ask("start", { ...ann, run: "s" })).toMatchObject([
          409,
          { message: "there is no run s" }
        ])
        expect(yield* ask("start", { ...ann, attempt: 2 })).toMatchObject([
          409,
          { message: "attempt 2 of run r is not under way by worker ann; the run is launching" }
        ])
      })
    )
  )

  it.live("of a run that was canceled is refused, and it never starts", () =>
    listening(({ ask, coordinator }) =>
      Effect.gen(function* () {
        yield* coordinator.ask({ _tag: "CancelRun", run: "r" })
        expect((yield* ask("start", ann))[0]).toBe(409)
        const { startedAt, state } = yield* coordinator.ended("r")
        expect([state, startedAt]).toEqual(["canceled", undefined])
      })
    )
  )
})

describe("a heartbeat", () => {
  it.live("that waits hears at once that the run is to stop", () =>
    listening(({ ask, coordinator }) =>
      Effect.gen(function* () {
        yield* ask("start", ann)
        expect(yield* ask("heartbeat", ann)).toEqual([200, { stop: false }])
        const [[, heard]] = yield* Effect.all(
          [ask("heartbeat", { ...ann, waitMs: 250_000 }), coordinator.ask({ _tag: "CancelRun", run: "r" })],
          { concurrency: "unbounded" }
        )
        expect(heard).toEqual({ stop: true })
        expect(yield* ask("heartbeat", { ...ann, waitMs: 250_000 })).toEqual([200, { stop: true }])
        expect(yield* ask("end", { ...ann, outcome: { _tag: "Terminated", message: "stopped" } })).toEqual([
          204,
          undefined
        ])
        expect(yield* runOf(coordinator)).toMatchObject({ state: "canceled" })
      })
    )
  )

  it.live("of another worker, or after the end, is told what is true", () =>
    listening(({ ask }) =>
      Effect.gen(function* () {
        yield* ask("start", ann)
        expect(yield* ask("heartbeat", bob)).toMatchObject([
          409,
          { message: "attempt 1 of run r is done by worker ann" }
        ])
        yield* ask("end", { ...ann, outcome: { _tag: "Succeeded" } })
        expect(yield* ask("heartbeat", ann)).toMatchObject([
          409,
          { message: "run r is succeeded", state: "succeeded" }
        ])
      })
    )
  )
})

describe("an end", () => {
  it.live("is recorded when it is answered, and the first one holds", () =>
    listening(({ ask, coordinator }) =>
      Effect.gen(function* () {
        yield* ask("start", ann)
        expect((yield* ask("end", { ...bob, outcome: { _tag: "Succeeded" } }))[0]).toBe(409)
        const failed = { _tag: "Threw", message: "no flour" }
        expect((yield* ask("end", { ...ann, outcome: failed }))[0]).toBe(204)
        expect(yield* runOf(coordinator)).toMatchObject({ state: "failed", end: { cause: failed } })
        expect(yield* ask("end", { ...ann, outcome: { _tag: "Succeeded" } })).toMatchObject([
          409,
          { message: "run r is failed", state: "failed" }
        ])
      })
    )
  )

  it.live("with a result too large to record is a failure that says so", () =>
    listening(({ ask, coordinator }) =>
      Effect.gen(function* () {
        yield* ask("start", ann)
        const result = "x".repeat(settings.resultLengthMax)
        expect((yield* ask("end", { ...ann, outcome: { _tag: "Succeeded", result } }))[0]).toBe(204)
        const { end } = yield* runOf(coordinator)
        expect(end).toMatchObject({ state: "failed", cause: { _tag: "Threw" } })
      })
    )
  )
})

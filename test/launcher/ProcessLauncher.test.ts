import { mkdirSync, rmdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { makeProcessLauncher } from "../../src/launcher/ProcessLauncher.ts"
import { settings } from "../../src/settings.ts"
import { Attempts, artifact, isGone } from "./Attempts.ts"
import { Ear } from "./assignment.ts"
import { launcherContract } from "./LauncherContract.ts"
import type { Work, Workshop } from "./Workshop.ts"

const scripts: Readonly<Record<Work, string>> = {
  succeed: "true",
  fail: "echo no flour >&2; exit 3",
  wait: 'while [ -d "$PWD" ] && [ ! -e finished ]; do sleep 0.02; done'
}

launcherContract(
  "processes",
  Effect.map(
    Attempts.make(),
    (attempts): Workshop => ({
      launcher: attempts.launcher,
      spec: (id, work) => ({
        id,
        command: `echo started >> ${id}.starts; ${scripts[work]}`,
        cwd: attempts.folder
      }),
      finish: () => Effect.sync(() => writeFileSync(join(attempts.folder, "finished"), "")),
      starts: (run) => attempts.read(`${run}.starts`).split("\n").length - 1,
      failure: "Exited",
      troubles: {
        kill: (run) =>
          Effect.sync(() =>
            process.kill(-Number(attempts.read(join("artifacts", run, "1", "worker"))), "SIGKILL")
          )
      }
    })
  ),
  ["kill"]
)

it.live("a command goes on, and is attached to, when its folder is gone", () =>
  Effect.gen(function* () {
    const attempts = yield* Attempts.make()
    const here = join(attempts.folder, "here")
    mkdirSync(here)
    const command = `echo > ../ready; while [ ! -e ${attempts.folder}/finished ]; do sleep 0.02; done; exit 4`
    const assignment = attempts.at(command, { cwd: here })
    const { launch } = yield* attempts.begin(assignment, "ready")
    yield* Fiber.interrupt(launch)
    rmdirSync(here)
    const again = yield* attempts.begin({ ...assignment, recovered: true }, "ready")
    writeFileSync(join(attempts.folder, "finished"), "")
    expect(yield* Fiber.join(again.launch)).toEqual({ _tag: "Exited", code: 4 })
  })
)

describe("a command that cannot be run", () => {
  const refused = {
    "in a folder that is not there": { more: { cwd: "/none" }, message: "its cwd /none is no folder" },
    "in a file": { more: { cwd: "/dev/null" }, message: "its cwd /dev/null is no folder" },
    "with an argument that is too long": { command: ["true", "x".repeat(4_000_000)], message: "spawn E2BIG" },
    "with a 0 in an argument": { command: ["true", "a\0b"], message: /without null bytes/ }
  } as const
  for (const [how, { message, ...given }] of Object.entries(refused)) {
    it.live(`${how} is refused, and is not tried`, () =>
      Effect.gen(function* () {
        const attempts = yield* Attempts.make()
        const command = "command" in given ? ([...given.command] as [string, ...Array<string>]) : "true"
        const outcome = yield* attempts.run(command, "more" in given ? given.more : {})
        expect(outcome).toEqual({
          _tag: "LaunchRefused",
          message: typeof message === "string" ? message : expect.stringMatching(message)
        })
        expect(attempts.read(artifact("worker"))).toBe("")
      })
    )
  }

  it.live("for it is not found fails as a shell says it", () =>
    Effect.gen(function* () {
      const attempts = yield* Attempts.make()
      const outcome = yield* attempts.run(["no-such-program"])
      expect(outcome).toMatchObject({ _tag: "Exited", code: 127 })
      expect(outcome).toMatchObject({ tail: expect.stringContaining("no-such-program: not found") })
    })
  )

  it.live("for its files cannot be written may be tried again", () =>
    Effect.gen(function* () {
      const attempts = yield* Attempts.make()
      writeFileSync(join(attempts.folder, "artifacts"), "")
      expect(yield* attempts.run("true")).toMatchObject({ _tag: "LaunchUnreachable" })
    })
  )

  it.live("for it cannot be claimed may be tried again", () =>
    Effect.gen(function* () {
      const attempts = yield* Attempts.make()
      mkdirSync(join(attempts.folder, artifact("worker")), { recursive: true })
      expect(yield* attempts.run("echo started > started")).toMatchObject({ _tag: "LaunchUnreachable" })
      expect(attempts.read("started")).toBe("")
    })
  )
})

describe("how a command ends", () => {
  for (const code of [1, 2, 97, 126, 255]) {
    it.live(`with code ${code}`, () =>
      Effect.gen(function* () {
        const attempts = yield* Attempts.make()
        expect(yield* attempts.run(`exit ${code}`)).toEqual({ _tag: "Exited", code })
      })
    )
  }

  it.live("killed from outside, it is told by which signal", () =>
    Effect.gen(function* () {
      const attempts = yield* Attempts.make()
      const { launch, text } = yield* attempts.begin(attempts.at("echo $$ > pid; exec sleep 60"), "pid")
      process.kill(Number(text), "SIGKILL")
      expect(yield* Fiber.join(launch)).toEqual({ _tag: "Exited", code: 137, signal: "SIGKILL" })
    })
  )

  for (const whole of [true, false]) {
    const what = whole ? "its whole group" : "the process above it alone"
    it.live(`where ${what} is killed, nothing of it goes on, and every launcher says the same`, () =>
      Effect.gen(function* () {
        const attempts = yield* Attempts.make()
        const assignment = attempts.at("echo $$ > pid; exec sleep 60")
        const { launch, worker, text } = yield* attempts.begin(assignment, "pid")
        process.kill(whole ? -worker : worker, "SIGKILL")
        const end = { _tag: "Exited", code: 137, signal: "SIGKILL" }
        expect(yield* Fiber.join(launch)).toEqual(end)
        yield* isGone(Number(text))
        const later = makeProcessLauncher(join(attempts.folder, "artifacts"))
        expect(yield* later.launch({ ...assignment, recovered: true }, () => {})).toEqual(end)
      })
    )
  }

  const long = (line: string) => `i=0; while [ $i -lt 1000 ]; do echo "${line} $i"; i=$((i + 1)); done`
  const tails = {
    "the end of its errors": { command: "echo out; echo 'no flour' >&2", tail: "no flour" },
    "the end of its output where it told of no error": { command: "echo one; echo two", tail: "one\ntwo" },
    "nothing where it printed nothing": { command: ":", tail: undefined },
    "whole lines, as many as there is room for": {
      command: `${long("näh")} >&2`,
      tail: /^näh \d+\n(näh \d+\n)+näh 999$/
    }
  }
  for (const [what, { command, tail }] of Object.entries(tails)) {
    it.live(`a failure shows ${what}`, () =>
      Effect.gen(function* () {
        const attempts = yield* Attempts.make()
        const outcome = yield* attempts.run(`${command}; exit 1`)
        const shown = outcome._tag === "Exited" ? outcome.tail : "it did not fail"
        if (tail instanceof RegExp) expect(shown).toMatch(tail)
        else expect(shown).toBe(tail)
        expect(Buffer.byteLength(shown ?? "")).toBeLessThanOrEqual(settings.outputTailBytes)
      })
    )
  }
})

describe("stopping a command", () => {
  it.live("lets it clean up, and what it then says is how it ended", () =>
    Effect.gen(function* () {
      const attempts = yield* Attempts.make()
      const assignment = attempts.at(
        `trap 'echo clean > cleaned; exit 0' TERM; echo > ready; while [ -d "$PWD" ]; do sleep 0.02; done`
      )
      const { launch } = yield* attempts.begin(assignment, "ready")
      expect(yield* attempts.launcher.stop(assignment)).toEqual({ _tag: "Succeeded" })
      expect(yield* Fiber.join(launch)).toEqual({ _tag: "Succeeded" })
      expect(attempts.read("cleaned")).toBe("clean\n")
    })
  )

  it.live("that has only just started asks it, and does not wait to kill it", () =>
    Effect.gen(function* () {
      const attempts = yield* Attempts.make()
      const startAndStop = (id: string) =>
        Effect.gen(function* () {
          const assignment = attempts.at("exec sleep 60", { id })
          const ear = yield* Ear.make
          const launch = yield* Effect.forkChild(attempts.launcher.launch(assignment, ear.tell))
          yield* ear.next
          const outcome = yield* attempts.launcher.stop(assignment)
          expect(yield* Fiber.join(launch)).toEqual(outcome)
          return outcome
        })
      const ids = Array.from({ length: 30 }, (_, index) => `r${index}`)
      const outcomes = yield* Effect.forEach(ids, startAndStop, { concurrency: 3 })
      expect(outcomes).toEqual(ids.map(() => ({ _tag: "Exited", code: 143, signal: "SIGTERM" })))
    })
  )

  it.live(
    "that takes no notice kills it when its time is over",
    () =>
      Effect.gen(function* () {
        const attempts = yield* Attempts.make({ terminateGraceMs: 100 })
        const assignment = attempts.at(
          `trap '' TERM; echo $$ > pid; while [ -d "$PWD" ]; do sleep 0.02; done`
        )
        const { launch, text } = yield* attempts.begin(assignment, "pid")
        const end = { _tag: "Exited", code: 137, signal: "SIGKILL" }
        expect(yield* attempts.launcher.stop(assignment)).toEqual(end)
        expect(yield* Fiber.join(launch)).toEqual(end)
        yield* isGone(Number(text))
      }),
    settings.terminateGraceMs
  )

  it.live("stops all that it has started, even what takes no notice", () =>
    Effect.gen(function* () {
      const attempts = yield* Attempts.make()
      const deaf = `sh -c "trap '' TERM; echo \\$\\$ >> pids; while [ -d \\"\\$PWD\\" ]; do sleep 0.02; done"`
      const assignment = attempts.at(
        `sleep 60 & echo $! >> pids; ${deaf} & until [ "$(wc -l < pids)" -eq 2 ]; do sleep 0.02; done; echo > ready; wait`
      )
      yield* attempts.begin(assignment, "ready")
      const outcome = yield* attempts.launcher.stop(assignment)
      expect(outcome).toEqual({ _tag: "Exited", code: 143, signal: "SIGTERM" })
      const pids = attempts.read("pids").trim().split("\n")
      expect(pids).toHaveLength(2)
      for (const pid of pids) yield* isGone(Number(pid))
    })
  )
})

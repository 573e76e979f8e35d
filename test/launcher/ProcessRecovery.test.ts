/**
 * Processes outlive the program that launched them, and a later one takes them up, whenever the first was killed.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import fc from "fast-check"
import { makeProcessLauncher } from "../../src/launcher/ProcessLauncher.ts"
import { temporaryFolder } from "../log/temporaryFolder.ts"
import { assignmentOf, Ear } from "./assignment.ts"

const program = fileURLToPath(new URL("./process/main.ts", import.meta.url))

const start = 'echo started >> "$SIGNALBOX_RUN.starts"'
/** Goes on for a moment, to be found at it. */
const brief = `${start}; sleep 0.05; echo no flour >&2; exit 7`
const endless = `${start}; while [ -d "$PWD" ]; do sleep 0.02; done`

const launchElsewhere = (folder: string, command: string, moments: number, runs: ReadonlyArray<string>) =>
  Effect.promise(async () => {
    const args = [program, join(folder, "artifacts"), folder, command, String(moments), ...runs]
    const [code, signal] = await once(spawn(process.execPath, args, { stdio: "inherit" }), "exit")
    return signal ?? code
  })

const recovered = (folder: string, id: string, command: string) => ({
  ...assignmentOf({ id, command, cwd: folder }),
  recovered: true
})

const takeUp = (folder: string, id: string) => {
  const launcher = makeProcessLauncher(join(folder, "artifacts"))
  return Effect.map(
    launcher.launch(recovered(folder, id, brief), () => {}),
    (outcome) => ({ outcome, starts: readFileSync(join(folder, `${id}.starts`), "utf8") })
  )
}

const once7 = { outcome: { _tag: "Exited", code: 7, tail: "no flour" }, starts: "started\n" }

/** The first right at the spawn, the others some turns of the event loop later. */
const moments = [0, ...(fc.sample(fc.array(fc.nat(100), { minLength: 19, maxLength: 19 }), 1)[0] ?? [])]

it.live(
  "whenever the program is killed, each run is started once and its end is learned",
  () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      for (const [round, moment] of moments.entries()) {
        const runs = [1, 2, 3].map((index) => `r${round}-${index}`)
        expect(yield* launchElsewhere(folder, brief, moment, runs)).toBe("SIGKILL")
        const ends = yield* Effect.forEach(runs, (run) => takeUp(folder, run), { concurrency: "unbounded" })
        expect(ends, `killed after ${moment} moments`).toEqual([once7, once7, once7])
      }
    }),
  120_000
)

it.live("programs that launch the same run at the same time start it once", () =>
  Effect.gen(function* () {
    const folder = yield* temporaryFolder
    const runs = Array.from({ length: 10 }, (_, index) => `r${index}`)
    const program = launchElsewhere(folder, brief, 100, runs)
    const programs = yield* Effect.all([program, program, program], { concurrency: "unbounded" })
    expect(programs).toEqual(["SIGKILL", "SIGKILL", "SIGKILL"])
    const ends = yield* Effect.forEach(runs, (run) => takeUp(folder, run), { concurrency: "unbounded" })
    expect(ends).toEqual(runs.map(() => once7))
  })
)

for (const { how, deaf, signal } of [
  { how: "is asked to end", deaf: "", signal: "SIGTERM" },
  { how: "is killed where it takes no notice", deaf: "trap '' TERM;", signal: "SIGKILL" }
]) {
  it.live(`a program that lets go ends by itself; what it has launched goes on, and ${how}`, () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      expect(yield* launchElsewhere(folder, deaf + endless, -1, ["r"])).toBe(0)
      const launcher = makeProcessLauncher(join(folder, "artifacts"), { terminateGraceMs: 300 })
      const assignment = recovered(folder, "r", endless)
      const ear = yield* Ear.make
      const launch = yield* Effect.forkChild(launcher.launch(assignment, ear.tell))
      expect(yield* ear.next).toMatchObject({ _tag: "Started" })
      while (!existsSync(join(folder, "r.starts"))) yield* Effect.sleep(1)
      expect(yield* launcher.stop(assignment)).toMatchObject({ _tag: "Exited", signal })
      expect(yield* launcher.stop(assignment)).toMatchObject({ _tag: "Exited", signal })
      expect(["Exited", "WorkerLost"]).toContain((yield* Fiber.join(launch))._tag)
    })
  )
}

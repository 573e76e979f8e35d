/**
 * Runs as processes, each the leader of a group of its own, with its output in files. They outlive the
 * coordinator: a later one finds them again and learns how they ended.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { closeSync, openSync, statSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type { Outcome } from "../run/Outcome.ts"
import type { RunSpec } from "../run/RunSpec.ts"
import { settings } from "../settings.ts"
import { makeFolder } from "./Artifacts.ts"
import type { Assignment, Launcher, Tell } from "./Launcher.ts"
import {
  claimAsStopped,
  isAlive,
  outcomeOf,
  readClaim,
  readExit,
  signalGroup,
  type WorkerProcess
} from "./WorkerProcess.ts"
import { claimedByAnother, workerShim } from "./workerShim.ts"

const argumentsOf = (command: RunSpec["command"]): ReadonlyArray<string> =>
  typeof command === "string" ? ["/bin/sh", "-c", command] : (command ?? [])

/** What stands in the way of ever starting it. */
const impossible = ({ cwd }: RunSpec): string | undefined => {
  if (cwd === undefined) return undefined
  return statSync(cwd, { throwIfNoEntry: false })?.isDirectory() ? undefined : `its cwd ${cwd} is no folder`
}

const spawnShim = (folder: string, { run, attempt, spec }: Assignment): ChildProcess => {
  const outputs = ["stdout", "stderr"].map((name) => openSync(join(folder, name), "a"))
  try {
    return spawn("/bin/sh", ["-c", workerShim, "signalbox", folder, ...argumentsOf(spec.command)], {
      detached: true,
      stdio: ["ignore", ...outputs],
      env: { ...process.env, ...spec.env, SIGNALBOX_RUN: run, SIGNALBOX_ATTEMPT: String(attempt) },
      ...(spec.cwd !== undefined && { cwd: spec.cwd })
    })
  } finally {
    for (const output of outputs) closeSync(output)
  }
}

const unreachable = (error: unknown): Outcome => ({
  _tag: "LaunchUnreachable",
  message: error instanceof Error ? error.message : String(error)
})

/** Waits until a process of ours has exited; `undefined` if another shim had claimed the attempt. */
const exited = (folder: string, child: ChildProcess, tell: Tell): Effect.Effect<Outcome | undefined> =>
  Effect.callback((resume) => {
    child.once("spawn", () => tell({ _tag: "Started", worker: `pid ${child.pid}` }))
    child.once("error", (error) => resume(Effect.succeed(unreachable(error))))
    child.once("exit", (code, signal) => {
      const exit = readExit(folder)
      if (exit) resume(Effect.succeed(exit))
      else if (code === claimedByAnother) resume(Effect.succeed(undefined))
      else if (code !== null) resume(Effect.succeed(outcomeOf(folder, code)))
      else resume(Effect.succeed({ _tag: "Exited", code: null, ...(signal && { signal }) }))
    })
    // Letting go does not stop the work, and does not keep our process alive for it.
    return Effect.sync(() => child.unref())
  })

const gone = (worker: WorkerProcess): Outcome => ({
  _tag: "WorkerLost",
  message: `process ${worker.pid} is gone and left no exit code`
})

/** Waits until a process that is not our child has ended. */
const ended = (folder: string, worker: WorkerProcess): Effect.Effect<Outcome> =>
  Effect.suspend(() => {
    // In this order: a process writes how it ended before it is gone.
    const alive = isAlive(worker)
    const exit = readExit(folder)
    if (exit) return Effect.succeed(exit)
    if (!alive) return Effect.succeed(gone(worker))
    return Effect.andThen(Effect.sleep(settings.probeIntervalMs), ended(folder, worker))
  })

const neverStarted: Outcome = { _tag: "Terminated", message: "stopped before it started" }

const attach = (folder: string, tell: Tell): Effect.Effect<Outcome> =>
  Effect.suspend(() => {
    const claim = readClaim(folder)
    if (claim === "stopped") return Effect.succeed(neverStarted)
    if (claim === undefined || claim === "claiming") {
      return Effect.andThen(Effect.sleep(settings.probeIntervalMs), attach(folder, tell))
    }
    tell({ _tag: "Started", worker: `pid ${claim.pid}` })
    return ended(folder, claim)
  })

const start = (folder: string, assignment: Assignment, tell: Tell): Effect.Effect<Outcome> =>
  Effect.suspend(() => {
    const obstacle = impossible(assignment.spec)
    if (obstacle !== undefined) return Effect.succeed<Outcome>({ _tag: "LaunchRefused", message: obstacle })
    return Effect.flatMap(exited(folder, spawnShim(folder, assignment), tell), (outcome) =>
      outcome ? Effect.succeed(outcome) : attach(folder, tell)
    )
  })

const kill = (folder: string, worker: WorkerProcess): Effect.Effect<Outcome> =>
  Effect.gen(function* () {
    signalGroup(worker, "SIGTERM")
    const wait = ended(folder, worker)
    const inTime = yield* Effect.timeoutOption(wait, settings.terminateGraceMs)
    if (inTime._tag === "Some") return inTime.value
    signalGroup(worker, "SIGKILL")
    const outcome = yield* wait
    return outcome._tag === "WorkerLost"
      ? ({ _tag: "Exited", code: null, signal: "SIGKILL" } as const)
      : outcome
  })

const stop = (folder: string): Effect.Effect<Outcome> =>
  Effect.suspend(() => {
    if (claimAsStopped(folder)) return Effect.succeed(neverStarted)
    const claim = readClaim(folder)
    if (claim === "stopped") return Effect.succeed(neverStarted)
    if (claim === undefined || claim === "claiming") {
      return Effect.andThen(Effect.sleep(settings.probeIntervalMs), stop(folder))
    }
    return kill(folder, claim)
  })

/** What the file system refuses may be granted later: no room, no descriptors, no rights. */
const orUnreachable = (effect: Effect.Effect<Outcome>): Effect.Effect<Outcome> =>
  Effect.catchDefect(effect, (defect) => Effect.succeed(unreachable(defect)))

/** Makes the launcher that keeps what it needs to know of its processes under `artifacts`. */
export const makeProcessLauncher = (artifacts: string): Launcher["Service"] => ({
  launch: (assignment, tell) =>
    orUnreachable(
      Effect.suspend(() => {
        const folder = makeFolder(artifacts, assignment)
        return readClaim(folder) === undefined ? start(folder, assignment, tell) : attach(folder, tell)
      })
    ),
  stop: (assignment) => orUnreachable(Effect.suspend(() => stop(makeFolder(artifacts, assignment)))),
  forget: () => {}
})

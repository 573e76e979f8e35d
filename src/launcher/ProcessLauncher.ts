/**
 * Runs as processes, each the leader of a group of its own, with its output in files. They outlive the
 * coordinator: a later one finds them again and learns how they ended.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { closeSync, openSync, statSync } from "node:fs"
import type { Socket } from "node:net"
import { join, resolve } from "node:path"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { Outcome } from "../run/Outcome.ts"
import type { RunSpec } from "../run/RunSpec.ts"
import { settings } from "../settings.ts"
import { makeFolder } from "./Artifacts.ts"
import type { Assignment, Launcher, Tell } from "./Launcher.ts"
import {
  claimAsStopped,
  exitOf,
  isAlive,
  killedBy,
  markAsStopped,
  readClaim,
  readExit,
  signalGroup,
  type WorkerProcess
} from "./WorkerProcess.ts"
import { claimLine, limitWords, shimStdio, workerShim } from "./workerShim.ts"

/** What may be other than usual. */
export interface ProcessLauncherOptions {
  /** Between SIGTERM and SIGKILL, in milliseconds. */
  readonly terminateGraceMs?: number | undefined
}

const argumentsOf = (command: RunSpec["command"]): ReadonlyArray<string> =>
  typeof command === "string" ? ["/bin/sh", "-c", command] : (command ?? [])

/** What stands in the way of ever starting it. */
const impossible = ({ cwd }: RunSpec): string | undefined => {
  if (cwd === undefined) return undefined
  return statSync(cwd, { throwIfNoEntry: false })?.isDirectory() ? undefined : `its cwd ${cwd} is no folder`
}

const spawnShim = (folder: string, { run, attempt, spec }: Assignment): ChildProcess => {
  const outputs: Array<number> = []
  const output = (name: string): number => {
    const descriptor = openSync(join(folder, name), "a")
    outputs.push(descriptor)
    return descriptor
  }
  try {
    const words = [folder, limitWords(spec.limits), ...argumentsOf(spec.command)]
    return spawn("/bin/sh", ["-c", workerShim, "signalbox", ...words], {
      detached: true,
      stdio: shimStdio(output("stdout"), output("stderr")),
      env: { ...process.env, ...spec.env, SIGNALBOX_RUN: run, SIGNALBOX_ATTEMPT: String(attempt) },
      ...(spec.cwd !== undefined && { cwd: spec.cwd })
    })
  } finally {
    for (const descriptor of outputs) closeSync(descriptor)
  }
}

/** A command that is too long, or holds what no command can, will not be taken another time either. */
const finalCodes: ReadonlyArray<unknown> = ["E2BIG", "ERR_INVALID_ARG_VALUE"]

/** What the system refuses may be granted later: no room, no descriptors, no rights. */
const notStarted = (error: unknown): Outcome => {
  const message = error instanceof Error ? error.message : String(error)
  const code = error instanceof Error && "code" in error ? error.code : undefined
  return { _tag: finalCodes.includes(code) ? "LaunchRefused" : "LaunchUnreachable", message }
}

const neverStarted: Outcome = { _tag: "Terminated", message: "stopped before it started" }

const lost: Outcome = { _tag: "WorkerLost", message: "a process has claimed it and cannot be found" }

const gone = ({ pid }: WorkerProcess): Outcome => ({
  _tag: "WorkerLost",
  message: `process ${pid} is gone and left no exit code`
})

/** Waits until a process that need not be our child has ended. */
const ended = (folder: string, worker: WorkerProcess): Effect.Effect<Outcome> =>
  Effect.suspend(() => {
    // In this order: a process writes how it ended before it is gone.
    const alive = isAlive(worker)
    const exit = readExit(folder)
    if (exit) return Effect.succeed(exit)
    if (!alive) return Effect.succeed(gone(worker))
    return Effect.andThen(Effect.sleep(settings.probeIntervalMs), ended(folder, worker))
  })

/** Goes on with the process that works on the attempt, if one does. */
const withWorker = (
  folder: string,
  use: (worker: WorkerProcess) => Effect.Effect<Outcome>
): Effect.Effect<Outcome> =>
  Effect.suspend(() => {
    const claim = readClaim(folder) ?? "lost"
    if (claim === "stopped") return Effect.succeed(neverStarted)
    if (claim === "lost") return Effect.succeed(lost)
    if (claim !== "claiming") return use(claim)
    return Effect.andThen(Effect.sleep(settings.probeIntervalMs), withWorker(folder, use))
  })

const attach = (folder: string, tell: Tell): Effect.Effect<Outcome> =>
  withWorker(folder, (worker) => {
    tell({ _tag: "Started", worker: `pid ${worker.pid}` })
    return ended(folder, worker)
  })

/** Waits for the end of a shim of ours; `undefined` if it was not the one to work. */
const exited = (
  folder: string,
  child: ChildProcess,
  tell: Tell
): Effect.Effect<Outcome | undefined, Outcome> =>
  Effect.callback((resume) => {
    // Left out where there were no descriptors for it; then comes an error, too.
    const line = child.stdio?.[claimLine] as Socket | undefined
    let told = false
    const started = () => {
      if (!told) tell({ _tag: "Started", worker: `pid ${child.pid}` })
      told = true
    }
    line?.once("data", started).on("error", () => {})
    child.once("error", (error) => resume(Effect.fail(notStarted(error))))
    child.once("exit", (code, signal) => {
      const claim = readClaim(folder)
      if (claim === undefined) return resume(Effect.fail(notStarted(`${folder} takes no claim`)))
      if (typeof claim === "string" || claim.pid !== child.pid) return resume(Effect.undefined)
      started()
      // Where the shim was killed, nobody would know of the end of what it has started.
      if (signal !== null) signalGroup(claim, "SIGKILL")
      resume(Effect.succeed(exitOf(folder, code ?? killedBy(signal ?? "SIGKILL"))))
    })
    return Effect.sync(() => {
      told = true
      // Letting go does not stop the work, and does not keep our process alive for it.
      child.unref()
    })
  })

const start = Effect.fnUntraced(function* (folder: string, assignment: Assignment, tell: Tell) {
  const child = yield* Effect.try({
    try: () => impossible(assignment.spec) ?? spawnShim(folder, assignment),
    catch: notStarted
  })
  if (typeof child === "string") return { _tag: "LaunchRefused", message: child } satisfies Outcome
  return (yield* exited(folder, child, tell)) ?? (yield* attach(folder, tell))
})

const kill = (folder: string, worker: WorkerProcess, graceMs: number): Effect.Effect<Outcome> =>
  Effect.gen(function* () {
    if (!isAlive(worker)) return yield* ended(folder, worker)
    markAsStopped(folder)
    signalGroup(worker, "SIGTERM")
    const inTime = yield* Effect.timeoutOption(ended(folder, worker), graceMs)
    // Nothing of a stopped run goes on: not the command after its time, nor what the command has left behind.
    signalGroup(worker, "SIGKILL")
    const outcome = inTime._tag === "Some" ? inTime.value : yield* ended(folder, worker)
    if (outcome._tag !== "WorkerLost") return outcome
    return exitOf(folder, killedBy(inTime._tag === "Some" ? "SIGTERM" : "SIGKILL"))
  })

/** Does it as soon as the file system allows: what may be running must not be taken for what is not. */
const patiently = <A>(look: () => A): Effect.Effect<A> =>
  Effect.orDie(Effect.retry(Effect.try(look), Schedule.spaced(settings.probeIntervalMs)))

/** Makes the launcher that keeps what it needs to know of its processes under `artifacts`. */
export const makeProcessLauncher = (
  artifacts: string,
  { terminateGraceMs = settings.terminateGraceMs }: ProcessLauncherOptions = {}
): Launcher["Service"] => {
  // A command may run elsewhere, and its files are still here.
  const root = resolve(artifacts)
  return {
    launch: (assignment, tell) => {
      const make = () => makeFolder(root, assignment)
      const folder = assignment.recovered ? patiently(make) : Effect.try({ try: make, catch: notStarted })
      return folder.pipe(
        Effect.flatMap((made) =>
          readClaim(made) === undefined ? start(made, assignment, tell) : attach(made, tell)
        ),
        Effect.catch(Effect.succeed)
      )
    },
    stop: (assignment) =>
      patiently(() => {
        const folder = makeFolder(root, assignment)
        return { folder, neverStarts: claimAsStopped(folder) }
      }).pipe(
        Effect.flatMap(({ folder, neverStarts }) =>
          neverStarts
            ? Effect.succeed(neverStarted)
            : withWorker(folder, (worker) => kill(folder, worker, terminateGraceMs))
        )
      ),
    forget: () => {}
  }
}

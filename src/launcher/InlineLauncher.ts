/**
 * Runs as functions of this program. They die with it: after a restart, an attempt that was under way is lost,
 * and is never started a second time.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import { Json } from "../run/Json.ts"
import type { Outcome } from "../run/Outcome.ts"
import type { RunId, RunSpec } from "../run/RunSpec.ts"
import type { Assignment, Launcher, Report, Tell } from "./Launcher.ts"
import { RunLog } from "./RunLog.ts"

/** What a job knows of its run, and how it tells of it. */
export interface JobContext {
  readonly run: RunId
  readonly attempt: number
  readonly spec: RunSpec
  readonly input: unknown
  readonly tags: Readonly<Record<string, string>>
  /** Aborted when the run is to stop. A job that takes no notice runs on, and keeps its slots. */
  readonly signal: AbortSignal
  /** How far the work has come: a share from 0 to 1, a message, or both. */
  readonly progress: (fraction: number | undefined, message?: string) => void
  /** Adds a line to the run's own log. */
  readonly log: (line: string) => void
}

/** The work behind a job's name. What it answers, as JSON, is the run's result. */
export type Job = (context: JobContext) => unknown | Promise<unknown> | Effect.Effect<unknown, unknown>

/** The jobs of a program by name. */
export type Jobs = Readonly<Record<string, Job>>

const isJson = Schema.is(Json)

const succeeded = (result: unknown): Outcome => {
  if (result === undefined) return { _tag: "Succeeded" }
  return isJson(result)
    ? { _tag: "Succeeded", result }
    : { _tag: "Threw", message: "the job's result is not JSON" }
}

/** What was thrown, as text: anything can be, and its text can be anything. */
const textOf = (thrown: unknown): string => {
  try {
    return String(thrown)
  } catch {
    return "something that has no text"
  }
}

const threw = (error: unknown): Outcome =>
  error instanceof Error
    ? { _tag: "Threw", message: textOf(error.message), ...(error.stack && { stack: textOf(error.stack) }) }
    : { _tag: "Threw", message: textOf(error) }

type Progress = Extract<Report, { readonly _tag: "Progress" }>

/** What a job says of its progress, as far as it can be recorded: 0 of 0 is no share. */
const progressOf = (fraction: unknown, message: unknown): Progress => ({
  _tag: "Progress",
  ...(Number.isFinite(fraction) && { fraction: Math.min(1, Math.max(0, Number(fraction))) }),
  ...(message !== undefined && { message: textOf(message) })
})

/** Runs the job to its end, whatever form it has. */
const outcomeOf = async (job: Job, context: JobContext): Promise<Outcome> => {
  try {
    const made = job(context)
    if (!Effect.isEffect(made)) return succeeded(await made)
    const exit = await Effect.runPromiseExit(made as Effect.Effect<unknown, unknown>, {
      signal: context.signal
    })
    return Exit.isSuccess(exit) ? succeeded(exit.value) : threw(Cause.squash(exit.cause))
  } catch (error) {
    return threw(error)
  }
}

const started: Report = { _tag: "Started" }

const stoppedByUs: Outcome = { _tag: "Terminated", message: "stopped" }

const neverStarted: Outcome = { _tag: "Terminated", message: "stopped before it started" }

const lost: Outcome = {
  _tag: "WorkerLost",
  message: "the program that ran it has ended",
  withCoordinator: true
}

/** Begun in this process, and not forgotten since. */
interface Work {
  readonly abort: AbortController
  /** Those who wait for its end hear of its progress. */
  readonly listeners: Set<Tell>
  readonly outcome: Promise<Outcome>
}

const begin = (assignment: Assignment, job: Job, artifacts: string, listeners: Set<Tell>): Work => {
  const { run, attempt, spec } = assignment
  const abort = new AbortController()
  const log = new RunLog(artifacts, assignment)
  const context: JobContext = {
    run,
    attempt,
    spec,
    input: spec.input,
    tags: spec.tags ?? {},
    signal: abort.signal,
    progress: (fraction, message) => {
      for (const tell of listeners) tell(progressOf(fraction, message))
    },
    log: (line) => log.add(line)
  }
  const outcome = outcomeOf(job, context).then((end) =>
    abort.signal.aborted && end._tag === "Threw" ? stoppedByUs : end
  )
  return { abort, listeners, outcome }
}

/** Makes the launcher of these jobs; `artifacts` is the folder for their logs. */
export const makeInlineLauncher = (jobs: Jobs, artifacts: string): Launcher["Service"] => {
  /** By attempt: the work, or how it was kept from ever beginning. */
  const known = new Map<string, Work | Outcome>()
  const keyOf = ({ run, attempt }: Assignment) => `${run} ${attempt}`
  const keep = <A extends Work | Outcome>(assignment: Assignment, what: A): A => {
    known.set(keyOf(assignment), what)
    return what
  }

  const start = (assignment: Assignment, tell: Tell): Work | Outcome => {
    if (assignment.recovered) return lost
    const { job } = assignment.spec
    const work = job !== undefined && Object.hasOwn(jobs, job) ? jobs[job] : undefined
    if (work) {
      tell(started)
      return keep(assignment, begin(assignment, work, artifacts, new Set([tell])))
    }
    const names = Object.keys(jobs).join(", ") || "none"
    return { _tag: "LaunchRefused", message: `this program has no job ${job}; it has: ${names}` }
  }

  const attach = (work: Work | Outcome, tell: Tell): Work | Outcome => {
    if ("_tag" in work) return work
    tell(started)
    work.listeners.add(tell)
    return work
  }

  const endOf = (work: Work | Outcome): Effect.Effect<Outcome> =>
    "_tag" in work ? Effect.succeed(work) : Effect.promise(() => work.outcome)

  return {
    launch: (assignment, tell) =>
      Effect.suspend(() => {
        const before = known.get(keyOf(assignment))
        const work = before ? attach(before, tell) : start(assignment, tell)
        const letGo = () => "listeners" in work && work.listeners.delete(tell)
        return Effect.ensuring(endOf(work), Effect.sync(letGo))
      }),
    stop: (assignment) =>
      Effect.suspend(() => {
        const work =
          known.get(keyOf(assignment)) ?? keep(assignment, assignment.recovered ? lost : neverStarted)
        if ("abort" in work) work.abort.abort()
        return endOf(work)
      }),
    forget: (assignment) => {
      known.delete(keyOf(assignment))
    }
  }
}

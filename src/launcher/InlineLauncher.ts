/**
 * Runs as functions of this program. They die with it: after a restart, an attempt that was under way is lost,
 * and is never started a second time.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import type { Outcome } from "../run/Outcome.ts"
import type { RunId, RunSpec } from "../run/RunSpec.ts"
import type { Assignment, Launcher, Tell } from "./Launcher.ts"
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

const isJson = Schema.is(Schema.Json)

const succeeded = (result: unknown): Outcome => {
  if (result === undefined) return { _tag: "Succeeded" }
  return isJson(result)
    ? { _tag: "Succeeded", result }
    : { _tag: "Threw", message: "the job's result is not JSON" }
}

const threw = (error: unknown): Outcome =>
  error instanceof Error
    ? { _tag: "Threw", message: error.message, ...(error.stack !== undefined && { stack: error.stack }) }
    : { _tag: "Threw", message: String(error) }

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

const stoppedByUs: Outcome = { _tag: "Terminated", message: "stopped" }

const lost: Outcome = { _tag: "WorkerLost", message: "the program that ran it has ended" }

/** Begun in this process, and not forgotten since. */
interface Work {
  readonly abort: AbortController
  readonly outcome: Promise<Outcome>
}

/** Makes the launcher of these jobs; `artifacts` is the folder for their logs. */
export const makeInlineLauncher = (jobs: Jobs, artifacts: string): Launcher["Service"] => {
  const begun = new Map<string, Work>()
  const keyOf = ({ run, attempt }: Assignment) => `${run} ${attempt}`

  const begin = (assignment: Assignment, job: Job, tell: Tell): Work => {
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
      progress: (fraction, message) =>
        tell({
          _tag: "Progress",
          ...(fraction !== undefined && { fraction }),
          ...(message !== undefined && { message })
        }),
      log: (line) => log.add(line)
    }
    tell({ _tag: "Started" })
    const outcome = outcomeOf(job, context).then((end) =>
      abort.signal.aborted && end._tag === "Threw" ? stoppedByUs : end
    )
    const work = { abort, outcome }
    begun.set(keyOf(assignment), work)
    return work
  }

  const start = (assignment: Assignment, tell: Tell): Work | Outcome => {
    if (assignment.recovered) return lost
    const { job } = assignment.spec
    const work = job !== undefined && Object.hasOwn(jobs, job) ? jobs[job] : undefined
    if (work) return begin(assignment, work, tell)
    const known = Object.keys(jobs).join(", ") || "none"
    return { _tag: "LaunchRefused", message: `this program has no job ${job}; it has: ${known}` }
  }

  return {
    launch: (assignment, tell) =>
      Effect.suspend(() => {
        const work = begun.get(keyOf(assignment)) ?? start(assignment, tell)
        return "_tag" in work ? Effect.succeed(work) : Effect.promise(() => work.outcome)
      }),
    stop: (assignment) =>
      Effect.suspend(() => {
        const work = begun.get(keyOf(assignment))
        if (!work) return Effect.succeed(stoppedByUs)
        work.abort.abort()
        return Effect.promise(() => work.outcome)
      }),
    forget: (assignment) => {
      begun.delete(keyOf(assignment))
    }
  }
}

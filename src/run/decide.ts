/**
 * One run, one command: the facts that follow, or why it is refused. First by what the run is, then by what is
 * asked of it, so that each state's rules stand together. Idea: Jérémie Chassaing's decider.
 */
import * as Result from "effect/Result"
import { settings } from "../settings.ts"
import { type Claiming, claim } from "./claim.ts"
import { isWaiting, type RunState } from "./lifecycle.ts"
import { type Move, move } from "./move.ts"
import type { Outcome, WorkerFailure } from "./Outcome.ts"
import type { Rejection } from "./Rejection.ts"
import type { Run } from "./Run.ts"
import type { RunCommand } from "./RunCommand.ts"
import type { RunFact } from "./RunEvent.ts"
import { anotherAttempt, isPoison, parked } from "./retry.ts"
import { stopped } from "./stopped.ts"
import { locationOf, submit, type Terms } from "./submit.ts"

/** What a decision may depend on besides the run and the command. */
export interface Circumstances extends Terms {
  /** The turn's time, in milliseconds since 1970. */
  readonly now: number
  /** Whether a claim of that command may be granted at once. */
  readonly grants?: boolean
}

type Decision = Result.Result<ReadonlyArray<RunFact>, Rejection>
type Submit = Extract<RunCommand, { _tag: "SubmitRun" }>
type Ask = Exclude<RunCommand, Submit>
type Health = Extract<Ask, { _tag: "ReportHealth" }>
type Report = Extract<Ask, { _tag: `Report${string}` }>

const nothingNew: ReadonlyArray<RunFact> = []

const cancel = (run: Run, reason: string | undefined): RunFact => {
  const cause = { _tag: "Asked", ...(reason !== undefined && { reason }) } as const
  return isWaiting(run.state)
    ? { type: "RunCanceled", data: { attempt: run.attempt, cause } }
    : { type: "RunCancelRequested", data: { attempt: run.attempt, cause } }
}

const succeeded = ({ attempt }: Run, { result }: Extract<Outcome, { _tag: "Succeeded" }>): RunFact => ({
  type: "RunSucceeded",
  data: { attempt, ...(result !== undefined && { result }) }
})

/** Where the work goes on in spite of an end: on its slots, in its place for a launcher to be reached, or by its own rules. */
const goesOn = (run: Run, outcome: WorkerFailure, now: number): RunFact | undefined => {
  const { attempt } = run
  const { launches, launchDelayMs, resumes } = run.retries
  if (outcome._tag === "LaunchUnreachable" && run.state === "launching" && run.unreached < launches) {
    // Where a location is paused for it, the run waits for that, and not for a time of its own.
    const notBefore = locationOf(run.spec) === undefined ? now + launchDelayMs : now
    return { type: "RunRequeued", data: { attempt, cause: outcome, notBefore } }
  }
  const hasStarted = run.state === "started" || run.resumes > 0
  if (outcome._tag === "WorkerLost" && hasStarted && run.resumes < resumes)
    return { type: "RunResumed", data: { attempt: attempt + 1, cause: outcome } }
  return anotherAttempt(run, outcome, now)
}

/** The end of an attempt that nobody asked to stop. */
const ended = (run: Run, outcome: Outcome, now: number): ReadonlyArray<RunFact> => {
  if (outcome._tag === "Succeeded") return [succeeded(run, outcome)]
  const next = goesOn(run, outcome, now)
  if (!next) return [{ type: "RunFailed", data: { attempt: run.attempt, cause: outcome } }]
  return isPoison(run, outcome) ? parked(run, outcome, now) : [next]
}

/** The end of an attempt that was told to stop: by a time limit, it may be followed by another. */
const stoppedBy = (run: Run, worker: WorkerFailure, now: number): RunFact => {
  const cause = run.stopping?.cause
  const byTime = cause?._tag === "StartTimeout" || cause?._tag === "RuntimeExceeded"
  return (byTime ? anotherAttempt(run, cause, now, worker) : undefined) ?? stopped(run, worker)
}

const started = (run: Run, worker?: string): RunFact => ({
  type: "RunStarted",
  data: { attempt: run.attempt, ...(worker !== undefined && { worker }) }
})

const progressed = ({ _tag, run, ...data }: Extract<Report, { _tag: "ReportProgress" }>): RunFact => ({
  type: "RunProgressed",
  data
})

/** A worker that is surely gone, or was missed too often, is lost. */
const missed = (
  run: Run,
  { transient, message = "not found" }: Health,
  now: number
): ReadonlyArray<RunFact> => {
  const { attempt } = run
  const misses = (run.misses ?? 0) + 1
  return transient && misses < settings.missesMax
    ? [{ type: "RunHealthChanged", data: { attempt, misses, message } }]
    : ended(run, { _tag: "WorkerLost", message }, now)
}

const health = (run: Run, report: Health, now: number): ReadonlyArray<RunFact> => {
  if (!report.healthy) return missed(run, report, now)
  if (run.misses === undefined) return nothingNew
  return [{ type: "RunHealthChanged", data: { attempt: run.attempt, misses: 0 } }]
}

/** Outcomes that only a worker that has started can have. */
const ofStarted: ReadonlyArray<Outcome["_tag"]> = ["Succeeded", "Exited", "Threw"]

const whileLaunching = (run: Run, report: Report, now: number): ReadonlyArray<RunFact> => {
  switch (report._tag) {
    case "ReportStarted":
      return [started(run, report.worker)]
    case "ReportProgress":
      return [started(run), progressed(report)]
    case "ReportHealth":
      // Whether it starts is a matter of time.
      return nothingNew
    case "ReportEnded":
      return ofStarted.includes(report.outcome._tag)
        ? [started(run), ...ended(run, report.outcome, now)]
        : ended(run, report.outcome, now)
  }
}

const whileStarted = (run: Run, report: Report, now: number): ReadonlyArray<RunFact> => {
  switch (report._tag) {
    case "ReportStarted":
      return nothingNew
    case "ReportProgress":
      return [progressed(report)]
    case "ReportHealth":
      return health(run, report, now)
    case "ReportEnded":
      return ended(run, report.outcome, now)
  }
}

const whileCanceling = (run: Run, report: Report, now: number): ReadonlyArray<RunFact> => {
  switch (report._tag) {
    case "ReportStarted":
      return nothingNew
    case "ReportProgress":
      return [progressed(report)]
    case "ReportHealth":
      return report.healthy || report.transient
        ? nothingNew
        : [stoppedBy(run, { _tag: "WorkerLost", message: report.message ?? "not found" }, now)]
    case "ReportEnded":
      // Work that was finished before it could be stopped is not thrown away.
      return [
        report.outcome._tag === "Succeeded"
          ? succeeded(run, report.outcome)
          : stoppedBy(run, report.outcome, now)
      ]
  }
}

const reportsOf = { launching: whileLaunching, started: whileStarted, canceling: whileCanceling }
const moves = ["SetPriority", "MoveToTop", "HoldRun", "ReleaseRun"]
const reports = ["ReportStarted", "ReportProgress", "ReportHealth", "ReportEnded"]

/** The commands that a run in each state takes. */
const allowedIn: Readonly<Record<RunState, ReadonlyArray<string>>> = {
  submitted: ["CancelRun", ...moves],
  queued: ["CancelRun", ...moves],
  launching: ["CancelRun", "ClaimSlot", ...reports],
  started: ["CancelRun", "ClaimSlot", "ReleaseSlot", ...reports],
  canceling: ["CancelRun", "ReleaseSlot", ...reports],
  succeeded: [],
  failed: [],
  canceled: []
}

const refuse = (run: Run, command: Ask): Decision =>
  Result.fail({
    _tag: "StateRefuses",
    command: command._tag,
    run: run.id,
    state: run.state,
    allowed: allowedIn[run.state]
  })

const stale = (run: Run, { _tag, attempt }: Report | Claiming): Decision =>
  Result.fail({ _tag: "StaleAttempt", command: _tag, run: run.id, attempt, current: run.attempt })

const whileWaiting = (run: Run, command: Ask): Decision => {
  if (command._tag === "CancelRun") return Result.succeed([cancel(run, command.reason)])
  if (isMove(command)) return Result.succeed(move(run, command))
  return command.attempt <= run.attempt ? stale(run, command) : refuse(run, command)
}

const inFlight = (
  run: Run,
  state: "launching" | "started" | "canceling",
  command: Ask,
  { now, grants = false }: Circumstances
): Decision => {
  if (command._tag === "CancelRun")
    return Result.succeed(isAskedToStop(run) ? nothingNew : [cancel(run, command.reason)])
  if (isMove(command)) return refuse(run, command)
  if (command.attempt !== run.attempt) return stale(run, command)
  if (!allowedIn[state].includes(command._tag)) return refuse(run, command)
  if (isReport(command)) return Result.succeed(reportsOf[state](run, command, now))
  // A step that claims has started, whatever its launcher has told so far.
  const first = state === "launching" ? [started(run)] : nothingNew
  return Result.succeed([...first, ...claim(run, command, grants)])
}

const isMove = (command: Ask): command is Move => moves.includes(command._tag)
const isReport = (command: Ask): command is Report => reports.includes(command._tag)

const ask = (run: Run, command: Ask, circumstances: Circumstances): Decision => {
  switch (run.state) {
    case "submitted":
    case "queued":
      return whileWaiting(run, command)
    case "launching":
    case "started":
    case "canceling":
      return inFlight(run, run.state, command, circumstances)
    default:
      return refuse(run, command)
  }
}

/** One that time has stopped may be tried again: whoever asks for its end is heard. */
const isAskedToStop = ({ stopping }: Run): boolean =>
  stopping?.cause._tag === "Asked" || stopping?.cause._tag === "Replaced"

/** The facts that follow from a command to one run, or why it is refused. */
export const decide = (run: Run | undefined, command: RunCommand, circumstances: Circumstances): Decision => {
  if (command._tag === "SubmitRun") {
    return run
      ? Result.fail({ _tag: "RunExists", command: command._tag, run: run.id, state: run.state })
      : Result.succeed(submit(command, circumstances))
  }
  return run
    ? ask(run, command, circumstances)
    : Result.fail({ _tag: "RunUnknown", command: command._tag, run: command.run })
}

/**
 * One run, one command: the facts that follow, or why it is refused. First by what the run is, then by what is
 * asked of it, so that each state's rules stand together. Idea: Jérémie Chassaing's decider.
 */
import * as Result from "effect/Result"
import { settings } from "../settings.ts"
import { type Claiming, claim } from "./claim.ts"
import { isWaiting, type RunState } from "./lifecycle.ts"
import { type Move, move } from "./move.ts"
import type { Outcome } from "./Outcome.ts"
import type { Rejection } from "./Rejection.ts"
import type { Run } from "./Run.ts"
import type { RunCommand } from "./RunCommand.ts"
import type { RunFact } from "./RunEvent.ts"
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

/** The end of an attempt that nobody asked to stop. */
const ended = (run: Run, outcome: Outcome, now: number): RunFact => {
  const { attempt } = run
  if (outcome._tag === "Succeeded") {
    return {
      type: "RunSucceeded",
      data: { attempt, ...(outcome.result !== undefined && { result: outcome.result }) }
    }
  }
  const { launches, launchDelayMs, resumes } = run.retries
  if (outcome._tag === "LaunchUnreachable" && run.state === "launching" && run.unreached < launches) {
    // Where a location is paused for it, the run waits for that, and not for a time of its own.
    const notBefore = locationOf(run.spec) === undefined ? now + launchDelayMs : now
    return { type: "RunRequeued", data: { attempt, cause: outcome, notBefore } }
  }
  const hasStarted = run.state === "started" || run.resumes > 0
  if (outcome._tag === "WorkerLost" && hasStarted && run.resumes < resumes)
    return { type: "RunResumed", data: { attempt: attempt + 1, cause: outcome } }
  return { type: "RunFailed", data: { attempt, cause: outcome } }
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
const missed = (run: Run, { transient, message = "not found" }: Health, now: number): RunFact => {
  const { attempt } = run
  const misses = (run.misses ?? 0) + 1
  return transient && misses < settings.missesMax
    ? { type: "RunHealthChanged", data: { attempt, misses, message } }
    : ended(run, { _tag: "WorkerLost", message }, now)
}

const health = (run: Run, report: Health, now: number): ReadonlyArray<RunFact> => {
  if (!report.healthy) return [missed(run, report, now)]
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
        ? [started(run), ended(run, report.outcome, now)]
        : [ended(run, report.outcome, now)]
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
      return [ended(run, report.outcome, now)]
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
        : [stopped(run, { _tag: "WorkerLost", message: report.message ?? "not found" })]
    case "ReportEnded":
      // Work that was finished before it could be stopped is not thrown away.
      return [
        report.outcome._tag === "Succeeded" ? ended(run, report.outcome, now) : stopped(run, report.outcome)
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
    return Result.succeed(state === "canceling" ? nothingNew : [cancel(run, command.reason)])
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

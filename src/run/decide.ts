/**
 * One run, one command: the facts that follow, or why it is refused. First by what the run is, then by what is
 * asked of it, so that each state's rules stand together. Idea: Jérémie Chassaing's decider.
 */
import * as Result from "effect/Result"
import { settings } from "../settings.ts"
import { isFinished, isWaiting } from "./lifecycle.ts"
import type { Outcome } from "./Outcome.ts"
import type { Rejection } from "./Rejection.ts"
import type { Run } from "./Run.ts"
import type { RunCommand } from "./RunCommand.ts"
import type { RunFact, Timeouts } from "./RunEvent.ts"
import { stopped } from "./stopped.ts"

/** What a decision may depend on besides the run and the command. */
export interface Circumstances {
  /** The turn's time, in milliseconds since 1970. */
  readonly now: number
  /** Whether submitted runs stand in line, or are admitted as they come. */
  readonly queued: boolean
  /** The time limits in force for runs that name none. */
  readonly timeouts: Timeouts
}

type Decision = Result.Result<ReadonlyArray<RunFact>, Rejection>
type Submit = Extract<RunCommand, { _tag: "SubmitRun" }>
type Ask = Exclude<RunCommand, Submit>
type Report = Exclude<Ask, { _tag: "CancelRun" }>

const nothingNew: ReadonlyArray<RunFact> = []
const queuedFact: RunFact = { type: "RunQueued", data: {} }

const submit = ({ spec, requested }: Submit, { queued, timeouts }: Circumstances): ReadonlyArray<RunFact> => {
  const runtimeMs = spec.maxRuntimeMs ?? timeouts.runtimeMs
  const data = { spec, ...(requested && { requested }), timeouts: { ...timeouts, runtimeMs } }
  const submitted: RunFact = { type: "RunSubmitted", data }
  return queued ? [submitted, queuedFact] : [submitted]
}

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
  if (
    outcome._tag === "LaunchUnreachable" &&
    run.state === "launching" &&
    attempt < settings.launchAttemptsMax
  ) {
    return {
      type: "RunRequeued",
      data: { attempt, cause: outcome, notBefore: now + settings.launchRetryDelayMs }
    }
  }
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

/** Outcomes that only a worker that has started can have. */
const ofStarted: ReadonlyArray<Outcome["_tag"]> = ["Succeeded", "Exited", "Threw"]

const whileLaunching = (run: Run, report: Report, now: number): ReadonlyArray<RunFact> => {
  switch (report._tag) {
    case "ReportStarted":
      return [started(run, report.worker)]
    case "ReportProgress":
      return [started(run), progressed(report)]
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
    case "ReportEnded":
      // Work that was finished before it could be stopped is not thrown away.
      return [
        report.outcome._tag === "Succeeded" ? ended(run, report.outcome, now) : stopped(run, report.outcome)
      ]
  }
}

const reportsOf = { launching: whileLaunching, started: whileStarted, canceling: whileCanceling }
const reports = ["ReportStarted", "ReportProgress", "ReportEnded"]

const refuse = (run: Run, command: Ask): Decision =>
  Result.fail({
    _tag: "StateRefuses",
    command: command._tag,
    run: run.id,
    state: run.state,
    allowed: isFinished(run.state) ? [] : ["CancelRun", ...(run.state in reportsOf ? reports : [])]
  })

const stale = (run: Run, { _tag, attempt }: Report): Decision =>
  Result.fail({ _tag: "StaleAttempt", command: _tag, run: run.id, attempt, current: run.attempt })

const ask = (run: Run, command: Ask, now: number): Decision => {
  switch (run.state) {
    case "submitted":
    case "queued":
      if (command._tag === "CancelRun") return Result.succeed([cancel(run, command.reason)])
      return command.attempt <= run.attempt ? stale(run, command) : refuse(run, command)
    case "launching":
    case "started":
    case "canceling":
      if (command._tag === "CancelRun") {
        return Result.succeed(run.state === "canceling" ? nothingNew : [cancel(run, command.reason)])
      }
      return command.attempt === run.attempt
        ? Result.succeed(reportsOf[run.state](run, command, now))
        : stale(run, command)
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
    ? ask(run, command, circumstances.now)
    : Result.fail({ _tag: "RunUnknown", command: command._tag, run: command.run })
}

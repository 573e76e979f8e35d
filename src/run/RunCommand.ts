/**
 * What can be asked of a run. Callers submit and cancel; reports come from launchers and carry the attempt they
 * speak of, so that a late one is told from a fresh one.
 */
import * as Schema from "effect/Schema"
import { Outcome } from "./Outcome.ts"
import { RunId, RunSpec } from "./RunSpec.ts"

const Attempt = Schema.Int.check(Schema.isGreaterThan(0))
const ofRun = { run: RunId }
const ofAttempt = { run: RunId, attempt: Attempt }

/** Put a run under coordination. `requested` is the spec as it came, where a custom coordinator changed it. */
export const SubmitRun = Schema.TaggedStruct("SubmitRun", {
  spec: RunSpec,
  requested: Schema.optionalKey(RunSpec)
})
/** End a run: at once while it waits, else by stopping its worker. */
export const CancelRun = Schema.TaggedStruct("CancelRun", {
  ...ofRun,
  reason: Schema.optionalKey(Schema.String)
})
/** The attempt's worker runs. */
export const ReportStarted = Schema.TaggedStruct("ReportStarted", {
  ...ofAttempt,
  /** Where to find the worker: a pid, a pod. */
  worker: Schema.optionalKey(Schema.String)
})
/** How far the work has come, in its own words. */
export const ReportProgress = Schema.TaggedStruct("ReportProgress", {
  ...ofAttempt,
  /** Share of the work that is done, 0 to 1. */
  fraction: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))),
  message: Schema.optionalKey(Schema.String)
})
/** The attempt is over. */
export const ReportEnded = Schema.TaggedStruct("ReportEnded", { ...ofAttempt, outcome: Outcome })

/** What can be asked of a run. */
export const RunCommand = Schema.Union([
  SubmitRun,
  CancelRun,
  ReportStarted,
  ReportProgress,
  ReportEnded
]).annotate({
  identifier: "RunCommand"
})
export type RunCommand = typeof RunCommand.Type

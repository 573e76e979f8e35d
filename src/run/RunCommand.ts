/**
 * What can be asked of a run. Callers submit and cancel; reports come from launchers and carry the attempt they
 * speak of, so that a late one is told from a fresh one.
 */
import * as Schema from "effect/Schema"
import { Outcome } from "./Outcome.ts"
import { RunId, RunSpec } from "./RunSpec.ts"

const Attempt = Schema.Int.check(Schema.isGreaterThan(0))
const Share = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))
const ofRun = { run: RunId }
const ofAttempt = { run: RunId, attempt: Attempt }

/** Asks to put a run under coordination. */
export const SubmitRun = Schema.TaggedStruct("SubmitRun", {
  spec: RunSpec,
  requested: Schema.optionalKey(RunSpec)
}).annotate({
  description:
    "Put a run under coordination. `requested` is the spec as it came, where a custom coordinator changed it."
})

/** Asks for the end of a run. */
export const CancelRun = Schema.TaggedStruct("CancelRun", {
  ...ofRun,
  reason: Schema.optionalKey(Schema.String)
}).annotate({ description: "End a run: at once while it waits, else by stopping its worker." })

const ReportStarted = Schema.TaggedStruct("ReportStarted", {
  ...ofAttempt,
  worker: Schema.optionalKey(Schema.String)
}).annotate({ description: "The attempt's worker runs; `worker` says where, such as by a pid." })

const ReportProgress = Schema.TaggedStruct("ReportProgress", {
  ...ofAttempt,
  fraction: Schema.optionalKey(Share),
  message: Schema.optionalKey(Schema.String)
}).annotate({ description: "How far the work has come: a share from 0 to 1, a message, or both." })

const ReportEnded = Schema.TaggedStruct("ReportEnded", {
  ...ofAttempt,
  outcome: Outcome
}).annotate({ description: "The attempt is over." })

/** What can be asked of a run. */
export const RunCommand = Schema.Union([SubmitRun, CancelRun, ReportStarted, ReportProgress, ReportEnded])
export type RunCommand = typeof RunCommand.Type

/**
 * What can be asked of a run. Callers submit and cancel; reports come from launchers and carry the attempt they
 * speak of, so that a late one is told from a fresh one.
 */
import * as Schema from "effect/Schema"
import { settings } from "../settings.ts"
import { Outcome } from "./Outcome.ts"
import { PoolName, RunId, RunSpec } from "./RunSpec.ts"

const Attempt = Schema.Int.check(Schema.isGreaterThan(0))
const Share = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))
const ofRun = { run: RunId }
const ofAttempt = { run: RunId, attempt: Attempt }

/** A name that a caller gives to one wish, so that it is fulfilled once, however often it is asked for. */
export const IdempotencyKey = Schema.NonEmptyString.check(
  Schema.isMaxLength(settings.idempotencyKeyLengthMax)
).annotate({ identifier: "IdempotencyKey" })

/** Asks to put a run under coordination. */
export const SubmitRun = Schema.TaggedStruct("SubmitRun", {
  spec: RunSpec,
  requested: Schema.optionalKey(RunSpec),
  idempotencyKey: Schema.optionalKey(IdempotencyKey)
}).annotate({
  description:
    "Put a run under coordination. `requested` is the spec as it came, where a custom coordinator changed it. For some time " +
    "after, the same `idempotencyKey` with the same spec, whatever its id, is answered with that run; with another spec it " +
    "is refused."
})

/** Asks for the end of a run. */
export const CancelRun = Schema.TaggedStruct("CancelRun", {
  ...ofRun,
  reason: Schema.optionalKey(Schema.String)
}).annotate({ description: "End a run: at once while it waits, else by stopping its worker." })

const reason = Schema.optionalKey(Schema.String)

/** Asks for another place in line. */
export const SetPriority = Schema.TaggedStruct("SetPriority", {
  ...ofRun,
  priority: Schema.Int,
  reason
}).annotate({ description: "Give a run that waits another priority." })

/** Asks for the first place in line. */
export const MoveToTop = Schema.TaggedStruct("MoveToTop", { ...ofRun, reason }).annotate({
  description: "Put a run that waits before all others, whatever their priority."
})

/** Asks not to admit a run. */
export const HoldRun = Schema.TaggedStruct("HoldRun", { ...ofRun, reason }).annotate({
  description: "Do not admit a run that waits until it is released; it keeps its place."
})

/** Asks to admit a run again. */
export const ReleaseRun = Schema.TaggedStruct("ReleaseRun", { ...ofRun, reason }).annotate({
  description: "Let a run that is held be admitted again."
})

const Step = Schema.NonEmptyString

/** Asks for slots of a pool for a step of a run. */
export const ClaimSlot = Schema.TaggedStruct("ClaimSlot", {
  ...ofAttempt,
  step: Step,
  pool: PoolName,
  slots: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(0))),
  priority: Schema.optionalKey(Schema.Int)
}).annotate({
  description:
    "A step of the attempt asks for slots of a pool, 1 if it does not say. `priority` is added to the run's own. What " +
    "it cannot have at once is granted when its turn has come."
})

export type ClaimSlot = typeof ClaimSlot.Type

/** Gives the slots of a step back. */
export const ReleaseSlot = Schema.TaggedStruct("ReleaseSlot", {
  ...ofAttempt,
  step: Step,
  pool: Schema.optionalKey(PoolName)
}).annotate({
  description:
    "A step gives back its slots of the pool, or of all where none is named, and its place in line. What a run has when it " +
    "ends it gives back by that."
})

const ReportStarted = Schema.TaggedStruct("ReportStarted", {
  ...ofAttempt,
  worker: Schema.optionalKey(Schema.String)
}).annotate({ description: "The attempt's worker runs; `worker` says where, such as by a pid." })

const ReportProgress = Schema.TaggedStruct("ReportProgress", {
  ...ofAttempt,
  fraction: Schema.optionalKey(Share),
  message: Schema.optionalKey(Schema.String)
}).annotate({ description: "How far the work has come: a share from 0 to 1, a message, or both." })

const ReportHealth = Schema.TaggedStruct("ReportHealth", {
  ...ofAttempt,
  healthy: Schema.Boolean,
  transient: Schema.optionalKey(Schema.Boolean),
  message: Schema.optionalKey(Schema.String)
}).annotate({
  description:
    "How the worker was found when it was looked at. Where that may be a hiccup of the one who looks, it is `transient`: " +
    "the worker counts as lost only if that is so several times in a row."
})

const ReportEnded = Schema.TaggedStruct("ReportEnded", {
  ...ofAttempt,
  outcome: Outcome
}).annotate({ description: "The attempt is over." })

/** What can be asked of a run. */
export const RunCommand = Schema.Union([
  SubmitRun,
  CancelRun,
  SetPriority,
  MoveToTop,
  HoldRun,
  ReleaseRun,
  ClaimSlot,
  ReleaseSlot,
  ReportStarted,
  ReportProgress,
  ReportHealth,
  ReportEnded
])
export type RunCommand = typeof RunCommand.Type

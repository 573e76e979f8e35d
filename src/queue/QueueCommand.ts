/**
 * What can be asked of the coordinator as a whole.
 */
import * as Schema from "effect/Schema"
import { RunCommand } from "../run/RunCommand.ts"
import { Milliseconds, PoolName, Timestamp } from "../run/RunSpec.ts"
import { VerifierKey } from "./Event.ts"
import { Policy, Size } from "./Policy.ts"
import { Schedule, ScheduleName } from "./Schedule.ts"
import { Scope } from "./Scope.ts"
import { ShutdownMode } from "./Shutdown.ts"

const reason = Schema.optionalKey(Schema.String)

const StartCoordinator = Schema.TaggedStruct("StartCoordinator", {
  epoch: Schema.Int,
  software: Schema.String,
  host: Schema.String,
  pid: Schema.Int,
  admits: Schema.Boolean
}).annotate({
  description:
    "A coordinator takes over, under an epoch above every one before it. Sent by itself, first of all. One that does " +
    "not admit only takes commands for a later one."
})

/** Asks to admit nothing more. */
export const DrainCoordinator = Schema.TaggedStruct("DrainCoordinator", {
  mode: Schema.optionalKey(ShutdownMode),
  withinMs: Schema.optionalKey(Milliseconds),
  reason
}).annotate({
  description:
    "Admit nothing more; follow what is in flight. With a `mode`, as the first step of a shutdown, which lets go of what is " +
    "left after `withinMs`."
})

const StopCoordinator = Schema.TaggedStruct("StopCoordinator", {
  mode: Schema.optionalKey(ShutdownMode),
  reason
}).annotate({
  description: "Let go of the log. Sent by the coordinator itself, last of all."
})

/** Asks for other rules. */
export const SetPolicy = Schema.TaggedStruct("SetPolicy", { policy: Policy, reason }).annotate({
  description: "Put other rules in force, from this turn on."
})

/** Asks for another number of slots. */
export const SetPoolLimit = Schema.TaggedStruct("SetPoolLimit", {
  pool: PoolName,
  limit: Schema.NullOr(Size),
  reason
}).annotate({
  description:
    "Give a pool so many slots; null takes its own limit away, and the default holds, if there is one."
})

/** Asks to admit nothing of a scope. */
export const PauseAdmission = Schema.TaggedStruct("PauseAdmission", {
  scope: Scope,
  until: Schema.optionalKey(Timestamp),
  reason
}).annotate({
  description:
    "Admit none of these runs until it is resumed, or until that moment. What is in flight goes on."
})

/** Asks to admit runs of a scope again. */
export const ResumeAdmission = Schema.TaggedStruct("ResumeAdmission", { scope: Scope, reason }).annotate({
  description: "Admit these runs again."
})

const ofSchedule = { name: ScheduleName, reason }

/** Asks for a schedule. */
const SetSchedule = Schema.TaggedStruct("SetSchedule", { ...ofSchedule, schedule: Schedule }).annotate({
  description:
    "Submit that run at these times, from now on. Takes the place of a schedule of the same name; as long as its times are " +
    "the same, none of them is lost."
})

/** Asks to forget a schedule. */
const RemoveSchedule = Schema.TaggedStruct("RemoveSchedule", ofSchedule).annotate({
  description: "Submit no more runs of the schedule. Those that it has submitted go on."
})

/** Asks to let the times of a schedule pass. */
const PauseSchedule = Schema.TaggedStruct("PauseSchedule", ofSchedule).annotate({
  description: "Let the times of the schedule pass until it is resumed; they are not made up for."
})

/** Asks to go on with a schedule. */
const ResumeSchedule = Schema.TaggedStruct("ResumeSchedule", ofSchedule).annotate({
  description: "Submit runs of the schedule again, from its next time on."
})

/** Asks for a run of a schedule at once. */
const TriggerSchedule = Schema.TaggedStruct("TriggerSchedule", ofSchedule).annotate({
  description: "Submit a run of the schedule at once, paused or not, beside those of its times."
})

/** What is asked of one schedule. */
export const ScheduleCommand = Schema.Union([
  SetSchedule,
  RemoveSchedule,
  PauseSchedule,
  ResumeSchedule,
  TriggerSchedule
])
export type ScheduleCommand = typeof ScheduleCommand.Type

/** Asks to record by which key checkpoints are signed from now on. */
export const SetAuditKey = Schema.TaggedStruct("SetAuditKey", {
  key: VerifierKey,
  note: Schema.optionalKey(Schema.String),
  reason
}).annotate({
  description:
    "Record by which key the log's checkpoints are signed. `note` is how the key before it says so; without one it is the " +
    "first. Who verifies checks it, not the coordinator."
})

/** What can be asked of the coordinator as a whole. */
export const QueueCommand = Schema.Union([
  StartCoordinator,
  DrainCoordinator,
  StopCoordinator,
  SetPolicy,
  SetPoolLimit,
  PauseAdmission,
  ResumeAdmission,
  ...ScheduleCommand.members,
  SetAuditKey
])
export type QueueCommand = typeof QueueCommand.Type

/** Everything that can be asked. */
export const Command = Schema.Union([...RunCommand.members, ...QueueCommand.members])
export type Command = typeof Command.Type

/**
 * What can be asked of the coordinator as a whole.
 */
import * as Schema from "effect/Schema"
import { RunCommand } from "../run/RunCommand.ts"
import { Policy } from "./Policy.ts"

/** A coordinator takes over. Sent by itself, first of all. */
export const StartCoordinator = Schema.TaggedStruct("StartCoordinator", {
  /** The term under which it writes; above every one before it. */
  epoch: Schema.Int,
  software: Schema.String,
  host: Schema.String,
  pid: Schema.Int,
  /** Whether it admits runs, or only takes commands for a later one. */
  admits: Schema.Boolean
})
/** Admit nothing more; follow what is in flight. */
export const DrainCoordinator = Schema.TaggedStruct("DrainCoordinator", {
  reason: Schema.optionalKey(Schema.String)
})
/** Let go of the log. Sent by the coordinator itself, last of all. */
export const StopCoordinator = Schema.TaggedStruct("StopCoordinator", {})
/** Put other rules in force, from this turn on. */
export const SetPolicy = Schema.TaggedStruct("SetPolicy", {
  policy: Policy,
  reason: Schema.optionalKey(Schema.String)
})

/** What can be asked of the coordinator as a whole. */
export const QueueCommand = Schema.Union([StartCoordinator, DrainCoordinator, StopCoordinator, SetPolicy])
export type QueueCommand = typeof QueueCommand.Type

/** Everything that can be asked. */
export const Command = Schema.Union([...RunCommand.members, ...QueueCommand.members]).annotate({
  identifier: "Command"
})
export type Command = typeof Command.Type

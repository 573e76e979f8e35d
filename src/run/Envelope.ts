/**
 * What every event carries, whatever it tells: where it stands in the log, when, by whom and why.
 */
import * as Schema from "effect/Schema"
import { RunId, Timestamp } from "./RunSpec.ts"

const Count = Schema.Int.check(Schema.isGreaterThan(0))

/** The fields around an event's type and data. */
export const envelopeFields = {
  /** Its place in the log: dense, from 1. */
  position: Count,
  /** The turn that decided it. All events of a turn are there or none. */
  turn: Count,
  /** When that turn was, in milliseconds since 1970; never less than the event before. */
  at: Timestamp,
  /** The version of the form of its data. */
  version: Count,
  /** The run it befell, or null if it is about all of them. */
  run: Schema.NullOr(RunId),
  /** Who made it so: who gave the command, or `signalbox` where the rules decided. */
  actor: Schema.String,
  /** The id of the command that led to it, or null where the rules or the time did. */
  cause: Schema.NullOr(Schema.String),
  /** The term of the coordinator that wrote it; each new one writes under a higher number. */
  epoch: Count
} as const

export const Envelope = Schema.Struct(envelopeFields)
export type Envelope = typeof Envelope.Type

/**
 * How a coordinator ends: one vocabulary for the log, for programs and for the command line.
 */
import * as Schema from "effect/Schema"
import { Milliseconds } from "../run/RunSpec.ts"

/**
 * - `drain`: admit nothing more, and finish what runs
 * - `handover`: let go of what runs; what does not run in this process goes on, for a later coordinator to take up
 * - `immediate`: admit nothing more, and cancel what runs
 */
export const ShutdownMode = Schema.Literals(["drain", "handover", "immediate"])
export type ShutdownMode = typeof ShutdownMode.Type

/** What is asked of a coordinator that is to end. */
export const Shutdown = Schema.Struct({
  mode: ShutdownMode,
  /** What still runs then is handed over. Left out, an hour for `drain`, half a minute for `immediate`. */
  withinMs: Schema.optionalKey(Milliseconds),
  reason: Schema.optionalKey(Schema.String)
})
export type Shutdown = typeof Shutdown.Type

/** What became of the runs that were in flight. */
export const ShutdownReport = Schema.Struct({
  mode: ShutdownMode,
  /** Those that have ended since it was asked. */
  ended: Schema.Array(Schema.String),
  /** Those that were let go of. Left out where the log failed, and nobody knows. */
  left: Schema.optionalKey(Schema.Array(Schema.String))
})
export type ShutdownReport = typeof ShutdownReport.Type

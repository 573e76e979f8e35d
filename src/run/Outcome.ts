/**
 * How work ends: as its launcher reports it, as a run fails by it, as a run is stopped by it.
 */
import * as Schema from "effect/Schema"
import { Json } from "./Json.ts"
import { Milliseconds, RunId } from "./RunSpec.ts"

/** The process ended by itself, and not with code 0. `tail` is the end of what it printed; `reason` what its host says of it. */
const Exited = Schema.TaggedStruct("Exited", {
  code: Schema.NullOr(Schema.Int),
  signal: Schema.optionalKey(Schema.String),
  reason: Schema.optionalKey(Schema.String),
  tail: Schema.optionalKey(Schema.String)
})
/** The inline function threw. */
const Threw = Schema.TaggedStruct("Threw", {
  message: Schema.String,
  stack: Schema.optionalKey(Schema.String)
})
/** The worker is gone and left no word of how it ended; `withCoordinator`, in whose process it worked. */
const WorkerLost = Schema.TaggedStruct("WorkerLost", {
  message: Schema.String,
  withCoordinator: Schema.optionalKey(Schema.Literal(true))
})
/** Something other than the coordinator stopped the worker. */
const Terminated = Schema.TaggedStruct("Terminated", { message: Schema.String })
/** The launcher will never take this run: no such program, no such job. */
const LaunchRefused = Schema.TaggedStruct("LaunchRefused", { message: Schema.String })
/** The launcher cannot take a run now; another attempt may succeed. */
const LaunchUnreachable = Schema.TaggedStruct("LaunchUnreachable", { message: Schema.String })
/** It was launched and did not start in time. */
const StartTimeout = Schema.TaggedStruct("StartTimeout", { limitMs: Milliseconds })
/** It ran for longer than it may. */
const RuntimeExceeded = Schema.TaggedStruct("RuntimeExceeded", { limitMs: Milliseconds })
/** It waited in the queue for longer than it may. */
const QueueTimeout = Schema.TaggedStruct("QueueTimeout", { limitMs: Milliseconds })
/** Someone asked for its end. */
const Asked = Schema.TaggedStruct("Asked", { reason: Schema.optionalKey(Schema.String) })
/** Another run of the same key has taken its place. */
const Replaced = Schema.TaggedStruct("Replaced", { by: RunId })

/** Why a worker's own work did not succeed. */
export const WorkerFailure = Schema.Union([
  Exited,
  Threw,
  WorkerLost,
  Terminated,
  LaunchRefused,
  LaunchUnreachable
])
export type WorkerFailure = typeof WorkerFailure.Type

/** Why a run failed. */
export const FailureCause = Schema.Union([
  ...WorkerFailure.members,
  StartTimeout,
  RuntimeExceeded,
  QueueTimeout
])
export type FailureCause = typeof FailureCause.Type

/** Why a run was told to stop. */
export const StopCause = Schema.Union([Asked, Replaced, StartTimeout, RuntimeExceeded])
export type StopCause = typeof StopCause.Type

/** What a launcher says of the end of an attempt. */
export const Outcome = Schema.Union([
  Schema.TaggedStruct("Succeeded", { result: Schema.optionalKey(Json) }),
  ...WorkerFailure.members
]).annotate({ identifier: "Outcome" })
export type Outcome = typeof Outcome.Type

/** A cause as people read it. */
export const describeCause = (cause: FailureCause | StopCause): string => {
  switch (cause._tag) {
    case "Exited": {
      const how = cause.signal === undefined ? `exited with code ${cause.code}` : `killed by ${cause.signal}`
      return cause.reason === undefined ? how : `${how}: ${cause.reason}`
    }
    case "Threw":
      return `threw: ${cause.message}`
    case "WorkerLost":
      return `worker lost: ${cause.message}`
    case "Terminated":
      return `stopped from outside: ${cause.message}`
    case "LaunchRefused":
      return `launch refused: ${cause.message}`
    case "LaunchUnreachable":
      return `launcher unreachable: ${cause.message}`
    case "StartTimeout":
      return `did not start within ${cause.limitMs} ms`
    case "RuntimeExceeded":
      return `ran for longer than ${cause.limitMs} ms`
    case "QueueTimeout":
      return `waited for longer than ${cause.limitMs} ms`
    case "Replaced":
      return `replaced by ${cause.by}`
    case "Asked":
      return cause.reason ?? "asked to stop"
  }
}

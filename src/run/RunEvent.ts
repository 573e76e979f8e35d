/**
 * What has happened to a run: the data of each kind of event. The envelope around it (who, when, why) is the
 * same for all and stands in `src/queue/Event.ts`.
 */
import * as Schema from "effect/Schema"
import type { Envelope } from "./Envelope.ts"
import { FailureCause, StopCause, WorkerFailure } from "./Outcome.ts"
import { Milliseconds, type RunId, RunSpec, Timestamp } from "./RunSpec.ts"

const attempt = Schema.Int

/** The time limits of a run, settled when it is submitted; null is none. */
export const Timeouts = Schema.Struct({
  startMs: Schema.NullOr(Milliseconds),
  runtimeMs: Schema.NullOr(Milliseconds),
  cancelMs: Schema.NullOr(Milliseconds)
})
export type Timeouts = typeof Timeouts.Type

/** The data of each kind of event that befalls a run. */
export const RunEventData = {
  /** Accepted as it stands in `spec`; `requested` is what came, where a custom coordinator changed it. */
  RunSubmitted: Schema.Struct({
    spec: RunSpec,
    requested: Schema.optionalKey(RunSpec),
    timeouts: Timeouts
  }),
  /** Put in line. */
  RunQueued: Schema.Struct({}),
  /** May start: it has taken `slots`, one of each limit named, under the policy of that number. */
  RunAdmitted: Schema.Struct({
    attempt,
    policy: Schema.Int,
    slots: Schema.Array(Schema.String)
  }),
  /** Its worker runs. */
  RunStarted: Schema.Struct({ attempt, worker: Schema.optionalKey(Schema.String) }),
  /** Its worker told how far it has come. */
  RunProgressed: Schema.Struct({
    attempt,
    fraction: Schema.optionalKey(Schema.Finite),
    message: Schema.optionalKey(Schema.String)
  }),
  /** Back in line, in its old place, because of `cause`; not admitted before `notBefore`. */
  RunRequeued: Schema.Struct({ attempt, cause: WorkerFailure, notBefore: Timestamp }),
  /** Its worker is to be stopped. */
  RunCancelRequested: Schema.Struct({ attempt, cause: StopCause }),
  RunSucceeded: Schema.Struct({ attempt, result: Schema.optionalKey(Schema.Json) }),
  /** `worker` is how the worker ended, where a time limit is the cause; none if it never said. */
  RunFailed: Schema.Struct({ attempt, cause: FailureCause, worker: Schema.optionalKey(WorkerFailure) }),
  /** `worker` is how the worker ended; none if the run had none or it never said. */
  RunCanceled: Schema.Struct({ attempt, cause: StopCause, worker: Schema.optionalKey(WorkerFailure) })
} as const

export type RunEventData = { readonly [T in keyof typeof RunEventData]: (typeof RunEventData)[T]["Type"] }
export type RunEventType = keyof RunEventData

/** What is decided of a run, before the envelope is put around it. */
export type RunFact = {
  readonly [T in RunEventType]: { readonly type: T; readonly data: RunEventData[T] }
}[RunEventType]

/** A fact in its envelope: what stands in the log. */
export type RunEvent = RunFact & Envelope & { readonly run: RunId }

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

const worker = Schema.optionalKey(WorkerFailure)

/** The data of each kind of event that befalls a run. */
export const RunEventData = {
  RunSubmitted: Schema.Struct({
    spec: RunSpec,
    requested: Schema.optionalKey(RunSpec),
    timeouts: Timeouts
  }).annotate({
    description:
      "Accepted as it stands in `spec`; `requested` is what came, where a custom coordinator changed it. `timeouts` " +
      "are settled here, whatever the policy says later."
  }),
  RunQueued: Schema.Struct({}).annotate({ description: "Put in line." }),
  RunAdmitted: Schema.Struct({
    attempt,
    policy: Schema.Int,
    slots: Schema.Array(Schema.String)
  }).annotate({
    description:
      "May start: it has taken one slot of each limit that `slots` names, under the policy of that number."
  }),
  RunStarted: Schema.Struct({ attempt, worker: Schema.optionalKey(Schema.String) }).annotate({
    description: "Its worker runs; `worker` says where, such as by a pid."
  }),
  RunProgressed: Schema.Struct({
    attempt,
    fraction: Schema.optionalKey(Schema.Finite),
    message: Schema.optionalKey(Schema.String)
  }).annotate({ description: "Its worker told how far it has come." }),
  RunRequeued: Schema.Struct({ attempt, cause: WorkerFailure, notBefore: Timestamp }).annotate({
    description: "Back in line, in its old place, because of `cause`; not admitted before `notBefore`."
  }),
  RunCancelRequested: Schema.Struct({ attempt, cause: StopCause }).annotate({
    description: "Its worker is to be stopped, because someone asked or a time limit has passed."
  }),
  RunSucceeded: Schema.Struct({ attempt, result: Schema.optionalKey(Schema.Json) }).annotate({
    description: "Ended well; `result` is what its job answered."
  }),
  RunFailed: Schema.Struct({ attempt, cause: FailureCause, worker }).annotate({
    description:
      "Ended with a cause. Where that is a time limit, `worker` is how its worker ended, if it said so."
  }),
  RunCanceled: Schema.Struct({ attempt, cause: StopCause, worker }).annotate({
    description:
      "Ended because someone asked for it. `worker` is how its worker ended, if it had one that said so."
  })
} as const

export type RunEventData = { readonly [T in keyof typeof RunEventData]: (typeof RunEventData)[T]["Type"] }
export type RunEventType = keyof RunEventData

/** What is decided of a run, before the envelope is put around it. */
export type RunFact = {
  readonly [T in RunEventType]: { readonly type: T; readonly data: RunEventData[T] }
}[RunEventType]

/** A fact in its envelope: what stands in the log. */
export type RunEvent = RunFact & Envelope & { readonly run: RunId }

/**
 * What has happened to a run: the data of each kind of event. The envelope around it (who, when, why) is the
 * same for all and stands in `src/queue/Event.ts`.
 */
import * as Schema from "effect/Schema"
import type { Envelope } from "./Envelope.ts"
import { Json } from "./Json.ts"
import { FailureCause, StopCause, WorkerFailure } from "./Outcome.ts"
import { RetryRule } from "./RetryRule.ts"
import { Milliseconds, PoolName, type RunId, RunSpec, Timestamp } from "./RunSpec.ts"

const attempt = Schema.Int

/** The time limits of a run, settled when it is submitted; null is none. */
export const Timeouts = Schema.Struct({
  cancelMs: Schema.NullOr(Milliseconds),
  queueMs: Schema.optionalKey(Schema.NullOr(Milliseconds)),
  runtimeMs: Schema.NullOr(Milliseconds),
  startMs: Schema.NullOr(Milliseconds)
})
export type Timeouts = typeof Timeouts.Type

const Times = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

/** How often what has failed is tried again, settled when a run is submitted. */
export const Retries = Schema.Struct({
  /** How long the location of the run, or else the run, waits before that. Dagster's `user_code_failure_retry_delay`. */
  launchDelayMs: Times,
  /** Coordinators that may end abruptly with its work in their process, before it is held; left out, 3. */
  crashes: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThanOrEqualTo(1))),
  /** Further launches where the launcher could not be reached. Dagster's `max_user_code_failure_retries`. */
  launches: Times,
  /** Whether that holds too where the work itself has failed. Dagster's `retry_on_asset_or_op_failure`. */
  ofWork: Schema.Boolean,
  /** Further attempts where the worker was lost, on the slots it holds. Dagster's `max_resume_run_attempts`. */
  resumes: Times,
  /** When it is tried again besides; the first that fits counts. */
  rules: Schema.optionalKey(Schema.Array(RetryRule)),
  /** Further runs of the same work where one has failed; null is none, whatever its tags say. Dagster's `max_retries`. */
  runs: Schema.NullOr(Times)
})
export type Retries = typeof Retries.Type

const slots = Schema.Int
const step = Schema.String
const reason = Schema.optionalKey(Schema.String)

const worker = Schema.optionalKey(WorkerFailure)

const PassedOver = Schema.Struct({
  limit: Schema.optionalKey(Schema.String),
  run: Schema.String,
  why: Schema.String
})
export type PassedOver = typeof PassedOver.Type

/** Why a run was admitted before all others. */
const Decision = Schema.Struct({
  /** The most urgent of the runs before it in line, each with the first reason why it could not start. */
  passed: Schema.optionalKey(Schema.Array(PassedOver)),
  /** Its place in line at that moment, from 1: all before it were passed over. */
  place: Schema.Int,
  /** For each of `slots`, how many slots of that limit are taken with it, and how many there are. */
  taken: Schema.Array(Schema.Tuple([Schema.Int, Schema.Int]))
}).annotate({ identifier: "Decision" })
export type Decision = typeof Decision.Type

/** The data of each kind of event that befalls a run. */
export const RunEventData = {
  RunSubmitted: Schema.Struct({
    spec: RunSpec,
    requested: Schema.optionalKey(RunSpec),
    timeouts: Timeouts,
    retries: Schema.optionalKey(Retries),
    root: Schema.optionalKey(Schema.String),
    retry: Schema.optionalKey(Schema.Int),
    idempotency: Schema.optionalKey(Schema.Struct({ key: Schema.String, until: Timestamp })),
    launcher: Schema.optionalKey(Schema.String)
  }).annotate({
    description:
      "Accepted as it stands in `spec`; `requested` is what came, where a custom coordinator changed it. `timeouts` " +
      "and `retries` are settled here, whatever the policy says later. `root` is the first run of the work that it " +
      "does again, if it does; `retry` is its number if it was made because its parent has failed. `idempotency` is the key " +
      "by which the submission is known again until that moment. `launcher` is the one that the routes in force give it to, " +
      "where it names none."
  }),
  RunQueued: Schema.Struct({}).annotate({ description: "Put in line." }),
  RunReprioritized: Schema.Struct({ priority: Schema.Int, reason }).annotate({
    description: "Has another priority."
  }),
  RunMovedToTop: Schema.Struct({ reason }).annotate({
    description: "Stands before all others, whatever their priority."
  }),
  RunHeld: Schema.Struct({ reason }).annotate({
    description: "Is not admitted until it is released; keeps its place."
  }),
  RunReleased: Schema.Struct({ reason }).annotate({ description: "May be admitted again." }),
  RunAdmitted: Schema.Struct({
    attempt,
    decision: Schema.optionalKey(Decision),
    policy: Schema.Int,
    slots: Schema.Array(Schema.String),
    reserved: Schema.optionalKey(
      Schema.Struct({ pools: Schema.Record(PoolName, Schema.Int), forMs: Schema.Int })
    )
  }).annotate({
    description:
      "May start: it has taken one slot of each limit that `slots` names, under the policy of that number. Of the pools " +
      "in `reserved` so many slots are counted as taken until it has run for so long; by then its steps claim them. " +
      "`decision` is why it was the next: its `place` in line, `[taken, size]` of each limit with it, and the first of the " +
      "more urgent runs that were passed over, with why."
  }),
  RunStarted: Schema.Struct({ attempt, worker: Schema.optionalKey(Schema.String) }).annotate({
    description: "Its worker runs; `worker` says where, such as by a pid."
  }),
  RunSettled: Schema.Struct({ attempt }).annotate({
    description: "Counts no longer for the pools that were reserved for it, only for what its steps claim."
  }),
  SlotClaimed: Schema.Struct({
    attempt,
    step,
    pool: PoolName,
    slots,
    priority: Schema.Int,
    granted: Schema.Boolean
  }).annotate({
    description:
      "A step has asked for slots of a pool and has them, or waits for them where `granted` is false."
  }),
  SlotGranted: Schema.Struct({ attempt, step, pool: PoolName }).annotate({
    description: "The step has the slots that it waited for."
  }),
  SlotReleased: Schema.Struct({ attempt, step, pool: PoolName }).annotate({
    description: "The step has given back its slots, or its place in line."
  }),
  RunResumed: Schema.Struct({ attempt, cause: WorkerFailure }).annotate({
    description:
      "Its worker was lost; another attempt is made, under that number, with the slots that it holds."
  }),
  RunProgressed: Schema.Struct({
    attempt,
    fraction: Schema.optionalKey(Schema.Finite),
    message: Schema.optionalKey(Schema.String)
  }).annotate({ description: "Its worker told how far it has come." }),
  RunHealthChanged: Schema.Struct({
    attempt,
    misses: Schema.Int,
    message: Schema.optionalKey(Schema.String)
  }).annotate({
    description:
      "Its worker could not be found well, `misses` times in a row so far; 0 when it is well again."
  }),
  RunRequeued: Schema.Struct({
    attempt,
    cause: FailureCause,
    notBefore: Timestamp,
    retry: Schema.optionalKey(
      Schema.Struct({
        rule: Schema.Int,
        number: Schema.Int,
        max: Schema.Int,
        place: Schema.Literals(["end", "same"])
      })
    ),
    worker
  }).annotate({
    description:
      "Back in line because of `cause`; not admitted before `notBefore`. Where `retry` stands, one of its retry rules says " +
      "so, of which this is the `number`th use of `max`: it waits behind all of its priority, or in its old `place`. " +
      "Otherwise it waits in its old place. Where the cause is a time limit, `worker` is how its worker ended."
  }),
  RunCancelRequested: Schema.Struct({ attempt, cause: StopCause }).annotate({
    description: "Its worker is to be stopped, because someone asked or a time limit has passed."
  }),
  RunSucceeded: Schema.Struct({ attempt, result: Schema.optionalKey(Json) }).annotate({
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

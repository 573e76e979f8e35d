/**
 * The rules in force: whether runs stand in line, how many may run at once, which labels and pools are limited.
 */
import * as Schema from "effect/Schema"
import { Retries, Timeouts } from "../run/RunEvent.ts"
import { Milliseconds, PoolName, Tags } from "../run/RunSpec.ts"
import { settings } from "../settings.ts"

/** How many may run at once; 0 lets none start. */
export const Size = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

/** Stands for the run's job where a tag's key does. */
export const jobKey = "signalbox/job"

/** How many runs with a tag may run at once. */
export const TagLimit = Schema.Struct({
  /** The tag it looks at; `signalbox/job` stands for the run's job. */
  key: Schema.NonEmptyString,
  /** Only runs whose tag has this value fall under the limit; left out, all that carry the tag do, together. */
  value: Schema.optionalKey(Schema.String),
  /** Each value of the tag is counted apart. */
  each: Schema.optionalKey(Schema.Boolean),
  /** Not the runs are counted but the values of the tag among them. */
  distinct: Schema.optionalKey(Schema.Boolean),
  /** Only runs that carry all of these fall under the limit; `signalbox/job` stands for the run's job. */
  where: Schema.optionalKey(Tags),
  limit: Size
})
  .check(
    Schema.makeFilter(
      ({ each, distinct, value }) =>
        [each ?? false, distinct ?? false, value !== undefined].filter((form) => form).length <= 1,
      {
        message:
          "a tag limit names one `value`, counts `each` apart or counts the `distinct` ones: one of these"
      }
    )
  )
  .annotate({ identifier: "TagLimit" })
export type TagLimit = typeof TagLimit.Type

const Positive = Schema.Int.check(Schema.isGreaterThanOrEqualTo(1))
const million = 1_000_000
const monthMs = 31 * 24 * 3_600_000
const Count = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: million }))

/** How fast runs may start. */
export const RateLimit = Schema.Struct({
  /** The tag it looks at; left out, all runs fall under it. */
  key: Schema.optionalKey(Schema.NonEmptyString),
  /** Only runs whose tag has this value fall under the limit. */
  value: Schema.optionalKey(Schema.String),
  /** Each value of the tag has its own rate. */
  each: Schema.optionalKey(Schema.Boolean),
  /** Only runs that carry all of these fall under the limit; `signalbox/job` stands for the run's job. */
  where: Schema.optionalKey(Tags),
  /** So many starts in each period. */
  limit: Count,
  periodMs: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: monthMs })),
  /** How many may start at once after a rest; left out, 1: they start evenly spaced. */
  burst: Schema.optionalKey(Count)
}).annotate({ identifier: "RateLimit" })
export type RateLimit = typeof RateLimit.Type

/** Values of a tag that share what there is. */
export const FairShare = Schema.Struct({
  /** The tag whose values share; runs without it count as one more value. */
  key: Schema.NonEmptyString,
  /** The weights of values; one that does not stand here weighs 1. */
  weights: Schema.optionalKey(Schema.Record(Schema.String, Count))
}).annotate({ identifier: "FairShare" })
export type FairShare = typeof FairShare.Type

/** Slots that steps of runs share. Idea: Dagster's pools. */
export const Pools = Schema.Struct({
  /**
   * `run`: a run takes one slot of each of its pools from launch to end. `op`: its steps claim slots; the run itself
   * waits only where no first step could begin.
   */
  granularity: Schema.Literals(["run", "op"]),
  /** The slots of each pool; one that does not stand here has `defaultLimit`. */
  limits: Schema.Record(PoolName, Size),
  /** Null is no limit. */
  defaultLimit: Schema.NullOr(Size),
  /** Whether full pools hold runs back in the queue. */
  blocking: Schema.Boolean,
  /** More slots than there are, for runs that are let in ahead. Dagster's `op_granularity_run_buffer`. */
  buffer: Size,
  /** With `op`: how long a started run counts for the pools of its first steps; by then these have made their claims. */
  settleMs: Size
}).annotate({ identifier: "Pools" })
export type Pools = typeof Pools.Type

/** Which launcher takes a run: for those that carry all of `where`, and are of the `kind`, if that is said. */
export const Route = Schema.Struct({
  launcher: Schema.NonEmptyString,
  /** `signalbox/job` stands for the run's job. */
  where: Schema.optionalKey(Tags),
  /** A run with a command, or one with a job alone. */
  kind: Schema.optionalKey(Schema.Literals(["command", "job"]))
}).annotate({ identifier: "Route" })
export type Route = typeof Route.Type

/** The rules in force. */
export const Policy = Schema.Struct({
  /** `queued`: runs stand in line (Dagster's QueuedRunCoordinator); `immediate`: they start as they come. */
  mode: Schema.Literals(["queued", "immediate"]),
  /** Runs in progress at once; null is no limit. */
  maxConcurrentRuns: Schema.NullOr(Size),
  /** Of limits of the same key and form the last one counts, as in Dagster; of different forms, all. */
  tagLimits: Schema.Array(TagLimit),
  /** Left out, there are none: no claim waits, and no run for a pool. */
  pools: Schema.optionalKey(Pools),
  /** Runs that may wait at once, of those that cannot start; one more is refused. Left out, any number. */
  maxQueuedRuns: Schema.optionalKey(Size),
  /** How long a submission is known again by its idempotency key; left out, a day. */
  idempotencyWindowMs: Schema.optionalKey(Milliseconds),
  /** The name of a custom order; left out, by priority, then first come first served. */
  order: Schema.optionalKey(Schema.NonEmptyString),
  /** How fast runs may start; all that a run falls under count. */
  rateLimits: Schema.optionalKey(Schema.Array(RateLimit)),
  /** One step of priority is worth so much waiting. Left out, priority goes before any wait. */
  agingMs: Schema.optionalKey(Positive),
  /** A run that cannot start holds back all behind it. Left out, nobody. */
  strict: Schema.optionalKey(Schema.Boolean),
  /** Tags of which runs of one value start in their order: a run that cannot start holds back those of its value. */
  inOrderBy: Schema.optionalKey(Schema.Array(Schema.NonEmptyString)),
  /** The values of a tag share what there is. Left out, the order alone decides. */
  fairShare: Schema.optionalKey(FairShare),
  /** Once the first in line has waited so long, what it needs is kept for it. Left out, never. */
  reserveAfterMs: Schema.optionalKey(Size),
  /** The first that fits says which launcher takes a run that names none. Left out, commands are processes. */
  routes: Schema.optionalKey(Schema.NonEmptyArray(Route)),
  timeouts: Timeouts,
  /** Left out, `defaultRetries`. */
  retries: Schema.optionalKey(Retries)
}).annotate({ identifier: "Policy" })
export type Policy = typeof Policy.Type

/** How often is tried again where a policy does not say. */
export const defaultRetries: Retries = {
  launchDelayMs: settings.launchRetryDelayMs,
  launches: settings.launchRetriesMax,
  ofWork: true,
  resumes: 0,
  runs: 0
}

/** Pools as they are where a policy names some and leaves out the rest: Dagster's defaults. */
export const defaultPools: Pools = {
  granularity: "op",
  limits: {},
  defaultLimit: null,
  blocking: true,
  buffer: 0,
  settleMs: settings.settleMs
}

/** What a policy says where nobody says otherwise: Dagster's defaults. */
export const defaultPolicy: Policy = {
  mode: "queued",
  maxConcurrentRuns: 10,
  tagLimits: [],
  timeouts: { cancelMs: settings.cancelTimeoutMs, runtimeMs: null, startMs: settings.startTimeoutMs }
}

/** The slots of a pool; undefined if it has no limit. */
export const poolLimit = ({ pools }: Policy, pool: string): number | undefined =>
  pools && Object.hasOwn(pools.limits, pool) ? pools.limits[pool] : (pools?.defaultLimit ?? undefined)

/** The slots of a pool that steps share; undefined where no claim waits. */
export const claimLimit = (policy: Policy, pool: string): number | undefined =>
  policy.pools?.granularity === "op" ? poolLimit(policy, pool) : undefined

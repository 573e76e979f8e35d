/**
 * From what a file says, in its units and with its special numbers, to the rules in force.
 */
import type { FairShare, Policy } from "../queue/Policy.ts"
import { settings } from "../settings.ts"
import { queuedClass } from "./coordinatorSchema.ts"
import { type FileRateLimit, toRateLimit } from "./rateLimit.ts"
import { toRetryRule } from "./retryRule.ts"
import type { Settled } from "./settle.ts"
import { type TagConcurrencyLimit, toTagLimit } from "./tagConcurrencyLimit.ts"

type Limits = Omit<Policy, "mode" | "pools" | "timeouts" | "retries">

/** What the keys of `concurrency.runs` say; null is nothing. */
interface Runs {
  readonly max: number
  readonly limits: ReadonlyArray<TagConcurrencyLimit>
  readonly maxQueued: number | null
  readonly idempotencySeconds: number | null
  readonly order: string | null
  readonly rates: ReadonlyArray<FileRateLimit>
  readonly agingSeconds: number | null
  readonly strict: boolean
  readonly inOrderBy: ReadonlyArray<string>
  readonly fairShare: FairShare | null
  readonly reserveAfterSeconds: number | null
}

/** The part of a policy that the keys of `concurrency.runs` stand for: -1 is no limit, what is below lets none start. */
export const toLimits = (runs: Runs): Limits => {
  const {
    max,
    limits,
    maxQueued,
    idempotencySeconds: known,
    order,
    rates,
    agingSeconds,
    inOrderBy,
    fairShare,
    reserveAfterSeconds
  } = runs
  return {
    maxConcurrentRuns: max === -1 ? null : Math.max(0, max),
    tagLimits: limits.map(toTagLimit),
    ...(maxQueued !== null && { maxQueuedRuns: maxQueued }),
    ...(known !== null && { idempotencyWindowMs: known * 1000 }),
    ...(order !== null && { order }),
    ...(rates.length > 0 && { rateLimits: rates.map(toRateLimit) }),
    ...(agingSeconds !== null && { agingMs: agingSeconds * 1000 }),
    ...(runs.strict && { strict: true }),
    ...(inOrderBy.length > 0 && { inOrderBy }),
    ...(fairShare !== null && { fairShare }),
    ...(reserveAfterSeconds !== null && { reserveAfterMs: reserveAfterSeconds * 1000 })
  }
}

/** A time limit; 0 and less are none. */
const timeout = (seconds: number | null): number | null =>
  seconds !== null && seconds > 0 ? seconds * 1000 : null

const times = (value: number | null): number => Math.max(0, value ?? 0)

const timeoutsOf = (settled: Settled): Policy["timeouts"] => {
  const queueMs = timeout(settled["run_monitoring.queue_timeout_seconds"].value)
  return {
    startMs: timeout(settled["run_monitoring.start_timeout_seconds"].value),
    runtimeMs: timeout(settled["run_monitoring.max_runtime_seconds"].value),
    cancelMs: timeout(settled["run_monitoring.cancel_timeout_seconds"].value),
    ...(queueMs !== null && { queueMs })
  }
}

const poolsOf = (settled: Settled): NonNullable<Policy["pools"]> => {
  const defaultLimit = settled["concurrency.pools.default_limit"].value
  return {
    granularity: settled["concurrency.pools.granularity"].value === "run" ? "run" : "op",
    limits: settled["concurrency.pools.limits"].value,
    defaultLimit,
    blocking: settled["run_queue.block_op_concurrency_limited_runs.enabled"].value,
    buffer: times(settled["concurrency.pools.op_granularity_run_buffer"].value),
    settleMs: settled["concurrency.pools.settle_seconds"].value * 1000
  }
}

const rulesOf = (settled: Settled): Partial<NonNullable<Policy["retries"]>> => {
  const rules = settled["run_retries.rules"].value ?? []
  const crashes = settled["run_retries.max_crashes"].value ?? settings.crashesMax
  return {
    ...(crashes !== settings.crashesMax && { crashes }),
    ...(rules.length > 0 && { rules: rules.map(toRetryRule) })
  }
}

const retriesOf = (settled: Settled): NonNullable<Policy["retries"]> => ({
  ...rulesOf(settled),
  launches: times(settled["run_queue.max_user_code_failure_retries"].value),
  launchDelayMs: times(settled["run_queue.user_code_failure_retry_delay"].value) * 1000,
  resumes: times(settled["run_monitoring.max_resume_run_attempts"].value),
  runs: settled["run_retries.enabled"].value ? times(settled["run_retries.max_retries"].value) : null,
  ofWork: settled["run_retries.retry_on_asset_or_op_failure"].value ?? true
})

/** The policy that these values stand for. Pools are always there, as in Dagster. */
export const toPolicy = (settled: Settled): Policy => ({
  mode: settled["run_coordinator.class"].value === queuedClass ? "queued" : "immediate",
  ...toLimits({
    max: settled["concurrency.runs.max_concurrent_runs"].value,
    limits: settled["concurrency.runs.tag_concurrency_limits"].value,
    maxQueued: settled["concurrency.runs.max_queued_runs"].value,
    idempotencySeconds: settled["concurrency.runs.idempotency_window_seconds"].value,
    order: settled["concurrency.runs.order"].value,
    rates: settled["concurrency.runs.rate_limits"].value,
    agingSeconds: settled["concurrency.runs.aging_seconds"].value,
    strict: settled["concurrency.runs.strict"].value,
    inOrderBy: settled["concurrency.runs.in_order_by"].value,
    fairShare: settled["concurrency.runs.fair_share"].value,
    reserveAfterSeconds: settled["concurrency.runs.reserve_after_seconds"].value
  }),
  pools: poolsOf(settled),
  ...(settled.routes.value && { routes: settled.routes.value }),
  timeouts: timeoutsOf(settled),
  retries: retriesOf(settled)
})

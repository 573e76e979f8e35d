/**
 * The policy of a run file: the keys of `concurrency.runs` in a signalbox.yaml.
 */
import * as Schema from "effect/Schema"
import { defaultPolicy, type Policy } from "../queue/Policy.ts"
import { runsFields } from "./signalboxYaml.ts"
import { toLimits } from "./toPolicy.ts"

/** The keys of `concurrency.runs`. */
export const RunsPolicy = Schema.Struct(runsFields(Schema.Int))
type RunsPolicy = typeof RunsPolicy.Type

/** The policy that these keys stand for, over the defaults of Signalbox. */
export const policyOf = (runs: RunsPolicy): Policy => ({
  ...defaultPolicy,
  ...toLimits({
    max: runs.max_concurrent_runs ?? defaultPolicy.maxConcurrentRuns ?? -1,
    limits: runs.tag_concurrency_limits ?? [],
    maxQueued: runs.max_queued_runs ?? null,
    idempotencySeconds: runs.idempotency_window_seconds ?? null,
    order: runs.order ?? null,
    rates: runs.rate_limits ?? [],
    agingSeconds: runs.aging_seconds ?? null,
    strict: runs.strict ?? false,
    inOrderBy: runs.in_order_by ?? [],
    fairShare: runs.fair_share ?? null,
    reserveAfterSeconds: runs.reserve_after_seconds ?? null
  })
})

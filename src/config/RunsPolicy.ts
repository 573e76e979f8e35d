/**
 * Limits as dagster.yaml writes them under `concurrency.runs`, and the policy that they stand for.
 */
import * as Schema from "effect/Schema"
import { defaultPolicy, type Policy, type TagLimit } from "../queue/Policy.ts"

const PerValue = Schema.Struct({ applyLimitPerUniqueValue: Schema.Boolean })

const TagConcurrencyLimit = Schema.Struct({
  key: Schema.NonEmptyString,
  limit: Schema.Int,
  value: Schema.optionalKey(Schema.Union([Schema.String, PerValue]))
})

/** The keys of `concurrency.runs`. */
export const RunsPolicy = Schema.Struct({
  /** Runs in progress at once; -1 is no limit, 0 lets none start. Default: 10. */
  max_concurrent_runs: Schema.optionalKey(Schema.Int),
  /** Runs in progress at once by tag. */
  tag_concurrency_limits: Schema.optionalKey(Schema.NullOr(Schema.Array(TagConcurrencyLimit)))
})
export type RunsPolicy = typeof RunsPolicy.Type

const tagLimit = ({ key, limit, value }: typeof TagConcurrencyLimit.Type): TagLimit => {
  // A limit below 0 lets none start, as 0 does.
  const of = { key, limit: Math.max(0, limit) }
  if (typeof value === "string") return { ...of, value }
  return value?.applyLimitPerUniqueValue ? { ...of, each: true } : of
}

/** The policy that these keys stand for; what they leave out is Dagster's default. */
export const toPolicy = ({
  max_concurrent_runs: max,
  tag_concurrency_limits: limits
}: RunsPolicy): Policy => ({
  ...defaultPolicy,
  ...(max !== undefined && { maxConcurrentRuns: max === -1 ? null : Math.max(0, max) }),
  tagLimits: (limits ?? []).map(tagLimit)
})

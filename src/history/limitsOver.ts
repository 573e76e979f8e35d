/**
 * The limits that a run falls under, each with a way to count it from all runs in progress: slow, and independent of
 * what the queue keeps.
 */
import { labelOf, limitName, poolName, poolsOf, rateName } from "../queue/Limits.ts"
import { type Policy, poolLimit, type RateLimit, type TagLimit } from "../queue/Policy.ts"
import type { RunSpec } from "../run/RunSpec.ts"

type Specs = ReadonlyArray<RunSpec>

interface Limit {
  readonly name: string
  readonly size: number
  /** Whether a run in progress holds it. */
  readonly covers: (spec: RunSpec) => boolean
  /** How much of it these runs in progress hold, as the run that meets it sees it. */
  readonly taken: (inProgress: Specs) => number
}

const counted = (name: string, size: number, covers: (spec: RunSpec) => boolean): Limit => ({
  name,
  size,
  covers,
  taken: (inProgress) => inProgress.filter(covers).length
})

const formOf = ({ limit: _, where = {}, each = false, distinct = false, ...form }: TagLimit): string =>
  JSON.stringify([form.key, form.value, each, distinct, Object.entries(where).toSorted()])

/** A limit as a run meets it; undefined if it does not. */
const meet = (limit: TagLimit, spec: RunSpec): Limit | undefined => {
  const { key, value, each = false, distinct = false, where = {}, limit: size } = limit
  const isAmong = (other: RunSpec): boolean =>
    Object.entries(where).every(([name, text]) => labelOf(other, name) === text)
  const own = labelOf(spec, key)
  if (own === undefined || (value !== undefined && value !== own) || !isAmong(spec)) return undefined
  const has = (other: RunSpec) => isAmong(other) && labelOf(other, key) !== undefined
  const same = (other: RunSpec) => isAmong(other) && labelOf(other, key) === own
  if (distinct) {
    const values = (inProgress: Specs) => new Set(inProgress.filter(has).map((other) => labelOf(other, key)))
    // A value that is there already takes no more room, unless there is none at all.
    const taken = (inProgress: Specs) =>
      values(inProgress).has(own) && size > 0 ? 0 : values(inProgress).size
    return { name: limitName("distinct", key, undefined, where), size, covers: has, taken }
  }
  if (each) return counted(limitName("each", key, own, where), size, same)
  return counted(limitName("tag", key, value, where), size, value === undefined ? has : same)
}

const poolLimits = (policy: Policy, spec: RunSpec): ReadonlyArray<Limit> => {
  const { pools } = policy
  if (!pools?.blocking || pools.granularity !== "run") return []
  return poolsOf(spec).flatMap((pool) => {
    const limit = poolLimit(policy, pool)
    const uses = (other: RunSpec) => poolsOf(other).includes(pool)
    return limit === undefined ? [] : [counted(poolName(pool), limit + pools.buffer, uses)]
  })
}

/** The limits of a policy that a run falls under. Of limits of one form the last counts. */
export const limitsOver = (policy: Policy, spec: RunSpec): ReadonlyArray<Limit> => {
  const { mode, maxConcurrentRuns, tagLimits } = policy
  const { unique } = spec
  const keys = unique ? [counted(`key:${unique.key}`, 1, (other) => other.unique?.key === unique.key)] : []
  if (mode === "immediate") return keys
  const counting = tagLimits.filter(
    (limit, at) => !tagLimits.slice(at + 1).some((later) => formOf(limit) === formOf(later))
  )
  const total = maxConcurrentRuns === null ? [] : [counted("runs", maxConcurrentRuns, () => true)]
  return [
    ...total,
    ...counting.flatMap((limit) => meet(limit, spec) ?? []),
    ...poolLimits(policy, spec),
    ...keys
  ]
}

/** A rate limit with its name. */
export type NamedRate = Required<Pick<RateLimit, "limit" | "periodMs" | "burst">> & { readonly name: string }

/** The rate limits of a policy that a run falls under, each once. */
export const ratesOver = ({ mode, rateLimits = [] }: Policy, spec: RunSpec): ReadonlyArray<NamedRate> => {
  if (mode === "immediate") return []
  const met = rateLimits.flatMap((rate): ReadonlyArray<NamedRate> => {
    const { key, value, where = {}, limit, periodMs, burst = 1 } = rate
    const own = key === undefined ? undefined : labelOf(spec, key)
    const isOther = key !== undefined && (own === undefined || (value !== undefined && value !== own))
    const isAmong = Object.entries(where).every(([name, text]) => labelOf(spec, name) === text)
    return isOther || !isAmong ? [] : [{ name: rateName(rate, own), limit, periodMs, burst }]
  })
  return [...new Map(met.map((rate) => [rate.name, rate])).values()]
}

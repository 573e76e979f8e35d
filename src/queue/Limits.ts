/**
 * What a run needs in order to start: some slots, all together; one of several pools; and that nothing it belongs to
 * is paused. Read off the run and the policy, so that runs that need the same can stand in one lane.
 */

import type { RunSpec } from "../run/RunSpec.ts"
import { locationOf } from "../run/submit.ts"
import { defaultPools, jobKey, type Policy, poolLimit, type RateLimit, type TagLimit } from "./Policy.ts"
import type { Rate } from "./Rates.ts"
import type { Scope } from "./Scope.ts"
import type { Share } from "./Shares.ts"
import type { Needs, Slot } from "./Slots.ts"

type Tags = Readonly<Record<string, string>>

const plain = /^[\w./:@+-]+$/
const word = (text: string): string => (plain.test(text) ? text : JSON.stringify(text))

const amongOf = (where: Tags | undefined): string => {
  if (!where) return ""
  const conditions = Object.entries(where).sort(([a], [b]) => (a < b ? -1 : 1))
  const among = conditions.map(([name, text]) => `${word(name)}=${word(text)}`).join(",")
  return among === "" ? "" : `[${among}]`
}

/** Names a limit. No two share a name: what is not a plain word stands in quotes, save the value at the very end. */
export const limitName = (
  form: "tag" | "each" | "distinct",
  key: string,
  value?: string,
  where?: Tags
): string => {
  const name = `${form}${amongOf(where)}:${word(key)}`
  return value === undefined ? name : `${name}=${value}`
}

/** Names the limit that all runs fall under. */
export const totalLimit = "runs"

/** Names a rate limit; `own` is the value that is counted apart. The numbers are part of it. */
export const rateName = (
  { key, value, each, where, limit, periodMs, burst = 1 }: RateLimit,
  own?: string
): string => {
  const name = `rate(${limit}/${periodMs}ms,${burst})${amongOf(where)}`
  if (key === undefined) return name
  const counted = each ? own : value
  return counted === undefined ? `${name}:${word(key)}` : `${name}:${word(key)}${each ? "~" : "="}${counted}`
}

/** Names those that start in their order: all, or the runs of one value of a tag. */
export const sequenceName = (key?: string, value?: string): string =>
  key === undefined ? "queue" : `order:${word(key)}=${value}`

/** Names the limit of a pool. */
export const poolName = (pool: string): string => `pool:${pool}`

/** Names the gate of a code location. */
export const locationGate = (location: string): string => `location:${location}`

/** The value of a tag; that of `signalbox/job` is the run's job. */
export const labelOf = ({ tags, job }: Pick<RunSpec, "tags" | "job">, key: string): string | undefined => {
  if (key === jobKey) return job
  return tags && Object.hasOwn(tags, key) ? tags[key] : undefined
}

/** Limits of one form share it: the name without the run's own value. */
export const formOf = ({ key, each, distinct, value, where }: TagLimit): string =>
  limitName(each ? "each" : distinct ? "distinct" : "tag", key, value, where)

const covers = (
  { value, where }: Pick<TagLimit, "value" | "where">,
  spec: RunSpec,
  own: string | undefined
): boolean =>
  (value === undefined || value === own) &&
  (where === undefined || Object.entries(where).every(([key, text]) => labelOf(spec, key) === text))

const slotOf = ({ key, each, distinct, value, where, limit: size }: TagLimit, own: string): Slot => {
  if (distinct) return { limit: limitName("distinct", key, undefined, where), size, unit: own }
  return each
    ? { limit: limitName("each", key, own, where), size }
    : { limit: limitName("tag", key, value, where), size }
}

const nothing: ReadonlyArray<never> = []

/** Every pool that a run's steps use. */
export const poolsOf = ({ pools }: RunSpec): ReadonlyArray<string> =>
  pools ? [...new Set([...(pools.all ?? []), ...Object.keys(pools.root ?? {})])] : []

/** The limits of a policy by the tag they look at, so that a run meets only those of its own tags. */
export class Limits {
  private readonly policy: Policy
  private readonly paused: ReadonlyArray<Scope>
  private readonly total: ReadonlyArray<Slot>
  private readonly byKey = new Map<string, Map<string, TagLimit>>()
  /** Whose needs were asked for last. */
  private asked: { readonly spec: RunSpec; readonly needs: Needs } | undefined

  constructor(policy: Policy, paused: ReadonlyArray<Scope>) {
    const { mode, maxConcurrentRuns, tagLimits } = policy
    const queued = mode === "queued"
    this.policy = policy
    this.paused = paused.filter(({ _tag }) => _tag === "Tag" || _tag === "Pool")
    this.total =
      queued && maxConcurrentRuns !== null ? [{ limit: totalLimit, size: maxConcurrentRuns }] : nothing
    for (const limit of queued ? tagLimits : []) {
      const forms = this.byKey.get(limit.key) ?? new Map<string, TagLimit>()
      forms.set(formOf(limit), limit)
      this.byKey.set(limit.key, forms)
    }
  }

  /** What a run needs in order to start. Who is let in is looked at several times in a row. */
  needsOf(spec: RunSpec): Needs {
    if (this.asked?.spec !== spec) this.asked = { spec, needs: this.find(spec) }
    return this.asked.needs
  }

  private find(spec: RunSpec): Needs {
    return {
      slots: this.slotsOf(spec),
      gates: this.gatesOf(spec),
      anyOf: this.anyOf(spec),
      reserves: this.reservesOf(spec),
      rates: this.ratesOf(spec),
      inOrder: this.sequencesOf(spec),
      share: this.shareOf(spec)
    }
  }

  private get isQueued(): boolean {
    return this.policy.mode === "queued"
  }

  /** The rates that a run falls under. */
  ratesOf(spec: RunSpec): ReadonlyArray<Rate> {
    const { rateLimits = nothing } = this.policy
    if (rateLimits.length === 0 || !this.isQueued) return nothing
    const rates = new Map<string, Rate>()
    for (const rate of rateLimits) {
      const own = rate.key === undefined ? undefined : labelOf(spec, rate.key)
      if ((rate.key !== undefined && own === undefined) || !covers(rate, spec, own)) continue
      const { limit: starts, periodMs, burst = 1 } = rate
      const limit = rateName(rate, own)
      rates.set(limit, { limit, starts, periodMs, burst })
    }
    return [...rates.values()]
  }

  private sequencesOf(spec: RunSpec): ReadonlyArray<string> {
    const { strict, inOrderBy = nothing } = this.policy
    if (!this.isQueued || (!strict && inOrderBy.length === 0)) return nothing
    const names = new Set(strict ? [sequenceName()] : [])
    for (const key of inOrderBy) {
      const own = labelOf(spec, key)
      if (own !== undefined) names.add(sequenceName(key, own))
    }
    return [...names]
  }

  /** The value that a run counts for, where values share what there is. */
  shareOf(spec: RunSpec): Share | undefined {
    const { fairShare } = this.policy
    if (!fairShare || !this.isQueued) return undefined
    const { key, weights = {} } = fairShare
    const own = labelOf(spec, key)
    if (own === undefined) return { of: "none", weight: 1 }
    return { of: `=${own}`, weight: Object.hasOwn(weights, own) ? (weights[own] ?? 1) : 1 }
  }

  /** The tag limits that a run falls under, each with the slot that it takes. */
  private tagLimitsOf(spec: RunSpec): ReadonlyArray<readonly [TagLimit, Slot]> {
    const met: Array<readonly [TagLimit, Slot]> = []
    for (const [key, forms] of this.byKey) {
      const own = labelOf(spec, key)
      if (own === undefined) continue
      for (const limit of forms.values()) if (covers(limit, spec, own)) met.push([limit, slotOf(limit, own)])
    }
    return met
  }

  private slotsOf(spec: RunSpec): ReadonlyArray<Slot> {
    if (this.byKey.size === 0 && !spec.unique && !spec.pools) return this.total
    const slots = [...this.total]
    for (const [, slot] of this.tagLimitsOf(spec)) slots.push(slot)
    if (this.blocks("run")) {
      for (const pool of poolsOf(spec)) {
        const size = this.poolSize(pool)
        if (size !== undefined) slots.push({ limit: poolName(pool), size })
      }
    }
    if (spec.unique) slots.push({ limit: `key:${spec.unique.key}`, size: 1 })
    return slots
  }

  /**
   * A policy with so many slots for a limit that a run falls under; undefined if no policy says how many it has. The policy
   * is the one in force, or made of it by this.
   */
  policyWith(policy: Policy, spec: RunSpec, limit: string, size: number): Policy | undefined {
    if (limit === totalLimit) return { ...policy, maxConcurrentRuns: size }
    const { pools, tagLimits } = policy
    const pool = poolsOf(spec).find((name) => poolName(name) === limit)
    if (pool !== undefined && pools) {
      const limits = { ...pools.limits, [pool]: Math.max(0, size - pools.buffer) }
      return { ...policy, pools: { ...pools, limits } }
    }
    const own = this.tagLimitsOf(spec).find(([, slot]) => slot.limit === limit)?.[0]
    if (!own) return undefined
    return { ...policy, tagLimits: tagLimits.map((one) => (one === own ? { ...one, limit: size } : one)) }
  }

  private blocks(granularity: "run" | "op"): boolean {
    const { mode, pools } = this.policy
    return mode === "queued" && pools !== undefined && pools.blocking && pools.granularity === granularity
  }

  /** The slots of a pool that admission counts on. */
  private poolSize(pool: string): number | undefined {
    const limit = poolLimit(this.policy, pool)
    return limit === undefined ? undefined : limit + (this.policy.pools?.buffer ?? 0)
  }

  private anyOf({ pools }: RunSpec): ReadonlyArray<Slot> {
    if (!this.blocks("op") || !pools?.root || pools.unconstrainedRoot) return nothing
    const slots: Array<Slot> = []
    for (const pool of Object.keys(pools.root)) {
      const size = this.poolSize(pool)
      // A first step whose pool has no limit can always begin.
      if (size === undefined) return nothing
      slots.push({ limit: poolName(pool), size })
    }
    return slots
  }

  /** Pools without a limit count too: they may be given one while the run is on. */
  private reservesOf({ pools }: RunSpec): Readonly<Record<string, number>> | undefined {
    return this.blocks("op") && pools?.root && Object.keys(pools.root).length > 0 ? pools.root : undefined
  }

  /** How long a reservation lasts from the start of a run, in milliseconds. */
  get settleMs(): number {
    return (this.policy.pools ?? defaultPools).settleMs
  }

  private gatesOf(spec: RunSpec): ReadonlyArray<Slot> {
    const location = locationOf(spec)
    if (location === undefined && this.paused.length === 0) return nothing
    const gates = this.paused.filter((scope) => includes(scope, spec)).map(gateOf)
    if (location !== undefined) gates.push({ limit: locationGate(location), size: Number.POSITIVE_INFINITY })
    return gates
  }
}

const gateOf = (scope: Scope): Slot => ({ limit: `paused ${JSON.stringify(scope)}`, size: 0 })

/** Whether a run belongs to what a scope names. */
export const includes = (scope: Scope, spec: RunSpec): boolean => {
  switch (scope._tag) {
    case "Queue":
      return true
    case "Tag": {
      const own = labelOf(spec, scope.key)
      return own !== undefined && (scope.value === undefined || scope.value === own)
    }
    case "Pool":
      return poolsOf(spec).includes(scope.pool)
    case "Location":
      return locationOf(spec) === scope.location
  }
}

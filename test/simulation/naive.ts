/**
 * What should be so, counted the slow way: from all runs, each time anew, with no index and nothing remembered.
 */
import { limitsOver, type NamedRate, ratesOver } from "../../src/history/limitsOver.ts"
import type { Event } from "../../src/queue/Event.ts"
import { labelOf, sequenceName } from "../../src/queue/Limits.ts"
import type { Orders } from "../../src/queue/order.ts"
import type { Pause } from "../../src/queue/Pauses.ts"
import { defaultPolicy, type Policy } from "../../src/queue/Policy.ts"
import type { RunQueue } from "../../src/queue/RunQueue.ts"
import type { Scope } from "../../src/queue/Scope.ts"
import { isHoldingSlot, isWaiting } from "../../src/run/lifecycle.ts"
import type { Run } from "../../src/run/Run.ts"
import type { RunId, RunSpec } from "../../src/run/RunSpec.ts"

export const runsOf = (queue: RunQueue): ReadonlyArray<Run> => [...queue.runs.values()]

const compare = <A extends number | bigint>(a: A, b: A): number => (a < b ? -1 : a > b ? 1 : 0)

/** All that wait, in line. */
export const lineOf = (queue: RunQueue, orders: Orders): ReadonlyArray<Run> => {
  const { order: name, agingMs } = queue.policy
  const custom = (name !== undefined && Object.hasOwn(orders, name) && orders[name]) || (() => 0)
  // How urgent it will be at any one moment: each `agingMs` that it has waited by then are worth one step.
  const urgency = ({ priority, since }: Run) =>
    agingMs === undefined ? BigInt(priority) : BigInt(priority) * BigInt(agingMs) - BigInt(since)
  return runsOf(queue)
    .filter(({ state }) => isWaiting(state))
    .toSorted((a, b) => b.top - a.top || custom(a, b) || compare(urgency(b), urgency(a)) || a.order - b.order)
}

/** When runs started that count for each rate, by the rules in force then. */
type Starts = ReadonlyMap<string, ReadonlyArray<number>>

/** The starts that a log tells of. */
const startsIn = (log: ReadonlyArray<Event>): Starts => {
  const starts = new Map<string, Array<number>>()
  const specs = new Map<RunId, RunSpec>()
  let policy: Policy = defaultPolicy
  for (const event of log) {
    if (event.type === "PolicySet") policy = event.data.policy
    if (event.type === "RunSubmitted") specs.set(event.run, event.data.spec)
    const spec = event.type === "RunAdmitted" && specs.get(event.run)
    for (const { name } of spec ? ratesOver(policy, spec) : [])
      starts.set(name, [...(starts.get(name) ?? []), event.at])
  }
  return starts
}

/** The first moment for one more start: no stretch of time that ends with it has more of them than the rate allows. */
export const readyAt = ({ limit, periodMs, burst }: NamedRate, times: ReadonlyArray<number>): number =>
  Math.max(
    0,
    ...times.map((time, nth) => {
      const count = times.length - nth + 1
      return count <= burst ? 0 : time + Math.ceil(((count - burst) * periodMs) / limit)
    })
  )

const sum = (numbers: ReadonlyArray<number>): number => numbers.reduce((total, one) => total + one, 0)

/** What is taken of a pool: reserved for runs whose steps have made no claims yet, and claimed by steps. */
const takenOf = (inProgress: ReadonlyArray<Run>, pool: string): number =>
  sum(
    inProgress.flatMap(({ reserved, claims = [] }) => [
      reserved?.pools[pool] ?? 0,
      ...claims.flatMap((claim) => (claim.pool === pool ? [claim.slots] : []))
    ])
  )

/** The pools one of which must have room for the run, with what is taken of them; undefined where none must. */
export const rootPools = (
  { policy }: RunQueue,
  { spec }: Run,
  inProgress: ReadonlyArray<Run>
): ReadonlyArray<{ readonly pool: string; readonly size: number; readonly taken: number }> | undefined => {
  const { mode, pools } = policy
  if (mode === "immediate" || !pools?.blocking || pools.granularity === "run") return undefined
  if (!spec.pools?.root || spec.pools.unconstrainedRoot) return undefined
  const root = Object.keys(spec.pools.root)
  const limited = root.flatMap((pool) => {
    const limit = pools.limits[pool] ?? pools.defaultLimit
    return limit === null ? [] : [{ pool, size: limit + pools.buffer, taken: takenOf(inProgress, pool) }]
  })
  return limited.length === root.length && root.length > 0 ? limited : undefined
}

const isOf = (scope: Scope, { spec }: Run): boolean => {
  switch (scope._tag) {
    case "Queue":
      return true
    case "Tag":
      return scope.value === undefined
        ? spec.tags?.[scope.key] !== undefined
        : spec.tags?.[scope.key] === scope.value
    case "Pool":
      return [...(spec.pools?.all ?? []), ...Object.keys(spec.pools?.root ?? {})].includes(scope.pool)
    case "Location":
      return spec.tags?.["dagster/code_location"] === scope.location
  }
}

export const pausesOver = ({ pauses }: RunQueue, run: Run): ReadonlyArray<Pause> =>
  pauses.all.filter(({ scope }) => isOf(scope, run))

/** The run as it is once it is let in. */
const letIn = ({ policy }: RunQueue, run: Run): Run => {
  const { mode, pools } = policy
  if (mode === "immediate" || !pools?.blocking || pools.granularity === "run") return run
  return { ...run, reserved: { pools: run.spec.pools?.root ?? {}, forMs: pools.settleMs } }
}

/** Everything that bears on who may start. */
export interface Situation {
  readonly queue: RunQueue
  readonly orders: Orders
  readonly at: number
  readonly inProgress: ReadonlyArray<Run>
  readonly starts: Starts
}

export const situationOf = (
  queue: RunQueue,
  log: ReadonlyArray<Event>,
  orders: Orders,
  at: number
): Situation => ({
  queue,
  orders,
  at,
  inProgress: runsOf(queue).filter(({ state }) => isHoldingSlot(state)),
  starts: startsIn(log)
})

/** The situation once a run has been let in. */
export const after = (situation: Situation, run: Run): Situation => {
  const { queue, inProgress, starts, at } = situation
  const more = ratesOver(queue.policy, run.spec).map(
    ({ name }) => [name, [...(starts.get(name) ?? []), at]] as const
  )
  return {
    ...situation,
    inProgress: [...inProgress, letIn(queue, run)],
    starts: new Map([...starts, ...more])
  }
}

/** Whether all that the run needs has room. */
const fits = ({ queue, inProgress, starts, at }: Situation, run: Run): boolean => {
  const specs = inProgress.map(({ spec }) => spec)
  return (
    limitsOver(queue.policy, run.spec).every(({ size, taken }) => taken(specs) < size) &&
    (rootPools(queue, run, inProgress)?.some(({ size, taken }) => taken < size) ?? true) &&
    ratesOver(queue.policy, run.spec).every((rate) => readyAt(rate, starts.get(rate.name) ?? []) <= at)
  )
}

const isDue = ({ queue, at }: Situation, run: Run): boolean =>
  run.notBefore <= at && !run.held && pausesOver(queue, run).every(({ scope }) => scope._tag === "Queue")

/** Those that stand in line: it is their time, and they could start if nobody else were there. */
const standingIn = (situation: Situation): ReadonlyArray<Run> => {
  const { queue, orders } = situation
  const canEver = (run: Run) =>
    limitsOver(queue.policy, run.spec).every(({ size }) => size > 0) &&
    (rootPools(queue, run, [])?.some(({ size }) => size > 0) ?? true)
  return lineOf(queue, orders).filter(
    (run) => !situation.inProgress.some(({ id }) => id === run.id) && isDue(situation, run) && canEver(run)
  )
}

/** The first in line, if it has waited so long that what it needs is kept for it. */
export const keptFor = (situation: Situation): Run | undefined => {
  const { mode, reserveAfterMs } = situation.queue.policy
  const [first] = standingIn(situation)
  if (!first || mode === "immediate" || reserveAfterMs === undefined) return undefined
  return situation.at - Math.max(first.since, first.notBefore) >= reserveAfterMs ? first : undefined
}

const isKeptFrom = (situation: Situation, run: Run, kept: Run | undefined): boolean =>
  kept !== undefined && kept.id !== run.id && !limitsFit(after(situation, kept), run)

/** Whether limits and rates have room for the run; the pools of its steps are not asked. */
const limitsFit = (situation: Situation, run: Run): boolean =>
  fits(situation, { ...run, spec: { ...run.spec, pools: { ...run.spec.pools, unconstrainedRoot: true } } })

/** Who stands before a run of those that start in their order, by what they have in common. */
export const aheadOf = (
  situation: Situation,
  run: Run
): ReadonlyArray<readonly [sequence: string, first: RunId]> => {
  const { mode, strict, inOrderBy = [] } = situation.queue.policy
  const standing = standingIn(situation)
  if (mode === "immediate" || !standing.some(({ id }) => id === run.id)) return []
  const firstOf = (name: string, isOf: (other: Run) => boolean) => {
    const first = standing.find(isOf)
    return first && first.id !== run.id ? [[name, first.id] as const] : []
  }
  const all = strict ? firstOf("queue", () => true) : []
  const ofKeys = [...new Set(inOrderBy)].flatMap((key) => {
    const own = labelOf(run.spec, key)
    const name = sequenceName(key, own)
    return own === undefined ? [] : firstOf(name, (other) => labelOf(other.spec, key) === own)
  })
  return [...all, ...ofKeys]
}

/** By how much the run's value would have more than its weight, if it started. */
const shareOf = ({ queue, inProgress }: Situation, { spec }: Run): number => {
  const { mode, fairShare } = queue.policy
  if (mode === "immediate" || !fairShare) return 0
  const own = labelOf(spec, fairShare.key)
  const same = inProgress.filter((other) => labelOf(other.spec, fairShare.key) === own)
  const weight = own === undefined ? 1 : (fairShare.weights?.[own] ?? 1)
  return (same.length + 1) / weight
}

/** Who is let in next: it fits, nothing that it needs is kept for another, and nobody must go before it. */
const nextIn = (situation: Situation): Run | undefined => {
  const kept = keptFor(situation)
  const waiting = lineOf(situation.queue, situation.orders).filter(
    ({ id }) => !situation.inProgress.some((run) => run.id === id)
  )
  const may = waiting.filter(
    (run) =>
      isDue(situation, run) &&
      fits(situation, run) &&
      !isKeptFrom(situation, run, kept) &&
      aheadOf(situation, run).length === 0
  )
  // The sort is stable: those of equal share stay in line.
  const [first] = may.toSorted((a, b) => b.top - a.top || shareOf(situation, a) - shareOf(situation, b))
  return may.find(({ id }) => id === kept?.id) ?? first
}

/** Whom the rules let in at this moment, one after the other. */
export const admissible = (
  queue: RunQueue,
  log: ReadonlyArray<Event>,
  orders: Orders,
  at: number
): ReadonlyArray<RunId> => {
  const admitted: Array<RunId> = []
  if (!queue.admits || queue.pauses.all.some(({ scope }) => scope._tag === "Queue")) return admitted
  let situation = situationOf(queue, log, orders, at)
  for (let run = nextIn(situation); run; run = nextIn(situation)) {
    admitted.push(run.id)
    situation = after(situation, run)
  }
  return admitted
}

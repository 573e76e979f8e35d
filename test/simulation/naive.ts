/**
 * What should be so, counted the slow way: from all runs, each time anew, with no index and nothing remembered.
 */
import { limitsOver } from "../../src/history/limitsOver.ts"
import type { Event } from "../../src/queue/Event.ts"
import { byPriority, type Orders } from "../../src/queue/order.ts"
import type { Pause } from "../../src/queue/Pauses.ts"
import type { Reason } from "../../src/queue/Reason.ts"
import type { RunQueue } from "../../src/queue/RunQueue.ts"
import type { Scope } from "../../src/queue/Scope.ts"
import { isHoldingSlot, isWaiting } from "../../src/run/lifecycle.ts"
import type { Run } from "../../src/run/Run.ts"
import type { RunId } from "../../src/run/RunSpec.ts"
import { settings } from "../../src/settings.ts"

/** What there is to be seen of a world. */
interface Seen {
  readonly queue: RunQueue
  readonly orders: Orders
  readonly log: ReadonlyArray<Event>
  readonly now: number
}

const runsOf = (queue: RunQueue): ReadonlyArray<Run> => [...queue.runs.values()]

/** All that wait, in the order in which they may start. */
export const lineOf = (queue: RunQueue, orders: Orders): ReadonlyArray<Run> => {
  const name = queue.policy.order
  const custom = (name !== undefined && Object.hasOwn(orders, name) && orders[name]) || (() => 0)
  return runsOf(queue)
    .filter(({ state }) => isWaiting(state))
    .toSorted((a, b) => b.top - a.top || custom(a, b) || byPriority(a, b))
}

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
const rootPools = (
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

const pausesOver = ({ pauses }: RunQueue, run: Run): ReadonlyArray<Pause> =>
  pauses.all.filter(({ scope }) => isOf(scope, run))

/** The run as it is once it is let in. */
const letIn = ({ policy }: RunQueue, run: Run): Run => {
  const { mode, pools } = policy
  if (mode === "immediate" || !pools?.blocking || pools.granularity === "run") return run
  return { ...run, reserved: { pools: run.spec.pools?.root ?? {}, forMs: pools.settleMs } }
}

/** Whom the rules let in at this moment: each in turn, if every limit has room beside those already in. */
export const admissible = (queue: RunQueue, orders: Orders, at: number): ReadonlyArray<RunId> => {
  if (!queue.admits) return []
  const inProgress = runsOf(queue).filter(({ state }) => isHoldingSlot(state))
  const startsNow = (run: Run): boolean => {
    const specs = inProgress.map(({ spec }) => spec)
    const fits = limitsOver(queue.policy, run.spec).every(({ size, taken }) => taken(specs) < size)
    const begins = rootPools(queue, run, inProgress)?.some(({ size, taken }) => taken < size) ?? true
    if (!fits || !begins || run.notBefore > at || run.held || pausesOver(queue, run).length > 0) return false
    inProgress.push(letIn(queue, run))
    return true
  }
  return lineOf(queue, orders).flatMap((run) => (startsNow(run) ? [run.id] : []))
}

/** Since when the run has waited with nobody to admit it. */
const closedSince = (log: ReadonlyArray<Event>, { submittedAt }: Run): number => {
  const opened = log.findLastIndex(
    ({ type, data }) => type === "CoordinatorStarted" && "admits" in data && data.admits
  )
  const closed = log.slice(opened + 1).find(({ type }) => /^Coordinator/.test(type))
  return Math.max(submittedAt, opened === -1 ? 0 : (closed?.at ?? 0))
}

/** Every reason why the run waits. */
export const reasonsOf = ({ queue, orders, log, now }: Seen, run: Run): ReadonlyArray<Reason> => {
  const line = lineOf(queue, orders)
  const before = line.slice(
    0,
    line.findIndex(({ id }) => id === run.id)
  )
  const admitted = log.flatMap((event) => (event.type === "RunAdmitted" ? [event.run] : []))
  const inProgress = runsOf(queue)
    .filter(({ state }) => isHoldingSlot(state))
    .toSorted((a, b) => admitted.lastIndexOf(a.id) - admitted.lastIndexOf(b.id))
  const rulesAt = log.findLast(({ type }) => type === "PolicySet")?.at ?? 0
  const specsOf = (runs: ReadonlyArray<Run>) => runs.map(({ spec }) => spec)
  const full = limitsOver(queue.policy, run.spec).flatMap(
    ({ name, size, covers, taken }): ReadonlyArray<Reason> => {
      const held = taken(specsOf(inProgress))
      const holders = inProgress.filter(({ spec }) => covers(spec)).map(({ id }) => id)
      const ahead = before.filter((other) => !other.held && covers(other.spec)).length
      if (held < size) return []
      const counts = { size, held, holders: holders.slice(0, settings.holdersShown), holding: holders.length }
      // The first so many of them have filled it, and hold it to this day.
      const fillers = inProgress.findIndex((_, at) => taken(specsOf(inProgress.slice(0, at + 1))) >= size)
      const full = size === 0 ? rulesAt : (inProgress[fillers]?.admittedAt ?? 0)
      return [{ _tag: "LimitFull", limit: name, ...counts, ahead, since: Math.max(run.submittedAt, full) }]
    }
  )
  const pools = rootPools(queue, run, inProgress)
  const said = (reason: string | undefined) => (reason === undefined ? {} : { reason })
  return [
    ...(queue.admits ? [] : [{ _tag: "AdmissionClosed", since: closedSince(log, run) } as const]),
    ...(run.notBefore > Math.max(now, queue.at) ? [{ _tag: "NotBefore", at: run.notBefore } as const] : []),
    ...(run.held
      ? [{ _tag: "Held", by: run.held.actor, since: run.held.at, ...said(run.held.reason) } as const]
      : []),
    ...pausesOver(queue, run).map(
      ({ scope, actor, at, until, reason }) =>
        ({
          _tag: "Paused",
          scope,
          by: actor,
          since: Math.max(run.submittedAt, at),
          ...(until !== undefined && { until }),
          ...said(reason)
        }) as const
    ),
    ...full,
    ...(pools?.every(({ size, taken }) => taken >= size) ? [{ _tag: "PoolsFull", pools } as const] : [])
  ]
}

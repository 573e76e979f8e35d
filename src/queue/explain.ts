/**
 * Why a run waits, as a value: which limit, how much of it is held, by whom, since when, and what is ahead. It costs about
 * the same with a hundred or a million runs waiting.
 */

import { isWaiting, type RunState } from "../run/lifecycle.ts"
import type { Run } from "../run/Run.ts"
import type { RunId } from "../run/RunSpec.ts"
import { settings } from "../settings.ts"
import { poolName } from "./Limits.ts"
import { type Obstacle, obstacles } from "./obstacles.ts"
import type { Reason, ReasonCode } from "./Reason.ts"
import type { RunQueue } from "./RunQueue.ts"
import type { Slot } from "./Slots.ts"

/** Where a run stands, and why it waits if it does. */
export interface Explanation {
  readonly run: RunId
  readonly state: RunState
  /** Since when it has been in line, in milliseconds since 1970; undefined if it does not wait. */
  readonly since?: number
  /** Its place among all that wait, from 1; undefined if it does not wait. */
  readonly place?: number
  /** The runs at the very front of the line, as far as they are before it; only so many are named. */
  readonly front?: ReadonlyArray<RunId>
  /** How many wait in all. */
  readonly waiting: number
  readonly policy: number
  /** Empty if it does not wait. */
  readonly reasons: ReadonlyArray<Reason>
}

/** From when on as many slots of a limit as there are have been held by those who hold them now. */
const fullSince = ({ slots, policyAt, runs }: RunQueue, { limit, size, unit }: Slot): number => {
  const units = new Set<unknown>()
  let at = policyAt
  for (const id of slots.holders(limit)) {
    if (units.size >= size) break
    units.add(unit === undefined ? id : slots.of(id).find((slot) => slot.limit === limit)?.unit)
    at = runs.get(id)?.admittedAt ?? at
  }
  return at
}

const first = <A>(items: Iterable<A>, most: number): ReadonlyArray<A> => {
  const some: Array<A> = []
  for (const item of items) {
    if (some.length === most) break
    some.push(item)
  }
  return some
}

const said = (reason: string | undefined) => (reason === undefined ? {} : { reason })

/** Each kind of reason, from what was found to all that can be said of it. */
const reasonOf: {
  readonly [T in ReasonCode]: (
    queue: RunQueue,
    run: Run,
    found: Extract<Obstacle, { readonly _tag: T }>
  ) => Extract<Reason, { readonly _tag: T }>
} = {
  AdmissionClosed: ({ admitsAt }, { submittedAt }) => ({
    _tag: "AdmissionClosed",
    since: Math.max(submittedAt, admitsAt)
  }),
  NotBefore: (_, { notBefore }) => ({ _tag: "NotBefore", at: notBefore }),
  Held: (_, __, { held: { actor: by, at: since, reason } }) => ({ _tag: "Held", by, since, ...said(reason) }),
  Paused: (_, { submittedAt }, { pause: { scope, actor: by, at, until, reason } }) => ({
    _tag: "Paused",
    scope,
    by,
    since: Math.max(submittedAt, at),
    ...(until !== undefined && { until }),
    ...said(reason)
  }),
  LimitFull: (queue, run, { slot }) => {
    const holders = queue.slots.holders(slot.limit)
    return {
      _tag: "LimitFull",
      limit: slot.limit,
      size: slot.size,
      held: queue.slots.taken(slot.limit),
      holders: first(holders, settings.holdersShown),
      holding: holders.size,
      ...queue.waiting.aheadAt(run, slot.limit),
      since: Math.max(run.submittedAt, fullSince(queue, slot))
    }
  },
  RateReached: (_, __, { rate, ...found }) => ({ ...found, ...rate }),
  Reserved: (_, __, found) => found,
  Behind: (_, __, found) => found,
  PoolsFull: ({ slots: all }, _, { slots }) => ({
    _tag: "PoolsFull",
    pools: slots.map(({ limit, size }) => ({
      pool: limit.slice(poolName("").length),
      size,
      taken: all.taken(limit)
    }))
  })
}

const fill = (queue: RunQueue, run: Run, found: Obstacle): Reason =>
  (reasonOf[found._tag] as (queue: RunQueue, run: Run, found: Obstacle) => Reason)(queue, run, found)

/** Explains one run at the time `now`; undefined if there is no such run. */
export const explain = (queue: RunQueue, id: RunId, now: number): Explanation | undefined => {
  const run = queue.runs.get(id)
  if (!run) return undefined
  const { line } = queue.waiting
  const where = { run: id, state: run.state, waiting: line.size, policy: queue.policyNumber }
  if (!isWaiting(run.state)) return { ...where, reasons: [] }
  const at = Math.max(now, queue.at)
  // A queue that was read from a log has not seen the time go by since its last event.
  queue.waiting.wake(at)
  const before = line.rank(run)
  const front = first(line, Math.min(before, settings.frontShown)).map((one) => one.id)
  const reasons = Array.from(obstacles(queue, run, at), (one) => fill(queue, run, one))
  return { ...where, since: run.submittedAt, place: before + 1, front, reasons }
}

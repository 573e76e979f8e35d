/**
 * Why a run waits, as a value: which limit, how much of it is held, by whom, and what is ahead.
 */

import { isWaiting, type RunState } from "../run/lifecycle.ts"
import type { Run } from "../run/Run.ts"
import type { RunId } from "../run/RunSpec.ts"
import { settings } from "../settings.ts"
import { includes, poolName } from "./Limits.ts"
import type { Pause } from "./Pauses.ts"
import type { RunQueue } from "./RunQueue.ts"
import type { Scope } from "./Scope.ts"
import type { Slot } from "./Slots.ts"

/** How much of a pool is taken: by claims of steps, and reserved for runs whose steps have made none yet. */
interface PoolState {
  readonly pool: string
  readonly size: number
  readonly taken: number
}

/** One thing that keeps a run from starting now. */
export type Reason =
  /** A limit it falls under has no slot left. */
  | {
      readonly _tag: "LimitFull"
      readonly limit: string
      readonly size: number
      readonly held: number
      /** Who holds it, the longest first; only so many are named. */
      readonly holders: ReadonlyArray<RunId>
      /** Waiting runs before it in line that need a slot of this limit too. */
      readonly ahead: number
    }
  /** None of the pools that its first steps need has room. */
  | { readonly _tag: "PoolsFull"; readonly pools: ReadonlyArray<PoolState> }
  /** What it belongs to is paused. */
  | {
      readonly _tag: "Paused"
      readonly scope: Scope
      readonly by: string
      /** When that ends by itself. */
      readonly until?: number
      readonly reason?: string
    }
  /** Someone holds it. */
  | { readonly _tag: "Held"; readonly by: string; readonly reason?: string }
  /** It may not start before this moment. */
  | { readonly _tag: "NotBefore"; readonly at: number }
  /** No coordinator leads that admits runs. */
  | { readonly _tag: "AdmissionClosed" }

/** Where a run stands, and why it waits if it does. */
export interface Explanation {
  readonly run: RunId
  readonly state: RunState
  /** Its place among all that wait, from 1; undefined if it does not wait. */
  readonly place?: number
  /** How many wait in all. */
  readonly waiting: number
  readonly policy: number
  /** Empty if it does not wait. */
  readonly reasons: ReadonlyArray<Reason>
}

const fullReason = ({ slots, waiting }: RunQueue, run: Run, { limit, size }: Slot): Reason => ({
  _tag: "LimitFull",
  limit,
  size,
  held: slots.taken(limit),
  holders: [...slots.holders(limit)].slice(0, settings.holdersShown),
  ahead: waiting.aheadAt(run, limit)
})

const heldReason = ({ actor: by, reason }: NonNullable<Run["held"]>): Reason => ({
  _tag: "Held",
  by,
  ...(reason !== undefined && { reason })
})

const pausedReason = ({ scope, actor: by, until, reason }: Pause): Reason => ({
  _tag: "Paused",
  scope,
  by,
  ...(until !== undefined && { until }),
  ...(reason !== undefined && { reason })
})

/** Explains one run at the time `now`; undefined if there is no such run. */
export const explain = (queue: RunQueue, id: RunId, now: number): Explanation | undefined => {
  const run = queue.runs.get(id)
  if (!run) return undefined
  const { waiting, slots } = queue
  const where = { run: id, state: run.state, waiting: waiting.line.size, policy: queue.policyNumber }
  if (!isWaiting(run.state)) return { ...where, reasons: [] }
  const reasons: Array<Reason> = []
  if (!queue.admits) reasons.push({ _tag: "AdmissionClosed" })
  if (run.notBefore > Math.max(now, queue.at)) reasons.push({ _tag: "NotBefore", at: run.notBefore })
  if (run.held) reasons.push(heldReason(run.held))
  const { slots: needed, anyOf } = queue.needsOf(run)
  for (const pause of queue.pauses.all) if (includes(pause.scope, run.spec)) reasons.push(pausedReason(pause))
  for (const slot of needed) if (slots.isFull(slot)) reasons.push(fullReason(queue, run, slot))
  if (anyOf.length > 0 && anyOf.every((slot) => slots.isFull(slot))) {
    const pools = anyOf.map(({ limit, size }) => ({
      pool: limit.slice(poolName("").length),
      size,
      taken: slots.taken(limit)
    }))
    reasons.push({ _tag: "PoolsFull", pools })
  }
  return { ...where, place: waiting.line.rank(run) + 1, reasons }
}

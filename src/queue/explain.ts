/**
 * Why a run waits, as a value: which limit, how much of it is held, by whom, and what is ahead.
 */

import { isWaiting, type RunState } from "../run/lifecycle.ts"
import type { Run } from "../run/Run.ts"
import type { RunId } from "../run/RunSpec.ts"
import { settings } from "../settings.ts"
import { includes, poolName } from "./Limits.ts"
import type { Pause } from "./Pauses.ts"
import { spareSlots, spareStarts } from "./Reservation.ts"
import type { RunQueue } from "./RunQueue.ts"
import type { Scope } from "./Scope.ts"
import type { Needs, Slot } from "./Slots.ts"

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
  /** A rate limit that it falls under lets the next run start at this moment. */
  | {
      readonly _tag: "RateReached"
      readonly limit: string
      readonly starts: number
      readonly periodMs: number
      readonly burst: number
      readonly at: number
    }
  /** What is left of a limit is kept for the first in line, which has waited long. */
  | { readonly _tag: "Reserved"; readonly limit: string; readonly for: RunId }
  /** Runs of this sequence start in their order, and another comes first. */
  | { readonly _tag: "Behind"; readonly sequence: string; readonly run: RunId }
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

/** What rates have to say, what is kept for another, and who goes before it in strict order. */
const orderReasons = ({ waiting, slots, rates }: RunQueue, run: Run, needs: Needs, now: number) => {
  const reasons: Array<Reason> = []
  const kept = waiting.keptFor(now)
  const other = kept && kept.run.id !== run.id ? kept : undefined
  for (const slot of needs.slots)
    if (other && !slots.isFull(slot) && slots.isFull(slot, spareSlots(other, slot, slots)))
      reasons.push({ _tag: "Reserved", limit: slot.limit, for: other.run.id })
  for (const rate of needs.rates) {
    const { limit, starts, periodMs, burst } = rate
    const at = rates.readyAt(rate)
    if (at > now) reasons.push({ _tag: "RateReached", limit, starts, periodMs, burst, at })
    else if (other && rates.readyAt(rate, spareStarts(other, rate)) > now)
      reasons.push({ _tag: "Reserved", limit, for: other.run.id })
  }
  const ahead = waiting.ahead(run)
  if (ahead) reasons.push({ _tag: "Behind", ...ahead })
  return reasons
}

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
  const needs = queue.needsOf(run)
  const { slots: needed, anyOf } = needs
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
  reasons.push(...orderReasons(queue, run, needs, Math.max(now, queue.at)))
  return { ...where, place: waiting.line.rank(run) + 1, reasons }
}

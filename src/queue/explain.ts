/**
 * Why a run waits, as a value: which limit, how much of it is held, by whom, and what is ahead.
 */

import type { RunState } from "../run/lifecycle.ts"
import { isWaiting } from "../run/lifecycle.ts"
import type { RunId } from "../run/RunSpec.ts"
import { settings } from "../settings.ts"
import type { RunQueue } from "./RunQueue.ts"

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
  for (const slot of queue.slotsFor(run)) {
    if (!slots.isFull(slot)) continue
    const holders = slots.holders(slot.limit)
    reasons.push({
      _tag: "LimitFull",
      ...slot,
      held: holders.size,
      holders: [...holders].slice(0, settings.holdersShown),
      ahead: waiting.aheadAt(run, slot.limit)
    })
  }
  return { ...where, place: waiting.line.rank(run) + 1, reasons }
}

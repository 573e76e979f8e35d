/**
 * What should be so, counted the slow way: from all runs, each time anew, with no index and nothing remembered.
 */
import { limitsOver } from "../../src/history/Invariants.ts"
import type { Reason } from "../../src/queue/explain.ts"
import { byPriority, type Orders } from "../../src/queue/order.ts"
import type { RunQueue } from "../../src/queue/RunQueue.ts"
import { isHoldingSlot, isWaiting } from "../../src/run/lifecycle.ts"
import type { Run } from "../../src/run/Run.ts"
import type { RunId } from "../../src/run/RunSpec.ts"
import { settings } from "../../src/settings.ts"
import type { World } from "./World.ts"

const runsOf = (queue: RunQueue): ReadonlyArray<Run> => [...queue.runs.values()]

const tagsOf = ({ spec }: Run): Readonly<Record<string, string>> => spec.tags ?? {}

/** All that wait, in the order in which they may start. */
export const lineOf = (queue: RunQueue, orders: Orders): ReadonlyArray<Run> => {
  const name = queue.policy.order
  const custom = (name !== undefined && Object.hasOwn(orders, name) && orders[name]) || (() => 0)
  return runsOf(queue)
    .filter(({ state }) => isWaiting(state))
    .toSorted((a, b) => custom(a, b) || byPriority(a, b))
}

/** Whom the rules let in at this moment: each in turn, if every limit has room beside those already in. */
export const admissible = (queue: RunQueue, orders: Orders, at: number): ReadonlyArray<RunId> => {
  if (!queue.admits) return []
  const inProgress = runsOf(queue).filter(({ state }) => isHoldingSlot(state))
  const startsNow = (run: Run): boolean => {
    const fits = limitsOver(queue.policy, tagsOf(run)).every(
      ({ size, covers }) => inProgress.filter((other) => covers(tagsOf(other))).length < size
    )
    if (!fits || run.notBefore > at) return false
    inProgress.push(run)
    return true
  }
  return lineOf(queue, orders).flatMap((run) => (startsNow(run) ? [run.id] : []))
}

/** Every reason why the run waits. */
export const reasonsOf = ({ queue, orders, log, now }: World, run: Run): ReadonlyArray<Reason> => {
  const line = lineOf(queue, orders)
  const before = line.slice(
    0,
    line.findIndex(({ id }) => id === run.id)
  )
  const admitted = log.flatMap((event) => (event.type === "RunAdmitted" ? [event.run] : []))
  const inProgress = runsOf(queue)
    .filter(({ state }) => isHoldingSlot(state))
    .toSorted((a, b) => admitted.lastIndexOf(a.id) - admitted.lastIndexOf(b.id))
  const full = limitsOver(queue.policy, tagsOf(run)).flatMap(
    ({ name, size, covers }): ReadonlyArray<Reason> => {
      const covered = (runs: ReadonlyArray<Run>) => runs.filter((other) => covers(tagsOf(other)))
      const holders = covered(inProgress).map(({ id }) => id)
      const held = holders.length
      const shown = holders.slice(0, settings.holdersShown)
      return held < size
        ? []
        : [{ _tag: "LimitFull", limit: name, size, held, holders: shown, ahead: covered(before).length }]
    }
  )
  return [
    ...(queue.admits ? [] : [{ _tag: "AdmissionClosed" } as const]),
    ...(run.notBefore > Math.max(now, queue.at) ? [{ _tag: "NotBefore", at: run.notBefore } as const] : []),
    ...full
  ]
}

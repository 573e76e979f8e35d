/**
 * Who may start now: in order, each waiting run that has what it needs, until no one has. A blocked run is passed over
 * and holds nobody back, save where the policy says otherwise; a run that is not admitted uses up nothing.
 */
import type { Run } from "../run/Run.ts"
import type { RunFact } from "../run/RunEvent.ts"
import { decisionOf } from "./decisionOf.ts"
import type { RunQueue } from "./RunQueue.ts"

const admission = (queue: RunQueue, run: Run, now: number): RunFact => {
  const { slots, reserves } = queue.needsOf(run)
  const data = {
    attempt: run.attempt + 1,
    decision: decisionOf(queue, run, slots, now),
    policy: queue.policyNumber,
    ...(reserves && { reserved: { forMs: queue.settleMs, pools: reserves } }),
    slots: slots.map((slot) => slot.limit)
  }
  return { type: "RunAdmitted", data }
}

/** Admits whoever may start at this moment; `record` makes each admission count before the next is weighed. */
export const admit = (queue: RunQueue, now: number, record: (run: Run, fact: RunFact) => void): void => {
  queue.waiting.wake(now)
  if (!queue.isAdmitting) return
  const next = () => queue.waiting.next(now)
  for (let first = next(); first; first = next()) {
    const run = queue.run(first.id)
    record(run, admission(queue, run, now))
  }
}

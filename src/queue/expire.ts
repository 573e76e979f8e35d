/**
 * What time decides by itself: each run whose deadline has passed, each pause that is over.
 */
import { overdue } from "../run/deadline.ts"
import type { Run } from "../run/Run.ts"
import type { RunFact } from "../run/RunEvent.ts"
import type { QueueFact } from "./Event.ts"
import type { RunQueue } from "./RunQueue.ts"

/** Ends what is over at this moment. */
export const expire = (
  queue: RunQueue,
  now: number,
  record: (run: Run | undefined, fact: RunFact | QueueFact) => void
): void => {
  for (let due = queue.deadlines.first; due && due.at <= now; due = queue.deadlines.first) {
    const run = queue.run(due.run.id)
    const fact = overdue(run, now)
    if (!fact) throw new Error(`run ${run.id} is ${run.state} and due, yet nothing is`)
    record(run, fact)
  }
  for (const { scope } of queue.pauses.over(now))
    record(undefined, { type: "AdmissionResumed", data: { scope } })
}

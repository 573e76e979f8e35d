/**
 * What time decides by itself: each run whose deadline has passed.
 */
import { overdue } from "../run/deadline.ts"
import type { Run } from "../run/Run.ts"
import type { RunFact } from "../run/RunEvent.ts"
import type { RunQueue } from "./RunQueue.ts"

/** Ends the time of every run that is overdue at this moment. */
export const expire = (queue: RunQueue, now: number, record: (run: Run, fact: RunFact) => void): void => {
  for (let due = queue.deadlines.first; due && due.at <= now; due = queue.deadlines.first) {
    const run = queue.run(due.run.id)
    const fact = overdue(run)
    if (!fact) throw new Error(`run ${run.id} is ${run.state} and due, yet nothing is`)
    record(run, fact)
  }
}

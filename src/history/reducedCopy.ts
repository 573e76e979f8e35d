/**
 * A copy of what matters to one waiting run: all that hold slots, and those ahead of it, if they are not too many.
 */
import type { RunQueue } from "../queue/RunQueue.ts"
import type { Run } from "../run/Run.ts"

/** A copy of a queue as far as it matters to a run. */
export interface Reduced {
  readonly copy: RunQueue
  /** Whether all that are ahead of it are in; else none of them is. */
  readonly isWhole: boolean
}

/** The queue without those that have ended and those behind the run, none of which comes before it in anything. */
export const reducedCopy = (queue: RunQueue, run: Run, aheadMax: number): Reduced => {
  const ahead = queue.waiting.line.rank(run)
  const isWhole = ahead <= aheadMax
  const runs = Array.from(queue.slots.runs(), (id) => queue.run(id))
  for (const { id } of isWhole ? queue.waiting.line : []) {
    if (id === run.id) break
    runs.push(queue.run(id))
  }
  return { copy: queue.copy([...runs, run]), isWhole }
}

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

/**
 * The queue without those that have ended and those behind the run, none of which comes before it in anything; where values
 * share, any that waits may.
 */
export const reducedCopy = (queue: RunQueue, run: Run, aheadMax: number): Reduced => {
  const { line } = queue.waiting
  const ahead = queue.policy.fairShare ? line.size - 1 : line.rank(run)
  const isWhole = ahead <= aheadMax
  const runs = Array.from(queue.slots.runs(), (id) => queue.run(id))
  let others = ahead
  for (const { id } of isWhole ? line : []) {
    if (others === 0) break
    if (id === run.id) continue
    runs.push(queue.run(id))
    others--
  }
  return { copy: queue.copy([...runs, run]), isWhole }
}

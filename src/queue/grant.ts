/**
 * Which claims have their turn: in each pool that may have room, the first that waits, then the next, until one does
 * not fit.
 */
import type { Run } from "../run/Run.ts"
import type { RunFact } from "../run/RunEvent.ts"
import { claimLimit } from "./Policy.ts"
import type { RunQueue } from "./RunQueue.ts"

/** Grants what can be granted at this moment. */
export const grant = (queue: RunQueue, record: (run: Run, fact: RunFact) => void): void => {
  const { pools, policy } = queue
  // In an order that everyone finds who has the same state, whatever came before it.
  for (const pool of [...pools.loose].sort()) {
    const next = () => pools.next(pool, claimLimit(policy, pool))
    for (let claim = next(); claim; claim = next()) {
      const run = queue.run(claim.run)
      record(run, { type: "SlotGranted", data: { attempt: run.attempt, step: claim.step, pool } })
    }
    pools.loose.delete(pool)
  }
}

/**
 * Why a run is admitted before all others, said at that moment and kept with its admission: how full each limit is with it,
 * how many more urgent runs were passed over, and what stood in the way of the first of these.
 */
import type { Run } from "../run/Run.ts"
import type { Decision, PassedOver } from "../run/RunEvent.ts"
import type { RunId } from "../run/RunSpec.ts"
import { settings } from "../settings.ts"
import { type Obstacle, obstacles } from "./obstacles.ts"
import type { RunQueue } from "./RunQueue.ts"
import type { Slot } from "./Slots.ts"

const passed = (run: RunId, found: Obstacle): PassedOver => {
  switch (found._tag) {
    case "LimitFull":
      return { limit: found.slot.limit, run, why: found._tag }
    case "RateReached":
      return { limit: found.rate.limit, run, why: found._tag }
    case "Reserved":
      return { limit: found.limit, run, why: found._tag }
    default:
      return { run, why: found._tag }
  }
}

/** All that stand before it in line now are passed over. */
const passedOver = (queue: RunQueue, most: number, now: number): ReadonlyArray<PassedOver> => {
  const over: Array<PassedOver> = []
  for (const { id } of queue.waiting.line) {
    if (over.length === most) break
    const [found] = obstacles(queue, queue.run(id), now)
    if (!found && !queue.policy.fairShare) throw new Error(`run ${id} may start, and was passed over`)
    // Those that may start and yet do not are of values that have more: their turn comes later.
    over.push(found ? passed(id, found) : { run: id, why: "LargerShare" })
  }
  return over
}

/** Why this run, of all that wait, is the next to be admitted; `slots` are those that it takes. */
export const decisionOf = (queue: RunQueue, run: Run, slots: ReadonlyArray<Slot>, now: number): Decision => {
  const before = queue.waiting.line.rank(run)
  return {
    ...(before > 0 && { passed: passedOver(queue, Math.min(before, settings.passedOverShown), now) }),
    place: before + 1,
    taken: slots.map((slot) => [queue.slots.takenWith(slot), slot.size] as const)
  }
}

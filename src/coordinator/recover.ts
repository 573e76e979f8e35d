/**
 * The queue as the log has it: from the newest fold that was kept and fits, and from the events that follow it.
 */
import * as Effect from "effect/Effect"
import { replayOnto } from "../history/replay.ts"
import type { EventLog } from "../log/EventLog.ts"
import { logError } from "../log/LogError.ts"
import type { SnapshotStore } from "../log/Snapshots.ts"
import { Facts } from "../queue/Facts.ts"
import type { Orders } from "../queue/order.ts"

/** The queue after the first `upTo` events, and how many of them a snapshot has told of. Fails where the log is damaged. */
export const recover = Effect.fnUntraced(function* (
  log: EventLog["Service"],
  snapshots: SnapshotStore,
  upTo: number,
  orders?: Orders
) {
  const facts = new Facts(yield* snapshots.load(log, upTo))
  const { position: kept } = facts
  const folded = replayOnto(facts, log.read({ after: kept, upTo }), orders)
  const queue = yield* Effect.catchTag(folded, "ReplayError", (error) =>
    Effect.fail(logError({ _tag: "Corrupt", position: error.position, issue: error.issue }))
  )
  return { queue, kept }
})

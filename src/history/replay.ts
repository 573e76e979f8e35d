/**
 * State from the log: the same fold that the coordinator lives by.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Event } from "../queue/Event.ts"
import type { Orders } from "../queue/order.ts"
import { RunQueue } from "../queue/RunQueue.ts"

/** Folds events, the log's first one first, into a queue; dies where the chart or the numbering is broken. */
export const replay = <E, R>(
  events: Stream.Stream<Event, E, R>,
  orders: Orders = {}
): Effect.Effect<RunQueue, E, R> =>
  Effect.suspend(() => {
    const queue = new RunQueue(orders)
    const applyAll = (page: ReadonlyArray<Event>) =>
      Effect.sync(() => {
        for (const event of page) queue.apply(event)
      })
    return Effect.as(Stream.runForEachArray(events, applyAll), queue)
  })

/**
 * State from the log: the same fold that the coordinator lives by.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { Event } from "../queue/Event.ts"
import { essence, Facts } from "../queue/Facts.ts"
import type { Orders } from "../queue/order.ts"
import { RunQueue } from "../queue/RunQueue.ts"

/** An event cannot be where it is: a number is missing, or the chart has no such arrow. */
export class ReplayError extends Schema.TaggedError<ReplayError>()("ReplayError", {
  position: Schema.Int,
  issue: Schema.String
}) {
  override get message(): string {
    return `the log is damaged at position ${this.position}: ${this.issue}`
  }
}

const applyTo = (facts: Facts, page: ReadonlyArray<Event>): Effect.Effect<void, ReplayError> =>
  Effect.try({
    try: () => {
      for (const event of page) facts.apply(event)
    },
    catch: (error) =>
      new ReplayError({
        position: facts.position + 1,
        issue: error instanceof Error ? error.message : String(error)
      })
  })

/** Folds events into facts that are folded up to the one before; answers the queue that they make. */
export const replayOnto = <E, R>(
  facts: Facts,
  events: Stream.Stream<Event, E, R>,
  orders: Orders = {}
): Effect.Effect<RunQueue, E | ReplayError, R> =>
  Effect.map(
    Stream.runForEachArray(events, (page) => applyTo(facts, page)),
    () => new RunQueue(orders, essence(facts))
  )

/** Folds events, the log's first one first, into a queue. */
export const replay = <E, R>(
  events: Stream.Stream<Event, E, R>,
  orders: Orders = {}
): Effect.Effect<RunQueue, E | ReplayError, R> =>
  Effect.suspend(() => replayOnto(new Facts(), events, orders))

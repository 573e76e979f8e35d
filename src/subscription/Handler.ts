/**
 * What takes the events of a subscription, and how it says that it cannot.
 */
import * as Schema from "effect/Schema"
import type { Event } from "../queue/Event.ts"

/** Which delivery it is. */
export interface Delivery {
  /** The name of the subscription. */
  readonly subscription: string
  /** The same whenever the same events are delivered again: who keeps it takes nothing twice. */
  readonly id: string
  /** 1 for the first try since these events were last parked or this process began. */
  readonly attempt: number
  /** Aborted where nobody waits for the handler any more. */
  readonly signal: AbortSignal
}

/** At least one event, in the order of the log. */
export type Batch = readonly [Event, ...ReadonlyArray<Event>]

/**
 * Takes events, as an Effect, by a promise, or at once. Where it has succeeded they are not delivered again, save after
 * a crash or a rewind.
 */
export type Handler = (events: Batch, delivery: Delivery) => unknown

/** A handler may fail with whatever it likes; by this it says more. */
export class DeliveryError extends Schema.TaggedError<DeliveryError>()("DeliveryError", {
  message: Schema.String,
  /** How long the receiver wants to be left alone, in milliseconds. */
  retryAfterMs: Schema.optionalKey(Schema.Int),
  /** Whether the receiver wants no more deliveries, ever. */
  isFinal: Schema.optionalKey(Schema.Boolean)
}) {}

/**
 * A subscription of this program: made if there is none of that name, and delivered to a function.
 */
import * as Effect from "effect/Effect"
import { EventLog } from "../log/EventLog.ts"
import type { LogError } from "../log/LogError.ts"
import { deliver } from "./deliver.ts"
import type { Handler } from "./Handler.ts"
import {
  type Definition,
  type DeliveryRetries,
  defaultDeliveryRetries,
  type EventFilter,
  type Subscription
} from "./Subscription.ts"
import { type StoreError, SubscriptionStore } from "./SubscriptionStore.ts"

/** What to deliver, and to whom. */
export interface SubscribeOptions {
  /** By which it is found again: up to 64 lower-case letters, digits, `-` and `_`. */
  readonly name: string
  readonly handler: Handler
  /** Where it begins when it is new: at the start of the log, at its end, or after a position. Default: `start`. */
  readonly from?: "start" | "end" | number | undefined
  /** Which events; default: all. */
  readonly filter?: EventFilter | undefined
  /** How many events the handler takes at a time at most. Default: 1. */
  readonly batchMax?: number | undefined
  /** How often and after how long a failed delivery is tried again; what it leaves out is the default. */
  readonly retries?: Partial<DeliveryRetries> | undefined
  /** Whether it goes on when it has come to the end of the log. Default: true. */
  readonly follow?: boolean | undefined
}

/** Where a new subscription begins: the position that it comes after. */
export const beginning = (
  log: EventLog["Service"],
  from: "start" | "end" | number
): Effect.Effect<number, LogError> => {
  if (from === "start") return Effect.succeed(0)
  return from === "end" ? Effect.map(log.head, ({ position }) => position) : Effect.succeed(from)
}

const sameText = (a: Definition, b: Definition): boolean => {
  const textOf = ({ filter, batchMax, retries }: Definition) => JSON.stringify([filter, batchMax, retries])
  return textOf(a) === textOf(b)
}

/** The subscription as it is to be: found, redefined, or added. */
const settled = (
  log: EventLog["Service"],
  store: SubscriptionStore["Service"],
  { name, from = "start", filter = {}, batchMax = 1, retries }: SubscribeOptions
): Effect.Effect<Subscription, StoreError> => {
  const definition: Definition = {
    filter,
    batchMax,
    retries: { ...defaultDeliveryRetries, ...retries }
  }
  const isUnknown = (error: StoreError): boolean =>
    error._tag === "SubscriptionError" && error.reason._tag === "Unknown"
  return store.get(name).pipe(
    Effect.flatMap((found) =>
      sameText(found, definition) ? Effect.succeed(found) : store.redefine(name, definition)
    ),
    Effect.catchIf(isUnknown, () =>
      Effect.flatMap(beginning(log, from), (position) => store.add(name, definition, position))
    )
  )
}

/**
 * Delivers the events of the log to a function, each at least once and in order, from where the subscription of that
 * name has come to. Runs until it is interrupted; the checkpoint moves when the function has succeeded.
 */
export const subscribe = (
  options: SubscribeOptions
): Effect.Effect<void, StoreError, EventLog | SubscriptionStore> =>
  Effect.gen(function* () {
    const log = yield* EventLog
    const store = yield* SubscriptionStore
    const { name, handler, follow } = options
    yield* settled(log, store, options)
    yield* deliver({ log, store, name, handler, follow })
  })

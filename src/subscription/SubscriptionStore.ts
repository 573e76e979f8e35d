/**
 * How far each subscription has come, durably, beside the log and never in it: who reads a log leaves no trace there.
 *
 * Promises, held by `test/subscription/SubscriptionStoreContract.ts` for every implementation:
 * 1. One process delivers a subscription at a time; its right ends with it, however it ends.
 * 2. A position and the events parked on the way to it are there together or not at all.
 * 3. What is asked from outside (rewind, retry, remove, …) is never undone by a delivery that began before.
 * 4. What was asked from outside is durable when it is answered. A checkpoint may be lost with the power, and then
 *    the one before it is there: its events are delivered again.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { LogError } from "../log/LogError.ts"
import type { Definition, Parked, Subscription } from "./Subscription.ts"
import { type SubscriptionError, subscriptionError } from "./SubscriptionError.ts"

/** What a store can fail with. */
export type StoreError = SubscriptionError | LogError

/** What has come of deliveries; all of it is recorded, or nothing. */
export interface Outcome {
  /** All wanted events up to here were delivered or parked. Where the subscription has come further, it stays there. */
  readonly position?: number
  /** Events to put aside. */
  readonly park?: ReadonlyArray<Omit<Parked, "due">>
  /** Parked events that need be kept no more. */
  readonly unpark?: ReadonlyArray<number>
  /** Why nothing is to be delivered any more. */
  readonly stop?: string
}

/** The right to deliver a subscription, until the scope ends or another has it. */
export interface Lease {
  /** The subscription as it stands; fails with `Lost` if it is no longer ours. */
  readonly load: Effect.Effect<Subscription, StoreError>
  /** Records what has come of deliveries, and answers true; false if the subscription is not at this revision any more. */
  readonly record: (revision: number, outcome: Outcome) => Effect.Effect<boolean, LogError>
}

/** The subscriptions to a log, as those who deliver them and those who look after them see them. */
export class SubscriptionStore extends Context.Service<
  SubscriptionStore,
  {
    /** All of them, by name. */
    readonly list: Effect.Effect<ReadonlyArray<Subscription>, StoreError>
    readonly get: (name: string) => Effect.Effect<Subscription, StoreError>
    /** Adds one that is to begin after a position; fails with `Exists` where there is one of that name. */
    readonly add: (
      name: string,
      definition: Definition,
      position: number
    ) => Effect.Effect<Subscription, StoreError>
    /** Gives one another definition; it goes on from where it is. */
    readonly redefine: (name: string, definition: Definition) => Effect.Effect<Subscription, StoreError>
    readonly remove: (name: string) => Effect.Effect<void, StoreError>
    /** Has it go on after this position, backward or forward, also if it was stopped. */
    readonly rewind: (name: string, position: number) => Effect.Effect<Subscription, StoreError>
    /** Has it go on from where it was stopped. */
    readonly enable: (name: string) => Effect.Effect<Subscription, StoreError>
    /** What is put aside, by position. */
    readonly parked: (name: string) => Effect.Effect<ReadonlyArray<Parked>, StoreError>
    /** Has parked events delivered again, these or all, by whoever delivers the subscription. Answers how many. */
    readonly retry: (name: string, positions?: ReadonlyArray<number>) => Effect.Effect<number, StoreError>
    /** Forgets parked events, these or all. Answers how many. */
    readonly drop: (name: string, positions?: ReadonlyArray<number>) => Effect.Effect<number, StoreError>
    /** Takes the right to deliver it; fails with `Delivered` while another has it. */
    readonly lease: (name: string) => Effect.Effect<Lease, StoreError, Scope.Scope>
  }
>()("signalbox/subscription/SubscriptionStore") {}

const refused = Effect.fail(subscriptionError({ _tag: "NoStore" }))

/** Stands where nobody has said where checkpoints are kept: none is taken, rather than one that is lost with the process. */
export const layerNone: Layer.Layer<SubscriptionStore> = Layer.succeed(SubscriptionStore, {
  list: refused,
  get: () => refused,
  add: () => refused,
  redefine: () => refused,
  remove: () => refused,
  rewind: () => refused,
  enable: () => refused,
  parked: () => refused,
  retry: () => refused,
  drop: () => refused,
  lease: () => refused
})

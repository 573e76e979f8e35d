/**
 * What the tests of deliveries share: a log, a store and a virtual clock.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import type { EventLog } from "../../src/log/EventLog.ts"
import { makeMemoryEventLog } from "../../src/log/MemoryEventLog.ts"
import { deliver } from "../../src/subscription/deliver.ts"
import type { Handler } from "../../src/subscription/Handler.ts"
import { makeSqliteSubscriptionStore } from "../../src/subscription/SqliteSubscriptionStore.ts"
import type { Definition } from "../../src/subscription/Subscription.ts"
import type { SubscriptionStore } from "../../src/subscription/SubscriptionStore.ts"
import { notes } from "../log/contract/Contract.ts"
import { everything } from "./SubscriptionStoreContract.ts"

/** A log that can be written, and a store with the subscription `a` to it. */
export interface Place {
  readonly log: EventLog["Service"]
  readonly store: SubscriptionStore["Service"]
  /** Appends an event for each: of a run, or of none. */
  readonly append: (runs: ReadonlyArray<string | null>) => Effect.Effect<void, unknown>
}

export const makePlace = (definition: Partial<Definition> = {}): Effect.Effect<Place, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    const log = makeMemoryEventLog()
    const store = yield* makeSqliteSubscriptionStore(":memory:")
    yield* store.add("a", { ...everything, ...definition }, 0)
    const lead = yield* log.lead({ holder: "ann" })
    let end = 0
    const append: Place["append"] = (runs) => lead.append(runs.flatMap((run) => notes(end++, 1, run)))
    return { log, store, append }
  })

/** Delivers `a` to the end of the log, however much time passes meanwhile. */
export const deliverToEnd = ({ log, store }: Place, handler: Handler) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(deliver({ log, store, name: "a", handler, follow: false }))
    while (fiber.pollUnsafe() === undefined) yield* TestClock.adjust("1 hour")
    return yield* Fiber.await(fiber)
  })

/**
 * Delivers a subscription: what its log has had since the checkpoint, and then each event as it is written.
 *
 * Promises, held by `test/subscription/deliver.test.ts`:
 * 1. Every wanted event is delivered at least once, or parked; none is passed over, whenever the process is killed.
 * 2. In the order of the log, save for what was parked.
 * 3. The checkpoint moves only past what was delivered, parked or not wanted.
 *
 * A round goes on until someone changes the subscription from outside; then the next one begins from what stands there.
 */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { EventLog } from "../log/EventLog.ts"
import type { LogError } from "../log/LogError.ts"
import type { Event } from "../queue/Event.ts"
import { settings } from "../settings.ts"
import { attemptBatch } from "./attemptBatch.ts"
import type { Batch, Handler } from "./Handler.ts"
import { matcher } from "./matcher.ts"
import type { Subscription } from "./Subscription.ts"
import { subscriptionError } from "./SubscriptionError.ts"
import type { Lease, Outcome, StoreError, SubscriptionStore } from "./SubscriptionStore.ts"

/** Ends a round: the subscription is not any more what the round began with. */
class Altered extends Data.TaggedError("Altered") {}

/** What delivers, and what it is delivering. */
interface Round {
  readonly log: EventLog["Service"]
  readonly store: SubscriptionStore["Service"]
  readonly lease: Lease
  readonly subscription: Subscription
  readonly handler: Handler
  /** How far it has come, also past events that nobody wants. */
  passed: number
  /** How far the store says it has come. */
  recorded: number
}

/** What keeps a delivery from going on. */
type DeliveryEnd = StoreError | Altered

const record = (round: Round, outcome: Outcome): Effect.Effect<void, DeliveryEnd> =>
  Effect.gen(function* () {
    if (!(yield* round.lease.record(round.subscription.revision, outcome))) return yield* new Altered()
    round.recorded = Math.max(round.recorded, outcome.position ?? 0)
    if (outcome.stop === undefined) return
    return yield* subscriptionError({ _tag: "Stopped", name: round.subscription.name, why: outcome.stop })
  })

const batchesOf = (events: ReadonlyArray<Event>, size: number): ReadonlyArray<Batch> =>
  Array.from({ length: Math.ceil(events.length / size) }, (_, at) => {
    const [first, ...others] = events.slice(at * size, (at + 1) * size)
    return first ? [[first, ...others] as const] : []
  }).flat()

/**
 * Delivers a batch, and records that before anything behind it is delivered: who is killed in between begins again where
 * the order still holds.
 */
const deliverBatch = (round: Round, batch: Batch): Effect.Effect<void, DeliveryEnd> =>
  Effect.gen(function* () {
    const outcome = yield* attemptBatch(round.handler, round.subscription, batch)
    if (!outcome)
      return yield* Effect.forEach(batch, (event) => deliverBatch(round, [event]), { discard: true })
    const position = batch.at(-1)?.position ?? 0
    yield* record(round, outcome.stop === undefined ? { ...outcome, position } : outcome)
    round.passed = position
  })

/** Delivers those of these events that are wanted. */
const deliverAll = (round: Round, isWanted: ReturnType<typeof matcher>, events: ReadonlyArray<Event>) =>
  Effect.gen(function* () {
    const wanted = yield* Effect.filter(events, isWanted)
    for (const batch of batchesOf(wanted, round.subscription.batchMax)) yield* deliverBatch(round, batch)
    round.passed = events.at(-1)?.position ?? round.passed
  })

/** Delivers the parked events that someone has asked for. */
const deliverDue = (round: Round) =>
  Effect.gen(function* () {
    const { log, store, handler, subscription } = round
    const due = (yield* store.parked(subscription.name)).filter((one) => one.due)
    for (const { position } of due) {
      const [event] = yield* Stream.runCollect(log.read({ after: position - 1, upTo: position }))
      const outcome = (event && (yield* attemptBatch(handler, subscription, [event]))) ?? {}
      const isSettled = outcome.stop === undefined && !outcome.park
      yield* record(round, isSettled ? { unpark: [position] } : outcome)
    }
  })

/** Goes on from the checkpoint; ends only where it does not follow. */
const goOn = (round: Round, follow: boolean) =>
  Effect.gen(function* () {
    yield* deliverDue(round)
    const { log, subscription } = round
    const { name, filter, position: after } = subscription
    const isWanted = matcher(log, filter)
    const { position: end } = yield* log.head
    // What is written there next would be passed over.
    if (after > end) return yield* subscriptionError({ _tag: "Ahead", name, position: after, end })
    if (!follow && after >= end) return
    const range = { after, upTo: follow ? undefined : end, run: filter.run }
    yield* Stream.runForEachArray(log.changes(range), (events) => deliverAll(round, isWanted, events))
    yield* record(round, { position: end })
  })

/** From time to time: writes down how far it has come, and looks whether someone has changed the subscription. */
const watch = (round: Round) =>
  Effect.forever(
    Effect.gen(function* () {
      yield* Effect.sleep(settings.followIntervalMs)
      const { passed, recorded, lease, subscription } = round
      if (passed > recorded) return yield* record(round, { position: passed })
      const { revision } = yield* lease.load
      if (revision !== subscription.revision) return yield* new Altered()
    })
  )

/** Who delivers where to, and whether it goes on when it has come to the end of the log. */
export interface DeliverOptions {
  readonly log: EventLog["Service"]
  readonly store: SubscriptionStore["Service"]
  readonly name: string
  readonly handler: Handler
  /** Default: true. */
  readonly follow?: boolean | undefined
}

/** Delivers a subscription until it is interrupted, or to the end of the log if it does not follow. */
export const deliver = ({
  log,
  store,
  name,
  handler,
  follow = true
}: DeliverOptions): Effect.Effect<void, StoreError | LogError> =>
  Effect.gen(function* () {
    const lease = yield* store.lease(name)
    const oneRound = Effect.gen(function* () {
      const subscription = yield* lease.load
      const { stopped, position } = subscription
      if (stopped !== undefined) return yield* subscriptionError({ _tag: "Stopped", name, why: stopped })
      const round: Round = { log, store, lease, subscription, handler, passed: position, recorded: position }
      yield* Effect.raceFirst(goOn(round, follow), watch(round))
    })
    const again: Effect.Effect<void, StoreError> = Effect.catchTag(oneRound, "Altered", () => again)
    yield* again
  }).pipe(Effect.scoped)

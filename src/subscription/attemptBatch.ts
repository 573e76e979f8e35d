/**
 * One delivery, tried until it succeeds or has failed often enough.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import type { Event } from "../queue/Event.ts"
import { settings } from "../settings.ts"
import { type Batch, type Delivery, DeliveryError, type Handler } from "./Handler.ts"
import type { DeliveryRetries, Subscription } from "./Subscription.ts"
import type { Outcome } from "./SubscriptionStore.ts"

/** Exponential, none longer than `delayMaxMs` whatever is asked for, and spread so that not all come back at once. */
const schedule = ({ triesMax, delayMs, delayMaxMs }: DeliveryRetries) => {
  const waits: Schedule.Schedule<Duration.Duration, DeliveryError> = Schedule.exponential(delayMs)
  return waits.pipe(
    Schedule.jittered,
    Schedule.while(({ input, attempt }) => !input.isFinal && attempt < triesMax),
    Schedule.modifyDelay(({ duration, input }) => {
      const wait = Math.max(Duration.toMillis(duration), input.retryAfterMs ?? 0)
      return Effect.succeed(Math.min(wait, delayMaxMs))
    })
  )
}

const errorOf = (thrown: unknown): DeliveryError => {
  if (thrown instanceof DeliveryError) return thrown
  const said = thrown instanceof Error ? thrown.message || thrown.name : String(thrown)
  return new DeliveryError({ message: said })
}

/** Calls the handler once. Whatever it throws, rejects or fails with is an error; only our own interrupt is none. */
const call = (handler: Handler, batch: Batch, delivery: Omit<Delivery, "signal">) =>
  Effect.suspend(() => {
    const abort = new AbortController()
    const work = Effect.suspend(() => {
      const done = handler(batch, { ...delivery, signal: abort.signal })
      return Effect.isEffect(done)
        ? (done as Effect.Effect<unknown, unknown>)
        : Effect.promise(async () => done)
    })
    return work.pipe(
      Effect.onInterrupt(() => Effect.sync(() => abort.abort())),
      Effect.catchCause((cause) =>
        Cause.hasInterruptsOnly(cause)
          ? Effect.failCause(cause as Cause.Cause<never>)
          : Effect.fail(errorOf(Cause.squash(cause)))
      )
    )
  })

/** The same for the same events of the same subscription, whenever they are delivered. */
const idOf = (id: string, batch: ReadonlyArray<Event>): string =>
  [id, ...new Set([batch[0]?.position, batch.at(-1)?.position])].join("_")

/**
 * Tries to deliver a batch; answers what to record of it, or nothing where several events have failed together: then each is
 * to be tried by itself.
 */
export const attemptBatch = (
  handler: Handler,
  subscription: Subscription,
  batch: Batch
): Effect.Effect<Pick<Outcome, "park" | "stop"> | undefined> =>
  Effect.gen(function* () {
    let tries = 0
    const once = Effect.suspend(() => {
      const delivery = { subscription: subscription.name, id: idOf(subscription.id, batch), attempt: ++tries }
      return call(handler, batch, delivery)
    })
    const tried = yield* Effect.result(Effect.retry(once, schedule(subscription.retries)))
    if (Result.isSuccess(tried)) return {}
    const { message, isFinal } = tried.failure
    if (isFinal) return { stop: message }
    const [{ position }, ...others] = batch
    if (others.length > 0) return undefined
    const at = yield* Clock.currentTimeMillis
    return { park: [{ position, error: message.slice(0, settings.deliveryErrorMax), tries, at }] }
  })

/**
 * `subscription run`: the process that delivers subscriptions to their webhooks.
 */
import * as Console from "effect/Console"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { deliver } from "../subscription/deliver.ts"
import type { Handler } from "../subscription/Handler.ts"
import { makeWebhook } from "../subscription/makeWebhook.ts"
import { type Subscription, SubscriptionName } from "../subscription/Subscription.ts"
import { Exit, exitCodes, quietExit } from "./exitCodes.ts"
import { openLog, openSubscriptions } from "./openLog.ts"
import { root, toJson } from "./root.ts"

const webhookOf = ({ name, webhook, batchMax }: Subscription): Effect.Effect<Handler, Exit> => {
  if (webhook) return Effect.succeed(makeWebhook(webhook, { asList: batchMax > 1 }))
  const message = `Subscription ${name} has no webhook: the program that made it delivers it.`
  return Effect.fail(new Exit({ code: exitCodes.usage.code, message }))
}

export const runSubscriptions = Command.make(
  "run",
  {
    names: Argument.String("name").pipe(
      Argument.withMetavar("NAME"),
      Argument.withDescription("The subscriptions to deliver"),
      Argument.withSchema(SubscriptionName),
      Argument.variadic({ min: 1 })
    ),
    once: Flag.Boolean("once").pipe(
      Flag.withDescription("Deliver what is in the log now, and end"),
      Flag.withDefault(false)
    )
  },
  Effect.fn(function* ({ names, once }) {
    const { log, json } = yield* root
    const events = yield* openLog(log)
    const store = yield* openSubscriptions(log)
    const found = yield* Effect.forEach([...new Set(names)], store.get)
    const handlers = yield* Effect.forEach(found, (one) =>
      Effect.map(webhookOf(one), (handler) => ({ ...one, handler }))
    )
    const deliverOne = ({ name, position, webhook, handler }: (typeof handlers)[number]) =>
      Effect.gen(function* () {
        const told = { delivering: name, position, url: webhook?.url }
        yield* Console.log(
          json ? toJson(told) : `Delivering ${name} to ${told.url}, from after position ${position}.`
        )
        yield* deliver({ log: events, store, name, handler, follow: !once })
        const { position: now, parked } = yield* store.get(name)
        yield* Console.log(
          json
            ? toJson({ delivered: name, position: now, parked })
            : `Delivered ${name} up to position ${now}${parked > 0 ? `; ${parked} parked` : ""}.`
        )
      }).pipe(
        // The others go on.
        Effect.tapError(({ message }) => Console.error(message)),
        Effect.result
      )
    const ends = yield* Effect.forEach(handlers, deliverOne, { concurrency: "unbounded" })
    const failures = ends.filter(Result.isFailure).map(({ failure }) => failure._tag)
    if (failures.includes("LogError")) return yield* quietExit(exitCodes.log)
    if (failures.length > 0) return yield* quietExit(exitCodes.failed)
  }, Effect.scoped)
).pipe(
  Command.withDescription(
    "Deliver subscriptions to their webhooks, and go on as events are written. A kill loses nothing: what was not " +
      "recorded as delivered is delivered again"
  )
)

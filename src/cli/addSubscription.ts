/**
 * `subscription add`: a webhook that is to hear of events.
 */
import { randomBytes } from "node:crypto"
import { readFileSync } from "node:fs"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { EventData, type EventType } from "../queue/Event.ts"
import { settings } from "../settings.ts"
import { type Definition, defaultDeliveryRetries } from "../subscription/Subscription.ts"
import { beginning } from "../subscription/subscribe.ts"
import { Exit, exitCodes } from "./exitCodes.ts"
import { makeHome } from "./makeHome.ts"
import { openLog, openSubscriptions } from "./openLog.ts"
import { print, root } from "./root.ts"
import { nameArgument, showSubscription } from "./showSubscription.ts"

const usage = (message: string): Exit => new Exit({ code: exitCodes.usage.code, message })

const eventTypes = Object.keys(EventData) as ReadonlyArray<EventType>

const wanted = {
  type: Flag.Literals("type", eventTypes).pipe(
    Flag.withDescription("Only events of this type; may be given several times"),
    Flag.atLeast(0)
  ),
  run: Flag.String("run").pipe(Flag.withDescription("Only events of this run"), Flag.optional),
  tag: Flag.KeyValuePair("tag").pipe(
    Flag.withDescription("Only events of runs with this tag, KEY=VALUE; may be given several times"),
    Flag.withDefault({})
  )
}

interface Wanted {
  readonly type: ReadonlyArray<EventType>
  readonly run: Option.Option<string>
  readonly tag: Readonly<Record<string, string>>
}

const filterOf = ({ type, run, tag }: Wanted): Definition["filter"] => ({
  ...(type.length > 0 && { types: type }),
  ...(Option.isSome(run) && { run: run.value }),
  ...(Object.keys(tag).length > 0 && { tags: tag })
})

const startOf = (from: string): Effect.Effect<"start" | "end" | number, Exit> => {
  if (from === "start" || from === "end") return Effect.succeed(from)
  return /^\d+$/.test(from)
    ? Effect.succeed(Number(from))
    : Effect.fail(usage(`--from ${from}: expected start, end, or a position such as 120`))
}

const secretIn = (file: Option.Option<string>): Effect.Effect<string, Exit> =>
  Option.isNone(file)
    ? Effect.sync(() => `whsec_${randomBytes(32).toString("base64")}`)
    : Effect.try({
        try: () => readFileSync(file.value, "utf8").trim(),
        catch: (error) => usage(`--secret-file: ${error instanceof Error ? error.message : String(error)}`)
      })

export const addSubscription = Command.make(
  "add",
  {
    name: nameArgument,
    webhook: Flag.String("webhook").pipe(
      Flag.withMetavar("URL"),
      Flag.withDescription("Where events are posted to, signed as Standard Webhooks has it")
    ),
    ...wanted,
    from: Flag.String("from").pipe(
      Flag.withMetavar("start|end|POSITION"),
      Flag.withDescription("Begin at the start of the log, at its end, or after a position"),
      Flag.withDefault("start")
    ),
    batch: Flag.Int("batch").pipe(
      Flag.withDescription("Post so many events at a time at most; with more than 1 the body is a list"),
      Flag.withDefault(1)
    ),
    tries: Flag.Int("tries").pipe(
      Flag.withDescription("Park an event when it was tried so often"),
      Flag.withDefault(settings.deliveryTriesMax)
    ),
    secretFile: Flag.String("secret-file").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription(
        "Holds the secret to sign by, whsec_…; left out, one is made and printed, this once"
      ),
      Flag.optional
    )
  },
  Effect.fn(function* ({ name, webhook, from, batch, tries, secretFile, ...given }) {
    const { log, json } = yield* root
    const start = yield* startOf(from)
    const secret = yield* secretIn(secretFile)
    yield* makeHome(log)
    const events = yield* openLog(log)
    const store = yield* openSubscriptions(log)
    const definition: Definition = {
      filter: filterOf(given),
      batchMax: batch,
      retries: { ...defaultDeliveryRetries, triesMax: tries },
      webhook: { url: webhook, secrets: [secret], timeoutMs: settings.webhookTimeoutMs }
    }
    const position = yield* beginning(events, start)
    const added = yield* Effect.mapError(store.add(name, definition, position), (error) =>
      error._tag === "SubscriptionError" && error.reason._tag === "Invalid" ? usage(error.message) : error
    )
    const made = Option.isNone(secretFile)
    yield* print(json, { ...showSubscription(added), ...(made && { secret }) }, () =>
      [
        `Subscription ${name} posts to ${webhook}, from after position ${added.position}.`,
        ...(made ? [`Its receiver verifies by ${secret}`] : [])
      ].join("\n")
    )
  }, Effect.scoped)
).pipe(
  Command.withDescription("Add a subscription that posts events to a webhook; `subscription run` delivers it")
)

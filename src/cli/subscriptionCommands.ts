/**
 * `subscription`: who is told of events, how far that has come, what could not be delivered.
 */
import { randomBytes } from "node:crypto"
import { readFileSync } from "node:fs"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { EventData, type EventType } from "../queue/Event.ts"
import { settings } from "../settings.ts"
import {
  type Definition,
  defaultDeliveryRetries,
  type Subscription,
  SubscriptionName
} from "../subscription/Subscription.ts"
import { beginning } from "../subscription/subscribe.ts"
import { Exit, exitCodes } from "./exitCodes.ts"
import { count, showMoment, table } from "./format.ts"
import { makeHome } from "./makeHome.ts"
import { openLog, openSubscriptions } from "./openLog.ts"
import { print, root } from "./root.ts"
import { runSubscriptions } from "./runSubscriptions.ts"

const usage = (message: string): Exit => new Exit({ code: exitCodes.usage.code, message })

const nameArgument = Argument.String("name").pipe(
  Argument.withMetavar("NAME"),
  Argument.withDescription("The subscription"),
  Argument.withSchema(SubscriptionName)
)

/** A subscription as it may be shown: without what its webhook is signed by. */
const shown = ({ webhook, revision: _, ...subscription }: Subscription) => ({
  ...subscription,
  stopped: subscription.stopped ?? null,
  webhook: webhook ? { url: webhook.url, timeoutMs: webhook.timeoutMs } : null
})

const stateOf = ({ stopped }: Subscription): string =>
  stopped === undefined ? "active" : `stopped: ${stopped}`

const wantedBy = ({ filter: { types, run, tags } }: Subscription): string => {
  const parts = [
    ...(types ? [types.join(", ")] : []),
    ...(run === undefined ? [] : [`of run ${run}`]),
    ...Object.entries(tags ?? {}).map(([key, value]) => `of runs with ${key}=${value}`)
  ]
  return parts.length === 0 ? "all events" : parts.join(", ")
}

const list = Command.make(
  "list",
  {},
  Effect.fn(function* () {
    const { log, json } = yield* root
    const store = yield* openSubscriptions(log)
    const all = yield* store.list
    yield* print(json, all.map(shown), () => {
      const rows = all.map((one) => [
        one.name,
        String(one.position),
        String(one.parked),
        stateOf(one),
        one.webhook?.url ?? "a program"
      ])
      return rows.length === 0
        ? "No subscriptions."
        : table(["NAME", "POSITION", "PARKED", "STATE", "TO"], rows)
    })
  }, Effect.scoped)
).pipe(Command.withDescription("List subscriptions: how far each has come, and what it could not deliver"))

const show = Command.make(
  "show",
  { name: nameArgument },
  Effect.fn(function* ({ name }) {
    const { log, json } = yield* root
    const store = yield* openSubscriptions(log)
    const one = yield* store.get(name)
    const { triesMax, delayMs, delayMaxMs } = one.retries
    yield* print(json, shown(one), () =>
      [
        `${one.name}: ${stateOf(one)}`,
        `  wants      ${wantedBy(one)}`,
        `  to         ${one.webhook?.url ?? "a program"}, ${count(one.batchMax, "event")} at a time`,
        `  position   ${one.position}: all before it and at it was delivered or parked`,
        `  parked     ${one.parked}`,
        `  retries    ${triesMax} tries, first after ${delayMs} ms, then twice as long, at most ${delayMaxMs} ms`
      ].join("\n")
    )
  }, Effect.scoped)
).pipe(Command.withDescription("Show a subscription: what it wants, where it goes, how far it has come"))

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

const add = Command.make(
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
    yield* print(json, { ...shown(added), ...(made && { secret }) }, () =>
      [
        `Subscription ${name} posts to ${webhook}, from after position ${added.position}.`,
        ...(made ? [`Its receiver verifies by ${secret}`] : [])
      ].join("\n")
    )
  }, Effect.scoped)
).pipe(
  Command.withDescription("Add a subscription that posts events to a webhook; `subscription run` delivers it")
)

const remove = Command.make(
  "remove",
  { name: nameArgument },
  Effect.fn(function* ({ name }) {
    const { log, json } = yield* root
    const store = yield* openSubscriptions(log)
    yield* store.remove(name)
    yield* print(json, { removed: name }, () => `Subscription ${name} is removed.`)
  }, Effect.scoped)
).pipe(Command.withDescription("Remove a subscription, how far it has come, and what is parked"))

const rewind = Command.make(
  "rewind",
  {
    name: nameArgument,
    position: Argument.Int("position").pipe(
      Argument.withDescription("Go on after this position; 0 is the start of the log")
    )
  },
  Effect.fn(function* ({ name, position }) {
    const { log, json } = yield* root
    const events = yield* openLog(log)
    const { position: end } = yield* events.head
    if (position < 0 || position > end)
      return yield* usage(`position ${position}: expected 0 to ${end}, where the log ends`)
    const store = yield* openSubscriptions(log)
    const one = yield* store.rewind(name, position)
    yield* print(json, shown(one), () => `Subscription ${name} goes on after position ${position}.`)
  }, Effect.scoped)
).pipe(Command.withDescription("Have a subscription go on after another position, backward or forward"))

const enable = Command.make(
  "enable",
  { name: nameArgument },
  Effect.fn(function* ({ name }) {
    const { log, json } = yield* root
    const store = yield* openSubscriptions(log)
    const one = yield* store.enable(name)
    yield* print(json, shown(one), () => `Subscription ${name} goes on after position ${one.position}.`)
  }, Effect.scoped)
).pipe(Command.withDescription("Have a subscription go on that its receiver has stopped by 410 Gone"))

const parked = Command.make(
  "parked",
  { name: nameArgument },
  Effect.fn(function* ({ name }) {
    const { log, json } = yield* root
    const store = yield* openSubscriptions(log)
    const all = yield* store.parked(name)
    yield* print(json, all, () => {
      const rows = all.map(({ position, tries, at, due, error }) => [
        String(position),
        String(tries),
        showMoment(at),
        due ? "to deliver again" : "parked",
        error
      ])
      return rows.length === 0
        ? "Nothing is parked."
        : table(["POSITION", "TRIES", "SINCE", "STATE", "ERROR"], rows)
    })
  }, Effect.scoped)
).pipe(Command.withDescription("List the events that could not be delivered and were put aside"))

const someParked = {
  name: nameArgument,
  positions: Argument.Int("position").pipe(
    Argument.withMetavar("POSITION"),
    Argument.withDescription("Which parked events"),
    Argument.variadic()
  ),
  all: Flag.Boolean("all").pipe(Flag.withDescription("All that are parked"), Flag.withDefault(false))
}

/** The positions, or none where all are meant. */
const chosen = (
  positions: ReadonlyArray<number>,
  all: boolean
): Effect.Effect<ReadonlyArray<number> | undefined, Exit> =>
  positions.length > 0 === all
    ? Effect.fail(usage("Which parked events? Name their positions, or give --all."))
    : Effect.succeed(all ? undefined : positions)

const retry = Command.make(
  "retry",
  someParked,
  Effect.fn(function* ({ name, positions, all }) {
    const { log, json } = yield* root
    const which = yield* chosen(positions, all)
    const store = yield* openSubscriptions(log)
    const retried = yield* store.retry(name, which)
    yield* print(json, { retried }, () => `${count(retried, "event")} of ${name} to be delivered again.`)
  }, Effect.scoped)
).pipe(Command.withDescription("Have parked events delivered again, by whoever delivers the subscription"))

const drop = Command.make(
  "drop",
  someParked,
  Effect.fn(function* ({ name, positions, all }) {
    const { log, json } = yield* root
    const which = yield* chosen(positions, all)
    const store = yield* openSubscriptions(log)
    const dropped = yield* store.drop(name, which)
    yield* print(
      json,
      { dropped },
      () => `${count(dropped, "event")} of ${name} dropped; they stand in the log still.`
    )
  }, Effect.scoped)
).pipe(Command.withDescription("Forget parked events; the log keeps them"))

export const subscription = Command.make("subscription").pipe(
  Command.withDescription("Tell others of events: by webhook, at least once, in order"),
  Command.withSubcommands([list, show, add, remove, runSubscriptions, rewind, enable, parked, retry, drop])
)

/**
 * `subscription`: who is told of events, how far that has come, what could not be delivered.
 */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import type { Subscription } from "../subscription/Subscription.ts"
import { addSubscription } from "./addSubscription.ts"
import { Exit, exitCodes } from "./exitCodes.ts"
import { count, showMoment, table } from "./format.ts"
import { openLog, openSubscriptions } from "./openLog.ts"
import { print, root } from "./root.ts"
import { runSubscriptions } from "./runSubscriptions.ts"
import { nameArgument, showSubscription } from "./showSubscription.ts"

const usage = (message: string): Exit => new Exit({ code: exitCodes.usage.code, message })

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
    yield* print(json, all.map(showSubscription), () => {
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
    yield* print(json, showSubscription(one), () =>
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
    yield* print(
      json,
      showSubscription(one),
      () => `Subscription ${name} goes on after position ${position}.`
    )
  }, Effect.scoped)
).pipe(Command.withDescription("Have a subscription go on after another position, backward or forward"))

const enable = Command.make(
  "enable",
  { name: nameArgument },
  Effect.fn(function* ({ name }) {
    const { log, json } = yield* root
    const store = yield* openSubscriptions(log)
    const one = yield* store.enable(name)
    yield* print(
      json,
      showSubscription(one),
      () => `Subscription ${name} goes on after position ${one.position}.`
    )
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
  Command.withSubcommands([
    list,
    show,
    addSubscription,
    remove,
    runSubscriptions,
    rewind,
    enable,
    parked,
    retry,
    drop
  ])
)

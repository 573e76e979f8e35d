/**
 * Subscriptions, and what is parked, as rows of a database.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { type LogError, logError } from "../log/LogError.ts"
import { Definition, type Parked, type Subscription } from "./Subscription.ts"

/** The columns that `subscriptionOf` reads. */
export const subscriptionColumns = `name, id, definition, CAST(position AS double precision), CAST(revision AS double precision), stopped,
  (SELECT CAST(count(*) AS double precision) FROM signalbox_parked p WHERE p.name = signalbox_subscription.name)`

const decodeDefinition = Schema.decodeUnknownSync(Schema.fromJsonString(Definition))

/** The subscription in a row. */
export const subscriptionOf = (row: ReadonlyArray<unknown>): Effect.Effect<Subscription, LogError> => {
  const [name, id, definition, position, revision, stopped, parked] = row
  return Effect.try({
    try: () => ({
      ...decodeDefinition(definition),
      name: String(name),
      id: String(id),
      position: Number(position),
      revision: Number(revision),
      stopped: stopped === null ? undefined : String(stopped),
      parked: Number(parked)
    }),
    catch: (error) =>
      logError({ _tag: "Corrupt", issue: `subscription ${name} cannot be read: ${String(error)}` })
  })
}

/** What is parked, from its columns in the order of `Parked`. */
export const parkedOf = ([position, error, tries, at, due]: ReadonlyArray<unknown>): Parked => ({
  position: Number(position),
  error: String(error),
  tries: Number(tries),
  at: Number(at),
  due: Number(due) === 1
})

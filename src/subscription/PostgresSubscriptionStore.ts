/**
 * Subscriptions in the database of a Postgres log, in tables of their own. A session of its own holds the lock of a
 * name, which the server drops with the session, however it ends.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import { type LogError, logError } from "../log/LogError.ts"
import {
  configOf,
  connect,
  escaped,
  holding,
  number,
  type PostgresSession,
  telling,
  unescaped
} from "../log/postgres/PostgresSession.ts"
import { quoted } from "../log/postgres/postgresLayout.ts"
import { shownUrl } from "../log/postgres/shownUrl.ts"
import { makeSqlSubscriptionStore } from "./makeSqlSubscriptionStore.ts"
import { SubscriptionStore } from "./SubscriptionStore.ts"
import {
  type Found,
  type Statement,
  type SubscriptionDatabase,
  subscriptionsFormat,
  subscriptionsLayout
} from "./subscriptionsLayout.ts"

const layingOut = `
  DO $layout$ BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('signalbox subscriptions'), hashtext(current_schema()));
    IF to_regclass('signalbox_subscriptions') IS NULL THEN ${subscriptionsLayout.join(";\n")}; END IF;
  END $layout$`

const looking = "SELECT to_regclass('signalbox_subscriptions') IS NOT NULL"
const lockOf = "'signalbox_subscription'::regclass::oid::integer, hashtext($1::text)"

const given = (value: string | number | null) =>
  typeof value === "number" ? number(value) : value === null ? null : escaped(value)

const foundIn = (rows: Found): Found =>
  rows.map((row) => row.map((value) => (typeof value === "string" ? unescaped(value) : value)))

interface Place {
  readonly url: string
  readonly log: string
}

const ask = (
  { log }: Place,
  session: PostgresSession,
  [sql, ...values]: Statement
): Effect.Effect<Found, LogError> =>
  Effect.map(telling(log)(session.queryValues(sql, values.map(given))), foundIn)

/** Whether the tables are there, as this version knows them. */
const look = (place: Place, session: PostgresSession): Effect.Effect<boolean, LogError> =>
  Effect.gen(function* () {
    const [[isThere] = []] = yield* ask(place, session, [looking])
    if (isThere !== true) return false
    const [[format] = []] = yield* ask(place, session, ["SELECT format FROM signalbox_subscriptions"])
    if (Number(format) <= subscriptionsFormat) return true
    const [found, known] = [`format ${format} of subscriptions`, `format ${subscriptionsFormat}`]
    return yield* logError({ _tag: "NewerFormat", log: place.log, found, known })
  })

const inTransaction = (
  place: Place,
  session: PostgresSession,
  statements: ReadonlyArray<Statement>
): Effect.Effect<Found, LogError> => {
  const [first, ...others] = statements
  if (!first) return Effect.succeed([])
  if (others.length === 0) return ask(place, session, first)
  const all = Effect.gen(function* () {
    yield* ask(place, session, ["BEGIN"])
    const found = yield* ask(place, session, first)
    if (found.length > 0) for (const other of others) yield* ask(place, session, other)
    yield* ask(place, session, ["COMMIT"])
    return found
  })
  return Effect.uninterruptible(Effect.onError(all, () => Effect.ignore(ask(place, session, ["ROLLBACK"]))))
}

const session = ({ url, log }: Place): Effect.Effect<PostgresSession, LogError, Scope.Scope> =>
  telling(log)(connect({ ...configOf(url), startupParameters: holding }))

/** Runs statements in a session, once the tables are there. Where none are, who only looks finds nothing. */
const runIn =
  (place: Place, one: PostgresSession): SubscriptionDatabase["run"] =>
  (statements, durable) =>
    Effect.gen(function* () {
      if (!(yield* look(place, one))) {
        if (!durable) return []
        yield* ask(place, one, [layingOut])
      }
      return yield* inTransaction(place, one, statements)
    })

const lockIn = (place: Place, name: string) =>
  Effect.gen(function* () {
    const own = yield* session(place)
    const taken = Effect.map(
      ask(place, own, [`SELECT pg_try_advisory_lock(${lockOf})`, name]),
      ([row]) => row?.[0] === true
    )
    const letGo = Effect.ignore(ask(place, own, [`SELECT pg_advisory_unlock(${lockOf})`, name]))
    const isOurs = yield* Effect.acquireRelease(taken, (isTaken) => (isTaken ? letGo : Effect.void))
    if (!isOurs) return Option.none<SubscriptionDatabase["run"]>()
    // One at a time: what belongs to a transaction must not be mixed with anything else.
    const turns = yield* Semaphore.make(1)
    return Option.some<SubscriptionDatabase["run"]>((statements) =>
      turns.withPermit(inTransaction(place, own, statements))
    )
  })

/** Makes the store in the database at a Postgres URL. Its tables are made when the first subscription is added. */
export const makePostgresSubscriptionStore = (url: string): SubscriptionStore["Service"] => {
  const place = { url, log: shownUrl(url) }
  return makeSqlSubscriptionStore({
    run: (statements, durable) =>
      Effect.scoped(Effect.flatMap(session(place), (one) => runIn(place, one)(statements, durable))),
    lock: (name) => lockIn(place, name)
  })
}

/** The subscriptions in the database at a Postgres URL. */
export const layerSubscriptions = (url: string): Layer.Layer<SubscriptionStore> =>
  Layer.sync(SubscriptionStore, () => makePostgresSubscriptionStore(url))

/**
 * Makes the tables for subscriptions at a Postgres URL, as the user of the URL, and lets the role `deliverer` read and
 * write them.
 */
export const prepareSubscriptions = (
  url: string,
  { deliverer }: { readonly deliverer?: string } = {}
): Effect.Effect<void, LogError> =>
  Effect.gen(function* () {
    const place = { url, log: shownUrl(url) }
    const one = yield* session(place)
    if (!(yield* look(place, one))) yield* ask(place, one, [layingOut])
    if (deliverer === undefined) return
    const role = quoted(deliverer)
    yield* ask(place, one, [
      `GRANT SELECT, INSERT, UPDATE, DELETE ON signalbox_subscription, signalbox_parked TO ${role}`
    ])
    yield* ask(place, one, [`GRANT SELECT ON signalbox_subscriptions TO ${role}`])
  }).pipe(Effect.scoped)

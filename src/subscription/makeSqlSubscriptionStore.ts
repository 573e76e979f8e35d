/**
 * A store of subscriptions in a database: the same statements for SQLite and for Postgres.
 */
import { randomUUID } from "node:crypto"
import { hostname } from "node:os"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { type LogError, logError } from "../log/LogError.ts"
import { Definition, type Parked, type Subscription, SubscriptionName } from "./Subscription.ts"
import { type SubscriptionError, subscriptionError } from "./SubscriptionError.ts"
import type { Lease, Outcome, StoreError, SubscriptionStore } from "./SubscriptionStore.ts"

/** The layout below. A later one has a higher number. */
export const subscriptionsFormat = 1

/** Makes the tables. Their types mean the same to both. */
export const subscriptionsLayout: ReadonlyArray<string> = [
  `CREATE TABLE signalbox_subscription (
    name text PRIMARY KEY,
    id text NOT NULL,
    definition text NOT NULL,
    position bigint NOT NULL,
    revision bigint NOT NULL,
    lease text,
    holder text,
    stopped text
  )`,
  `CREATE TABLE signalbox_parked (
    name text NOT NULL REFERENCES signalbox_subscription ON DELETE CASCADE,
    position bigint NOT NULL,
    error text NOT NULL,
    tries integer NOT NULL,
    at bigint NOT NULL,
    due integer NOT NULL,
    PRIMARY KEY (name, position)
  )`,
  "CREATE TABLE signalbox_subscriptions (format integer NOT NULL)",
  `INSERT INTO signalbox_subscriptions VALUES (${subscriptionsFormat})`
]

/** A statement with what stands for `$1`, `$2`, … */
export type Statement = readonly [sql: string, ...given: ReadonlyArray<string | number | null>]
/** What a statement has found. */
export type Found = ReadonlyArray<ReadonlyArray<unknown>>

/** What a database can do for subscriptions. */
export interface SubscriptionDatabase {
  /**
   * Runs statements in one transaction; answers what the first one has found. Where that is nothing, the others are
   * left out. `durable` is whether it must outlast a loss of power.
   */
  readonly run: (statements: ReadonlyArray<Statement>, durable: boolean) => Effect.Effect<Found, LogError>
  /** The same, by a session that alone has this name's lock until the scope ends; none if another has it. */
  readonly lock: (
    name: string
  ) => Effect.Effect<Option.Option<SubscriptionDatabase["run"]>, LogError, Scope.Scope>
}

type Service = SubscriptionStore["Service"]

const columns = `name, id, definition, CAST(position AS double precision), CAST(revision AS double precision), stopped,
  (SELECT CAST(count(*) AS double precision) FROM signalbox_parked p WHERE p.name = signalbox_subscription.name)`

const Stored = Schema.fromJsonString(Definition)
const decodeDefinition = Schema.decodeUnknownSync(Stored)
const encodeDefinition = Schema.encodeSync(Stored)
const isName = Schema.decodeUnknownOption(SubscriptionName)
const checkDefinition = Schema.decodeUnknownEffect(Definition, { onExcessProperty: "error", errors: "all" })

const subscriptionOf = (row: ReadonlyArray<unknown>): Effect.Effect<Subscription, LogError> => {
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

const parkedOf = ([position, error, tries, at, due]: ReadonlyArray<unknown>): Parked => ({
  position: Number(position),
  error: String(error),
  tries: Number(tries),
  at: Number(at),
  due: Number(due) === 1
})

const checked = (name: string, definition: Definition): Effect.Effect<string, SubscriptionError> => {
  const invalid = (issue: string) => subscriptionError({ _tag: "Invalid", name, issue })
  return Effect.gen(function* () {
    if (Option.isNone(isName(name)))
      return yield* invalid(
        "its name is not up to 64 lower-case letters, digits, - and _, with a letter or digit first"
      )
    const decoded = yield* Effect.mapError(checkDefinition(definition), ({ message }) => invalid(message))
    return encodeDefinition(decoded)
  })
}

const checkPosition = (name: string, position: number): Effect.Effect<void, SubscriptionError> =>
  Number.isSafeInteger(position) && position >= 0
    ? Effect.void
    : Effect.fail(
        subscriptionError({ _tag: "Invalid", name, issue: `a position is 0 or more, not ${position}` })
      )

const recording = (
  name: string,
  lease: string,
  revision: number,
  { position = 0, park = [], unpark = [], stop }: Outcome
): ReadonlyArray<Statement> => [
  [
    `UPDATE signalbox_subscription
    SET position = CASE WHEN position < CAST($4 AS bigint) THEN CAST($4 AS bigint) ELSE position END,
      stopped = coalesce($5, stopped)
    WHERE name = $1 AND lease = $2 AND revision = CAST($3 AS bigint) RETURNING 1`,
    name,
    lease,
    revision,
    position,
    stop ?? null
  ],
  ...unpark.map(
    (at): Statement => [
      "DELETE FROM signalbox_parked WHERE name = $1 AND position = CAST($2 AS bigint)",
      name,
      at
    ]
  ),
  ...park.map(
    ({ position: at, error, tries, at: when }): Statement => [
      `INSERT INTO signalbox_parked VALUES ($1, CAST($2 AS bigint), $3, CAST($4 AS integer), CAST($5 AS bigint), 0)
      ON CONFLICT (name, position) DO UPDATE
      SET error = excluded.error, tries = signalbox_parked.tries + excluded.tries, at = excluded.at, due = 0`,
      name,
      at,
      error,
      tries,
      when
    ]
  )
]

/** Takes the right to deliver; what it records counts only as long as it has it. */
const leaseOf = (
  store: Pick<Service, "get">,
  { run, lock }: SubscriptionDatabase,
  name: string
): Effect.Effect<Lease, StoreError, Scope.Scope> =>
  Effect.gen(function* () {
    yield* store.get(name)
    const locked = yield* lock(name)
    if (Option.isNone(locked)) {
      const found = yield* run([["SELECT holder FROM signalbox_subscription WHERE name = $1", name]], false)
      return yield* subscriptionError({
        _tag: "Delivered",
        name,
        holder: String(found[0]?.[0] ?? "another process")
      })
    }
    const ours = locked.value
    const lease = randomUUID()
    const holder = `process ${process.pid} on ${hostname()}`
    const taking: Statement = [
      "UPDATE signalbox_subscription SET lease = $2, holder = $3 WHERE name = $1 RETURNING 1",
      name,
      lease,
      holder
    ]
    const lost = subscriptionError({ _tag: "Lost", name })
    if ((yield* ours([taking], true)).length === 0) return yield* lost
    const load: Statement = [
      `SELECT ${columns} FROM signalbox_subscription WHERE name = $1 AND lease = $2`,
      name,
      lease
    ]
    return {
      load: Effect.flatMap(
        ours([load], false),
        ([row]): Effect.Effect<Subscription, StoreError> => (row ? subscriptionOf(row) : Effect.fail(lost))
      ),
      record: (revision, outcome) =>
        Effect.map(
          ours(recording(name, lease, revision, outcome), outcome.stop !== undefined),
          ({ length }) => length > 0
        )
    }
  })

/** Makes the store of a database. */
export const makeSqlSubscriptionStore = (database: SubscriptionDatabase): Service => {
  const { run } = database
  const list = Effect.flatMap(
    run([[`SELECT ${columns} FROM signalbox_subscription ORDER BY name`]], false),
    (rows) => Effect.forEach(rows, subscriptionOf)
  )
  const missing = (name: string): Effect.Effect<never, StoreError> =>
    Effect.flatMap(list, (all) =>
      Effect.fail(subscriptionError({ _tag: "Unknown", name, known: all.map((one) => one.name) }))
    )
  /** Does it to one that is there; `first` answers its columns. */
  const toOne = (name: string, first: Statement, ...others: ReadonlyArray<Statement>) =>
    Effect.flatMap(run([first, ...others], true), ([row]) => (row ? subscriptionOf(row) : missing(name)))
  const get: Service["get"] = (name) =>
    Effect.flatMap(
      run([[`SELECT ${columns} FROM signalbox_subscription WHERE name = $1`, name]], false),
      ([row]) => (row ? subscriptionOf(row) : missing(name))
    )
  const parked: Service["parked"] = (name) => {
    const query = `SELECT CAST(position AS double precision), error, tries, CAST(at AS double precision), due
      FROM signalbox_parked WHERE name = $1 ORDER BY position`
    return Effect.andThen(
      get(name),
      Effect.map(run([[query, name]], false), (rows) => rows.map(parkedOf))
    )
  }
  const altering = (name: string, set: string, ...given: ReadonlyArray<string | number>): Statement => [
    `UPDATE signalbox_subscription SET revision = revision + 1${set} WHERE name = $1 RETURNING ${columns}`,
    name,
    ...given
  ]
  /** Those of these positions that are parked; fails if one is not. */
  const chosen = (name: string, positions: ReadonlyArray<number> | undefined) =>
    Effect.flatMap(parked(name), (all) => {
      const there = all.map(({ position }) => position)
      const absent = (positions ?? []).filter((position) => !there.includes(position))
      return absent.length === 0
        ? Effect.succeed(positions ?? there)
        : Effect.fail(subscriptionError({ _tag: "NotParked", name, positions: absent }))
    })
  const toParked =
    (statement: string): Service["drop"] =>
    (name, positions) =>
      Effect.gen(function* () {
        const which = yield* chosen(name, positions)
        yield* toOne(
          name,
          altering(name, ""),
          ...which.map(
            (position): Statement => [
              `${statement} WHERE name = $1 AND position = CAST($2 AS bigint)`,
              name,
              position
            ]
          )
        )
        return which.length
      })
  const store: Service = {
    list,
    get,
    add: (name, definition, position) =>
      Effect.gen(function* () {
        yield* checkPosition(name, position)
        const stored = yield* checked(name, definition)
        const adding: Statement = [
          `INSERT INTO signalbox_subscription (name, id, definition, position, revision)
          VALUES ($1, $2, $3, CAST($4 AS bigint), 0) ON CONFLICT (name) DO NOTHING RETURNING ${columns}`,
          name,
          randomUUID(),
          stored,
          position
        ]
        const [row] = yield* run([adding], true)
        return row ? yield* subscriptionOf(row) : yield* subscriptionError({ _tag: "Exists", name })
      }),
    redefine: (name, definition) =>
      Effect.flatMap(checked(name, definition), (stored) =>
        toOne(name, altering(name, ", definition = $2", stored))
      ),
    remove: (name) =>
      Effect.asVoid(
        toOne(name, [`DELETE FROM signalbox_subscription WHERE name = $1 RETURNING ${columns}`, name])
      ),
    rewind: (name, position) =>
      Effect.andThen(
        checkPosition(name, position),
        toOne(
          name,
          altering(name, ", position = CAST($2 AS bigint), stopped = NULL", position),
          // They come again by themselves.
          ["DELETE FROM signalbox_parked WHERE name = $1 AND position > CAST($2 AS bigint)", name, position]
        )
      ),
    enable: (name) => toOne(name, altering(name, ", stopped = NULL")),
    parked,
    retry: toParked("UPDATE signalbox_parked SET due = 1"),
    drop: toParked("DELETE FROM signalbox_parked"),
    lease: (name) => leaseOf(store, database, name)
  }
  return store
}

/**
 * A store of subscriptions in a database: the same statements for SQLite and for Postgres.
 */
import { randomUUID } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { makeSqlLease } from "./makeSqlLease.ts"
import { Definition, type Parked, type Subscription, SubscriptionName } from "./Subscription.ts"
import { type SubscriptionError, subscriptionError } from "./SubscriptionError.ts"
import type { StoreError, SubscriptionStore } from "./SubscriptionStore.ts"
import { parkedOf, subscriptionColumns, subscriptionOf } from "./subscriptionOf.ts"
import type { Statement, SubscriptionDatabase } from "./subscriptionsLayout.ts"

type Service = SubscriptionStore["Service"]

const encodeDefinition = Schema.encodeSync(Schema.fromJsonString(Definition))
const isName = Schema.decodeUnknownOption(SubscriptionName)
const checkDefinition = Schema.decodeUnknownEffect(Definition, { onExcessProperty: "error", errors: "all" })

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

/** Asks a database about subscriptions, and has one changed. */
class Table {
  readonly run: SubscriptionDatabase["run"]

  constructor({ run }: SubscriptionDatabase) {
    this.run = run
  }

  get list(): Service["list"] {
    const query = `SELECT ${subscriptionColumns} FROM signalbox_subscription ORDER BY name`
    return Effect.flatMap(this.run([[query]], false), (rows) => Effect.forEach(rows, subscriptionOf))
  }

  missing(name: string): Effect.Effect<never, StoreError> {
    return Effect.flatMap(this.list, (all) =>
      Effect.fail(subscriptionError({ _tag: "Unknown", name, known: all.map((one) => one.name) }))
    )
  }

  get(name: string): Effect.Effect<Subscription, StoreError> {
    const query = `SELECT ${subscriptionColumns} FROM signalbox_subscription WHERE name = $1`
    return Effect.flatMap(this.run([[query, name]], false), ([row]) =>
      row ? subscriptionOf(row) : this.missing(name)
    )
  }

  parked(name: string): Effect.Effect<ReadonlyArray<Parked>, StoreError> {
    const query = `SELECT CAST(position AS double precision), error, tries, CAST(at AS double precision), due
      FROM signalbox_parked WHERE name = $1 ORDER BY position`
    const rows = Effect.map(this.run([[query, name]], false), (found) => found.map(parkedOf))
    return Effect.andThen(this.get(name), rows)
  }

  /** Does it to one that is there; the first statement answers its columns. */
  change(name: string, ...statements: ReadonlyArray<Statement>): Effect.Effect<Subscription, StoreError> {
    return Effect.flatMap(this.run(statements, true), ([row]) =>
      row ? subscriptionOf(row) : this.missing(name)
    )
  }

  /** Does it to these parked events, or to all; fails where one is not parked. Answers how many. */
  changeParked(
    name: string,
    positions: ReadonlyArray<number> | undefined,
    statement: string
  ): Effect.Effect<number, StoreError> {
    return Effect.gen({ self: this }, function* () {
      const there = (yield* this.parked(name)).map(({ position }) => position)
      const absent = (positions ?? []).filter((position) => !there.includes(position))
      if (absent.length > 0) return yield* subscriptionError({ _tag: "NotParked", name, positions: absent })
      const which = positions ?? there
      const each = which.map((position) => ofParked(statement, name, position))
      yield* this.change(name, altering(name), ...each)
      return which.length
    })
  }

  add(name: string, stored: string, position: number): Effect.Effect<Subscription, StoreError> {
    const adding: Statement = [
      `INSERT INTO signalbox_subscription (name, id, definition, position, revision)
      VALUES ($1, $2, $3, CAST($4 AS bigint), 0) ON CONFLICT (name) DO NOTHING RETURNING ${subscriptionColumns}`,
      name,
      randomUUID(),
      stored,
      position
    ]
    return Effect.flatMap(
      this.run([adding], true),
      ([row]): Effect.Effect<Subscription, StoreError> =>
        row ? subscriptionOf(row) : Effect.fail(subscriptionError({ _tag: "Exists", name }))
    )
  }
}

/** Whoever delivers it begins anew by that. */
const altering = (name: string, set = "", ...given: ReadonlyArray<string | number>): Statement => [
  `UPDATE signalbox_subscription SET revision = revision + 1${set} WHERE name = $1
  RETURNING ${subscriptionColumns}`,
  name,
  ...given
]

const ofParked = (statement: string, name: string, position: number, relation = "="): Statement => [
  `${statement} WHERE name = $1 AND position ${relation} CAST($2 AS bigint)`,
  name,
  position
]

const forgetting = "DELETE FROM signalbox_parked"

/** Makes the store of a database. */
export const makeSqlSubscriptionStore = (database: SubscriptionDatabase): Service => {
  const table = new Table(database)
  const removing = `DELETE FROM signalbox_subscription WHERE name = $1 RETURNING ${subscriptionColumns}`
  return {
    list: table.list,
    get: (name) => table.get(name),
    add: (name, definition, position) =>
      Effect.andThen(
        checkPosition(name, position),
        Effect.flatMap(checked(name, definition), (stored) => table.add(name, stored, position))
      ),
    redefine: (name, definition) =>
      Effect.flatMap(checked(name, definition), (stored) =>
        table.change(name, altering(name, ", definition = $2", stored))
      ),
    remove: (name) => Effect.asVoid(table.change(name, [removing, name])),
    rewind: (name, position) =>
      Effect.andThen(
        checkPosition(name, position),
        table.change(
          name,
          altering(name, ", position = CAST($2 AS bigint), stopped = NULL", position),
          // They come again by themselves.
          ofParked(forgetting, name, position, ">")
        )
      ),
    enable: (name) => table.change(name, altering(name, ", stopped = NULL")),
    parked: (name) => table.parked(name),
    retry: (name, positions) => table.changeParked(name, positions, "UPDATE signalbox_parked SET due = 1"),
    drop: (name, positions) => table.changeParked(name, positions, forgetting),
    lease: (name) => makeSqlLease(table, database, name)
  }
}

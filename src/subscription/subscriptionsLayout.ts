/**
 * Subscriptions in a database: how they are laid out, and what the database can do for them.
 */
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { LogError } from "../log/LogError.ts"

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

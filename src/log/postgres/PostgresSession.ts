/**
 * Sessions with a Postgres server, by its URL.
 *
 * Numbers travel as `float8`, which holds whatever JavaScript does, and text with its NULs escaped, since Postgres
 * takes none.
 */
import * as PgConnection from "@effect/sql-pg/PgConnection"
import * as PgTypes from "@effect/sql-pg/PgTypes"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import type { SqlError } from "effect/sql/SqlError"
import { settings } from "../../settings.ts"
import { type LogError, logError } from "../LogError.ts"
import { postgresReason } from "./postgresReason.ts"

export type PostgresSession = PgConnection.PgConnection
export type SessionConfig = PgConnection.Config

/** How to connect. What the URL leaves out is asked of the environment, where `ps` does not show it. */
export const configOf = (url: string): SessionConfig => {
  const given = URL.canParse(url) ? new URL(url) : undefined
  const password = process.env["PGPASSWORD"]
  const hasPassword = given?.password || given?.searchParams.has("password")
  return {
    url: Redacted.make(url),
    ...(!hasPassword && password && { password: Redacted.make(password) }),
    ...(!given?.searchParams.has("application_name") && { applicationName: "signalbox" }),
    keepAlive: settings.postgresKeepAliveMs,
    // An event has no limit of its own; this is what Postgres can send.
    maxMessageSize: 2 ** 30
  }
}

/** A session until the scope ends. */
export const connect = (config: SessionConfig): Effect.Effect<PostgresSession, SqlError, Scope.Scope> =>
  PgConnection.make(config)

/** What a session that holds a lock must be, whatever is usual there: a vanished one is missed soon. */
export const holding = {
  tcp_keepalives_idle: String(settings.postgresKeepAliveMs / 1_000),
  tcp_keepalives_interval: "1",
  tcp_keepalives_count: "10",
  default_transaction_isolation: "read committed"
}

/** Has failures told as those of the log that `log` names. */
export const telling =
  (log: string) =>
  <A, R>(effect: Effect.Effect<A, SqlError, R>): Effect.Effect<A, LogError, R> =>
    Effect.mapError(effect, (error) => logError(postgresReason(log, error)))

export const number = PgTypes.float8
export const numbers = (values: ReadonlyArray<number>): PgTypes.Parameter =>
  Result.getOrThrow(PgTypes.array(values, PgTypes.OID.float8))
export const texts = (values: ReadonlyArray<string | null>): PgTypes.Parameter =>
  Result.getOrThrow(PgTypes.array(values, PgTypes.OID.text))

export const bytes = (values: ReadonlyArray<Uint8Array>): PgTypes.Parameter =>
  Result.getOrThrow(PgTypes.array(values, PgTypes.OID.bytea))

/** Text as Postgres can keep it. */
export const escaped = (text: string): string =>
  text.includes("\\") || text.includes("\0")
    ? text.replace(/[\\\0]/g, (one) => (one === "\0" ? "\\0" : "\\\\"))
    : text

/** The text that was escaped. */
export const unescaped = (text: string): string =>
  text.includes("\\") ? text.replace(/\\(.)/g, (_, one) => (one === "0" ? "\0" : one)) : text

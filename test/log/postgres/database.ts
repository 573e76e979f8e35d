/**
 * Places for logs: in the database that `DATABASE_URL` names, else in a server of our own.
 */
import * as PgConnection from "@effect/sql-pg/PgConnection"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { SqlError } from "effect/sql/SqlError"
import { afterAll, beforeAll } from "vitest"
import { PostgresServer } from "./PostgresServer.ts"

/** What a statement answers at a URL. */
export const query = (url: string, sql: string) =>
  Effect.scoped(
    Effect.flatMap(PgConnection.make({ url: Redacted.make(url) }), (session) => session.queryValues(sql))
  )

/** A server for the tests of a file. */
export const startedServer = (): Effect.Effect<PostgresServer> => {
  let server: PostgresServer | undefined
  beforeAll(async () => {
    server = await PostgresServer.start()
  })
  afterAll(() => server?.stop())
  return Effect.suspend(() => (server ? Effect.succeed(server) : Effect.die("it has not started")))
}

/** The URL of a database for the tests of a file. */
const givenUrl = (): Effect.Effect<string> => {
  const given = process.env["DATABASE_URL"]
  return given === undefined ? Effect.map(startedServer(), ({ url }) => url) : Effect.succeed(given)
}

let made = 0

/** The URL of an empty schema of that database, there until the scope ends. */
export const emptySchema = Effect.fnUntraced(function* (database: string) {
  const schema = `signalbox_test_${process.pid}_${made++}`
  yield* Effect.acquireRelease(query(database, `CREATE SCHEMA ${schema}`), () =>
    Effect.orDie(query(database, `DROP SCHEMA ${schema} CASCADE`))
  )
  const url = new URL(database)
  url.searchParams.set("options", `-c search_path=${schema}`)
  return url.href
})

/** For the tests of a file: makes the URL of a place where no log is yet. */
export const emptyPlaces = (): Effect.Effect<string, never, Scope.Scope> => {
  const database = givenUrl()
  return Effect.orDie(Effect.flatMap(database, emptySchema))
}

/** What the server says where it refuses. */
export const messageOf = (effect: Effect.Effect<unknown, SqlError>): Effect.Effect<string, unknown> =>
  Effect.map(Effect.flip(effect), ({ reason }) => String((reason.cause as Error).message))

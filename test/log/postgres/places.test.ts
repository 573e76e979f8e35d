/**
 * What may stand where a log in Postgres is looked for. Whatever it is, it is told in a sentence and left as it is.
 */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { LogError } from "../../../src/log/LogError.ts"
import { makePostgresEventLog } from "../../../src/log/postgres/PostgresEventLog.ts"
import { shownUrl } from "../../../src/log/postgres/shownUrl.ts"
import { type Log, notes, readAll, reasonOf } from "../contract/Contract.ts"
import { emptyPlaces, query } from "./database.ts"

const emptyPlace = emptyPlaces()

const sentenceOf = (effect: Effect.Effect<unknown, LogError>) =>
  Effect.map(Effect.flip(effect), ({ message }) => message)

const lead = (log: Log) => Effect.scoped(log.lead({ holder: "ann" }))

/** All the ways to look at a log. */
const looks = (log: Log): ReadonlyArray<Effect.Effect<unknown, LogError>> => [
  log.head,
  readAll(log),
  Stream.runDrain(log.changes())
]

/** Three events, and no one who leads. */
const written = (log: Log) =>
  Effect.scoped(Effect.flatMap(log.lead({ holder: "ann" }), ({ append }) => append(notes(0, 3))))

/** What only the owner can do, and only on purpose. */
const tamper = (url: string, sql: string) =>
  Effect.andThen(
    query(url, "ALTER TABLE signalbox_event DISABLE TRIGGER ALL"),
    Effect.andThen(query(url, "ALTER TABLE signalbox_log DISABLE TRIGGER ALL"), query(url, sql))
  )

const changed = (url: string, change: (url: URL) => unknown): string => {
  const other = new URL(url)
  change(other)
  return other.href
}

describe("a place without a log", () => {
  it.live("is a place for one, which is there when someone leads", () =>
    Effect.gen(function* () {
      const url = yield* emptyPlace
      const log = yield* makePostgresEventLog(url)
      for (const look of looks(log))
        expect(yield* sentenceOf(look)).toBe(`there is no log at ${shownUrl(url)}`)
      yield* lead(log)
      expect(yield* log.head).toEqual({ position: 0, epoch: 1 })
    })
  )

  it.live("becomes one log, whoever comes at once", () =>
    Effect.gen(function* () {
      const url = yield* emptyPlace
      const names = ["ann", "bob", "cid", "dan"]
      const candidates = yield* Effect.forEach(
        names,
        (holder) => Effect.flatMap(makePostgresEventLog(url), (log) => Effect.option(log.lead({ holder }))),
        { concurrency: "unbounded" }
      )
      expect(candidates.filter(({ _tag }) => _tag === "Some")).toHaveLength(1)
      expect(yield* Effect.flatMap(makePostgresEventLog(url), ({ head }) => head)).toEqual({
        position: 0,
        epoch: 1
      })
    })
  )

  const others = {
    "CREATE TABLE signalbox_log (name text)": "its table signalbox_log is another program's",
    "CREATE TABLE signalbox_event (name text)":
      "its table signalbox_event or signalbox_log is another program's"
  }
  for (const [sql, found] of Object.entries(others)) {
    it.live(`is none where another program did ${sql}`, () =>
      Effect.gen(function* () {
        const url = yield* emptyPlace
        yield* query(url, sql)
        const reason = yield* reasonOf(lead(yield* makePostgresEventLog(url)))
        expect(reason).toEqual({ _tag: "NotALog", log: shownUrl(url), found })
        const tables = "SELECT count(*)::integer FROM pg_tables WHERE schemaname = current_schema()"
        expect(yield* query(url, tables)).toEqual([[1]])
      })
    )
  }
})

describe("a place that cannot be reached", () => {
  const ways: Readonly<Record<string, readonly [change: (url: URL) => unknown, issue: RegExp]>> = {
    "no server is there": [
      (url) => Object.assign(url, { port: "1" }),
      /^no server answers there \(.*ECONNREFUSED/
    ],
    "the host has no address": [
      (url) => Object.assign(url, { hostname: "no.invalid" }),
      /^its host is not known \(.*no\.invalid/
    ],
    "the password is wrong": [
      (url) => Object.assign(url, { password: "guess" }),
      /^it refuses this user or password \(.*"/
    ],
    "the database is not there": [
      (url) => Object.assign(url, { pathname: "/none" }),
      /^there is no such database \(.*"none"/
    ],
    "the schema is not there": [
      (url) => url.searchParams.set("options", "-c search_path=none"),
      /^there is no schema to make it in/
    ],
    "TLS is wanted and not to be had": [(url) => url.searchParams.set("sslmode", "require"), /TLS/]
  }
  for (const [what, [change, issue]] of Object.entries(ways)) {
    it.live(`says so when ${what}`, () =>
      Effect.gen(function* () {
        const url = changed(yield* emptyPlace, change)
        const reason = yield* reasonOf(lead(yield* makePostgresEventLog(url)))
        expect(reason).toMatchObject({ _tag: "Unavailable", issue: expect.stringMatching(issue) })
      })
    )
  }

  it.live("says so when it is no URL at all", () =>
    Effect.gen(function* () {
      const reason = yield* reasonOf(lead(yield* makePostgresEventLog("postgres:// no")))
      expect(reason).toMatchObject({ _tag: "Unavailable", log: "the Postgres log" })
    })
  )

  it.live("is told without its password", () =>
    Effect.gen(function* () {
      const url = changed(yield* emptyPlace, (one) => {
        one.port = "1"
        one.password = "hush1"
        one.searchParams.set("password", "hush2")
      })
      const log = yield* makePostgresEventLog(url)
      for (const use of [...looks(log), lead(log)]) {
        const error = yield* Effect.flip(use)
        expect(`${error.message} ${JSON.stringify(error)} ${error.stack}`).not.toMatch(/hush/)
      }
    })
  )

  it.live("is reached with the password of the environment where the URL has none", () =>
    Effect.gen(function* () {
      const url = yield* emptyPlace
      const { password } = new URL(url)
      const before = process.env["PGPASSWORD"]
      const set = (value: string | undefined) =>
        Effect.sync(() => {
          if (value === undefined) delete process.env["PGPASSWORD"]
          else process.env["PGPASSWORD"] = value
        })
      yield* Effect.acquireRelease(set(password), () => set(before))
      const log = yield* makePostgresEventLog(changed(url, (one) => Object.assign(one, { password: "" })))
      expect(yield* lead(log)).toMatchObject({ epoch: 1 })
    })
  )
})

describe("a log that was tampered with", () => {
  it.live("of a later format is left to later versions", () =>
    Effect.gen(function* () {
      const url = yield* emptyPlace
      const log = yield* makePostgresEventLog(url)
      yield* written(log)
      yield* query(url, "UPDATE signalbox_log SET format = 9")
      for (const use of [...looks(log), lead(log)]) {
        expect(yield* sentenceOf(use)).toBe(
          `${shownUrl(url)} has format 9, written by a later version; this one knows format 1`
        )
      }
    })
  )

  const damages: Readonly<Record<string, readonly [sql: string, sentence: RegExp]>> = {
    "an event of an unknown type": [
      "UPDATE signalbox_event SET type = 'RunTeleported' WHERE position = 2",
      /has events of type RunTeleported, written by a later version/
    ],
    "data that are no JSON": [
      `UPDATE signalbox_event SET data = '{"attempt": 1' WHERE position = 2`,
      /^the log is damaged at position 2: RunStarted cannot be read/
    ],
    "an event that is missing": [
      "DELETE FROM signalbox_event WHERE position = 2",
      /^the log is damaged at position 2: position 3 stands in its place; /
    ],
    "a last event that is missing": [
      "DELETE FROM signalbox_event WHERE position = 3",
      /^the log is damaged: it ends at position 3, and its last event is at 2; /
    ],
    "an end that is missing": [
      "DELETE FROM signalbox_log",
      /^the log is damaged: nothing says where it ends; /
    ]
  }
  for (const [what, [sql, sentence]] of Object.entries(damages)) {
    it.live(`${what} is told`, () =>
      Effect.gen(function* () {
        const url = yield* emptyPlace
        const log = yield* makePostgresEventLog(url)
        yield* written(log)
        yield* tamper(url, sql)
        for (const look of looks(log).slice(1)) expect(yield* sentenceOf(look)).toMatch(sentence)
      })
    )
  }

  it.live("an event that the store refuses takes its whole turn with it, and the next turn is taken", () =>
    Effect.gen(function* () {
      const log = yield* Effect.flatMap(emptyPlace, makePostgresEventLog)
      const { append } = yield* log.lead({ holder: "ann" })
      const illegal = notes(0, 3).map((event) => (event.position === 3 ? { ...event, turn: 1e300 } : event))
      expect(yield* reasonOf(append(illegal))).toMatchObject({
        _tag: "Unavailable",
        issue: "bigint out of range"
      })
      expect(yield* readAll(log)).toEqual([])
      yield* append(notes(0, 3))
      expect(yield* readAll(log)).toEqual(notes(0, 3))
    })
  )
})

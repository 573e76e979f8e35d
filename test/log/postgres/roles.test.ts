/**
 * Who may do what with a log in Postgres. What stands there, nobody changes; least of all who writes to it.
 */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { makePostgresEventLog, prepare } from "../../../src/log/postgres/PostgresEventLog.ts"
import { notes, readAll, reasonOf } from "../contract/Contract.ts"
import { emptyPlaces, messageOf, query } from "./database.ts"

const emptyPlace = emptyPlaces()

let made = 0

/** A log with three events, and the URL of a user who has only the role for writing it. */
const preparedLog = Effect.gen(function* () {
  const url = yield* emptyPlace
  const role = `signalbox "writer" ${process.pid}'s ${made++}`
  const user = `signalbox_test_user_${process.pid}_${made++}`
  const quoted = `"${role.replaceAll('"', '""')}"`
  yield* Effect.acquireRelease(query(url, `CREATE USER ${user} PASSWORD 'secret'`), () =>
    Effect.orDie(query(url, `DROP USER ${user}`))
  )
  yield* Effect.acquireRelease(prepare(url, { writer: role }), () =>
    Effect.orDie(Effect.andThen(query(url, `DROP OWNED BY ${quoted}`), query(url, `DROP ROLE ${quoted}`)))
  )
  yield* query(url, `GRANT ${quoted} TO ${user}`)
  const asUser = new URL(url)
  asUser.username = user
  asUser.password = "secret"
  const log = yield* makePostgresEventLog(asUser.href)
  yield* Effect.scoped(Effect.flatMap(log.lead({ holder: "ann" }), ({ append }) => append(notes(0, 3))))
  return { url, asUser: asUser.href, log }
})

const attempts = [
  "UPDATE signalbox_event SET actor = 'mallory' WHERE position = 2",
  "UPDATE signalbox_event SET actor = 'mallory' WHERE false",
  "DELETE FROM signalbox_event WHERE position = 3",
  "TRUNCATE signalbox_event",
  "DELETE FROM signalbox_log",
  "TRUNCATE signalbox_log",
  "UPDATE signalbox_log SET position = 2",
  "UPDATE signalbox_log SET epoch = 0",
  "UPDATE signalbox_log SET format = 0"
]
const denied = /permission denied for table signalbox_(event|log)/
const refused = /^(UPDATE|DELETE|TRUNCATE) of signalbox_(event|log) is refused: a log is only ever added to$/

describe("a role for writing", () => {
  it.live("leads, appends and reads", () =>
    Effect.gen(function* () {
      const { log } = yield* preparedLog
      const { append, epoch, position } = yield* log.lead({ holder: "bob" })
      expect({ epoch, position }).toEqual({ epoch: 2, position: 3 })
      yield* append(notes(3, 2))
      expect(yield* readAll(log)).toEqual(notes(0, 5))
    })
  )

  for (const sql of attempts) {
    it.live(`may not ${sql}`, () =>
      Effect.gen(function* () {
        const { asUser, log } = yield* preparedLog
        expect(yield* messageOf(query(asUser, sql))).toMatch(
          /SET (position|epoch)/.test(sql) ? refused : denied
        )
        expect(yield* readAll(log)).toEqual(notes(0, 3))
      })
    )
  }

  it.live("may not lift what refuses that", () =>
    Effect.gen(function* () {
      const { asUser } = yield* preparedLog
      const sql = "ALTER TABLE signalbox_event DISABLE TRIGGER ALL"
      expect(yield* messageOf(query(asUser, sql))).toMatch(/must be owner of table signalbox_event/)
    })
  )
})

describe("the owner of a log", () => {
  for (const sql of attempts) {
    it.live(`is refused to ${sql}`, () =>
      Effect.gen(function* () {
        const { url, log } = yield* preparedLog
        expect(yield* messageOf(query(url, sql))).toMatch(refused)
        expect(yield* readAll(log)).toEqual(notes(0, 3))
      })
    )
  }

  it.live("is refused as well where triggers are left out, as a replica does", () =>
    Effect.gen(function* () {
      const { url } = yield* preparedLog
      const asReplica = new URL(url)
      const given = asReplica.searchParams.get("options") ?? ""
      asReplica.searchParams.set("options", `${given} -c session_replication_role=replica`)
      for (const sql of attempts) expect(yield* messageOf(query(asReplica.href, sql))).toMatch(refused)
    })
  )
})

it.live("a log may be prepared again, and by many at once", () =>
  Effect.gen(function* () {
    const { url, log } = yield* preparedLog
    const prepareOften = (place: string) =>
      Effect.all(
        [1, 2, 3, 4, 5].map(() => prepare(place)),
        { concurrency: "unbounded" }
      )
    yield* prepareOften(url)
    expect(yield* log.head).toEqual({ position: 3, epoch: 1 })
    const another = yield* emptyPlace
    yield* prepareOften(another)
    expect(yield* Effect.flatMap(makePostgresEventLog(another), ({ head }) => head)).toEqual({
      position: 0,
      epoch: 0
    })
  })
)

it.live("who may not make a log is told so", () =>
  Effect.gen(function* () {
    const { asUser } = yield* preparedLog
    const elsewhere = new URL(asUser)
    const other = new URL(yield* emptyPlace)
    elsewhere.searchParams.set("options", other.searchParams.get("options") ?? "")
    const reason = yield* reasonOf(prepare(elsewhere.href))
    expect(reason).toMatchObject({
      _tag: "Unavailable",
      issue: expect.stringMatching(/^there is no schema to make it in/)
    })
  })
)

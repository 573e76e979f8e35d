/**
 * A log in Postgres with the events of another log, written in one transaction: all of it or nothing.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { settings } from "../../settings.ts"
import { chained } from "../chained.ts"
import type { Entry, Head } from "../EventLog.ts"
import type { ImportError } from "../ImportError.ts"
import { type LogError, logError } from "../LogError.ts"
import { ready } from "./PostgresEventLog.ts"
import {
  configOf,
  connect,
  number,
  numbers,
  type PostgresSession,
  telling,
  unescaped
} from "./PostgresSession.ts"
import { channel, columns, ownLock } from "./PostgresWriter.ts"
import { shownUrl } from "./shownUrl.ts"

/** Nobody takes the lead or appends until the transaction ends; whether someone leads now says their lock. */
const taking = `
  SELECT position::float8, holder, pg_try_advisory_xact_lock(${ownLock}, epoch::integer)
  FROM signalbox_log FOR UPDATE`

const inserting = `
  INSERT INTO signalbox_event (position, turn, at, type, version, run, actor, cause, epoch, data, hash)
  SELECT * FROM unnest(
    $1::float8[], $2::float8[], $3::float8[], $4::text[], $5::float8[], $6::text[], $7::text[], $8::text[], $9::float8[],
    $10::text[], $11::bytea[]
  )`

const ending = `
  UPDATE signalbox_log SET position = $1::float8, epoch = greatest(epoch, $2::float8)
  RETURNING pg_notify('${channel}', '')`

/** Finds the log empty and led by nobody. */
const take = Effect.fnUntraced(function* (log: string, session: PostgresSession) {
  const [[position, holder, free] = []] = yield* telling(log)(session.queryValues(taking))
  if (free !== true) {
    return yield* logError({ _tag: "Led", log, holder: unescaped(String(holder ?? "another process")) })
  }
  if (position !== 0) return yield* logError({ _tag: "NotEmpty", log, found: `${position} events` })
})

const fill = Effect.fnUntraced(function* <E, R>(
  log: string,
  session: PostgresSession,
  entries: Stream.Stream<Entry, E, R>
) {
  const head = { position: 0, epoch: 0 }
  yield* Stream.runForEachArray(Stream.rechunk(chained(entries), settings.readPageEvents), (page) => {
    const rows = page.map(({ row }) => row)
    for (const row of rows) head.epoch = Math.max(head.epoch, row[8])
    head.position += rows.length
    const given = [
      numbers(rows.map(([position]) => position)),
      ...columns(
        rows,
        page.map(({ hash }) => hash)
      )
    ]
    return telling(log)(session.queryValues(inserting, given))
  })
  yield* telling(log)(session.queryValues(ending, [number(head.position), number(head.epoch)]))
  return head
})

/**
 * Makes the log at a Postgres URL out of these entries, with their positions, epochs and hashes, checking that each follows
 * the one before; answers where it ends. Whoever leads it next has a higher epoch than any of them. Fails as `NotEmpty`
 * where the log has events, and as `Led` while someone leads it.
 */
export const restorePostgres = <E, R>(
  url: string,
  entries: Stream.Stream<Entry, E, R>
): Effect.Effect<Head, E | ImportError | LogError, R> =>
  Effect.gen(function* () {
    const log = shownUrl(url)
    const session = yield* telling(log)(connect(configOf(url)))
    const ask = (sql: string) => telling(log)(session.query(sql, [], false))
    yield* ready(log, session)
    return yield* Effect.acquireUseRelease(
      ask("BEGIN"),
      () =>
        Effect.gen(function* () {
          yield* take(log, session)
          const head: Head = yield* fill(log, session, entries)
          yield* ask("COMMIT")
          return head
        }),
      // After a commit there is nothing to take back.
      () => Effect.ignore(ask("ROLLBACK"))
    )
  }).pipe(Effect.scoped)

/**
 * A log in a Postgres database, for more than one machine: many processes read, one leads. Reads happen here, each
 * page in one statement; writes happen in `PostgresWriter.ts`.
 *
 * The URL is as `libpq` has it: user, password (or `PGPASSWORD`), host, port, database, `sslmode`, `options`; one
 * database holds several logs by `?options=-c search_path=…`. Writing takes a session of its own, so that there may
 * be no pooler on the way that gives a session to one transaction at a time.
 */
import * as PgPool from "@effect/sql-pg/PgPool"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { SqlError } from "effect/sql/SqlError"
import type { Event } from "../../queue/Event.ts"
import { settings } from "../../settings.ts"
import { fromRow, type Outline, type OutlineRow, outlineOf, type Row, toRow } from "../codec.ts"
import { type Candidate, type Entry, EventLog, type Head, type Lead } from "../EventLog.ts"
import { type Bounds, follow, type Pages, positionOf, readAll, readStored, WriteSignal } from "../follow.ts"
import { gapIn } from "../gapIn.ts"
import { LogError, logError } from "../LogError.ts"
import {
  configOf,
  connect,
  escaped,
  number,
  type PostgresSession,
  type SessionConfig,
  telling,
  unescaped
} from "./PostgresSession.ts"
import { channel, makePostgresWriter } from "./PostgresWriter.ts"
import { grantingTo, layingOut, postgresFormat } from "./postgresLayout.ts"
import { shownUrl } from "./shownUrl.ts"

interface Look extends Head {
  readonly format: number
}

const looking = `
  SELECT format::float8, position::float8, epoch::float8,
    (SELECT coalesce(max(position), 0) FROM signalbox_event)::float8
  FROM signalbox_log`

/** Where the log ends; fails where it is not there, or not as it should be. */
const look = (log: string, session: PostgresSession): Effect.Effect<Look, LogError> =>
  Effect.gen(function* () {
    const [row] = yield* telling(log)(session.queryValues(looking))
    if (!row) return yield* logError({ _tag: "Corrupt", issue: "nothing says where it ends" })
    const [format, position, epoch, last] = row.map(Number) as [number, number, number, number]
    if (format > postgresFormat) {
      const known = `format ${postgresFormat}`
      return yield* logError({ _tag: "NewerFormat", log, found: `format ${format}`, known })
    }
    if (position !== last) {
      const issue = `it ends at position ${position}, and its last event is at ${last}`
      return yield* logError({ _tag: "Corrupt", issue })
    }
    return { format, position, epoch }
  })

const layOut = (log: string, session: PostgresSession): Effect.Effect<void, LogError> =>
  Effect.forEach(layingOut, (statement) => telling(log)(session.query(statement, [], false)), {
    discard: true
  })

/** Lays the log out where there is none, or none of this format. */
export const ready = (log: string, session: PostgresSession): Effect.Effect<void, LogError> =>
  Effect.gen(function* () {
    const missing = (error: LogError) => error.reason._tag === "Missing"
    const found = yield* Effect.catchIf(look(log, session), missing, () => Effect.succeed(undefined))
    if (found?.format === postgresFormat) return
    yield* layOut(log, session)
    yield* look(log, session)
  })

const outlineColumns =
  "position::float8, turn::float8, at::float8, type, version, run, actor, cause, epoch::float8"
const entryColumns = `${outlineColumns}, data, hash`

const reading = (columns: string, ofRun: boolean) => `
  SELECT ${columns} FROM signalbox_event
  WHERE position > $1::float8::bigint AND position <= $2::float8::bigint ${ofRun ? "AND run = $4::text" : ""}
  ORDER BY position LIMIT $3::integer`

const orNull = (text: string | null): string | null => (text === null ? null : unescaped(text))

const entryOf = (found: ReadonlyArray<unknown>): Entry => {
  const row = found as unknown as readonly [...Row, hash: Uint8Array]
  const [position, turn, at, type, version, run, actor, cause, epoch, data, hash] = row
  const texts = [orNull(run), unescaped(actor), orNull(cause)] as const
  return { row: [position, turn, at, type, version, ...texts, epoch, data], hash }
}

const outlineFound = (found: ReadonlyArray<unknown>): Outline => {
  const [position, turn, at, type, version, run, actor, cause, epoch] = found as unknown as OutlineRow
  return outlineOf([position, turn, at, type, version, orNull(run), unescaped(actor), orNull(cause), epoch])
}

/** These columns of what stands there for a range, at most so many rows. */
const readRows = (
  log: string,
  session: PostgresSession,
  columns: string,
  { after, upTo, run }: Bounds,
  limit: number
) => {
  const given = [number(after), number(upTo), limit]
  const ofRun = run === undefined ? [] : [escaped(run)]
  return telling(log)(session.queryValues(reading(columns, run !== undefined), [...given, ...ofRun]))
}

const decode = (log: string, entries: ReadonlyArray<Entry>): Effect.Effect<ReadonlyArray<Event>, LogError> =>
  Effect.try({
    try: () => entries.map(({ row }) => fromRow(log, row)),
    catch: (error) =>
      error instanceof LogError ? error : logError({ _tag: "Corrupt", issue: String(error) })
  })

/** Wakes readers when someone has written. Where that is missed they look for themselves, from time to time. */
const listen = (config: SessionConfig, signal: WriteSignal): Effect.Effect<unknown, SqlError> =>
  Effect.gen(function* () {
    const session = yield* connect(config)
    const told = yield* session.listen(channel)
    // What was written before we listened was told to others only.
    signal.notify()
    return yield* Effect.forever(Effect.map(Queue.take(told), () => signal.notify()))
  }).pipe(Effect.scoped, Effect.retry(Schedule.spaced(settings.followIntervalMs)))

/** Who leads, as the log's owner has it in mind: the last lead of this process whose session was lost. */
interface Orphan {
  epoch?: number
}

const takeLead = (
  log: string,
  config: SessionConfig,
  signal: WriteSignal,
  orphan: Orphan,
  candidate: Candidate
): Effect.Effect<Lead, LogError, Scope.Scope> =>
  Effect.gen(function* () {
    const writer = yield* makePostgresWriter(
      {
        log,
        config,
        ready: (session) => ready(log, session),
        orphan: orphan.epoch,
        lost: (epoch) => {
          orphan.epoch = epoch
        }
      },
      candidate
    )
    const append: Lead["append"] = (events) =>
      Effect.suspend(() => {
        const gap = events[0] && gapIn(events[0].position - 1, events)
        if (gap) return Effect.fail(logError(gap))
        return Effect.map(writer.append(events.map(toRow)), () => signal.notify())
      })
    return { epoch: writer.epoch, position: writer.position, append }
  })

/** Makes the log at a Postgres URL. It is laid out when a coordinator first takes the lead, or by `prepare`. */
export const makePostgresEventLog = (url: string): Effect.Effect<EventLog["Service"], never, Scope.Scope> =>
  Effect.gen(function* () {
    const log = shownUrl(url)
    const config = configOf(url)
    const scope = yield* Effect.scope
    // It connects when it is first needed, and only then can it fail.
    const pool = yield* Effect.orDie(PgPool.make({ ...config, maxConnections: settings.postgresReadersMax }))
    const signal = new WriteSignal()
    const listening = yield* Effect.cached(Effect.forkIn(listen(config, signal), scope))
    const inSession = <A>(
      use: (session: PostgresSession) => Effect.Effect<A, LogError>
    ): Effect.Effect<A, LogError> => Effect.scoped(Effect.flatMap(telling(log)(pool.get), use))
    const head = Effect.map(
      inSession((session) => look(log, session)),
      ({ position, epoch }): Head => ({ position, epoch })
    )
    const rowsOf = (columns: string) => (range: Bounds, limit: number) =>
      inSession((session) => readRows(log, session, columns, range, limit))
    const entries = (range: Bounds, limit: number) =>
      Effect.map(rowsOf(entryColumns)(range, limit), (rows) => rows.map(entryOf))
    const outlines = (range: Bounds, limit: number) =>
      Effect.map(rowsOf(outlineColumns)(range, limit), (rows) => rows.map(outlineFound))
    const pages: Pages = {
      end: Effect.map(head, ({ position }) => position),
      page: (range, limit) => Effect.flatMap(entries(range, limit), (found) => decode(log, found))
    }
    const written = (version: number) =>
      Effect.andThen(listening, Effect.timeoutOption(signal.after(version), settings.followIntervalMs))
    const orphan: Orphan = {}
    return {
      head,
      read: (range) => readAll(pages, range),
      entries: (range) => readStored(pages.end, entries, positionOf, range),
      outlines: (range) => readStored(pages.end, outlines, ({ position }) => position, range),
      changes: (range) => follow(pages, signal, (version) => Effect.asVoid(written(version)), range),
      lead: (candidate) => takeLead(log, config, signal, orphan, candidate)
    }
  })

/** The log at a Postgres URL. */
export const layer = (url: string): Layer.Layer<EventLog> => Layer.effect(EventLog, makePostgresEventLog(url))

/**
 * Lays the log at a Postgres URL out, as the user of the URL, to whom it then belongs. With `writer`, lets that role
 * (made if there is none) lead the log and add to it, and nothing else: such a role can change no event and remove
 * none.
 */
export const prepare = (
  url: string,
  { writer }: { readonly writer?: string } = {}
): Effect.Effect<void, LogError> =>
  Effect.gen(function* () {
    const log = shownUrl(url)
    const session = yield* telling(log)(connect(configOf(url)))
    yield* ready(log, session)
    const grants = writer === undefined ? [] : grantingTo(writer)
    yield* Effect.forEach(grants, (grant) => telling(log)(session.query(grant, [], false)))
  }).pipe(Effect.scoped)

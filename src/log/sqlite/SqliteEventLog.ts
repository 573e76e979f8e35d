/**
 * A log in one SQLite file, safe against power loss: WAL with `synchronous = FULL`. Reads happen here, each page
 * in one go; writes happen in a thread of their own, `sqliteWriter.ts`, or, where that has nothing to do and the disk is quick,
 * here, in `DirectWriter.ts`.
 */
import type { DatabaseSync } from "node:sqlite"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { Event } from "../../queue/Event.ts"
import { settings } from "../../settings.ts"
import { fromRow, type Outline, type OutlineRow, outlineOf, type Row, toRow } from "../codec.ts"
import { type Candidate, type Entry, EventLog, type Head, type Lead } from "../EventLog.ts"
import { type Bounds, follow, type Pages, positionOf, readAll, readStored, WriteSignal } from "../follow.ts"
import { gapIn } from "../gapIn.ts"
import { LogError, logError } from "../LogError.ts"
import { DirectWriter } from "./DirectWriter.ts"
import { openForReading, reasonOf } from "./sqliteFile.ts"
import { WriterThread } from "./WriterThread.ts"

const attempt = <A>(path: string, run: () => A): Effect.Effect<A, LogError> =>
  Effect.try({
    try: run,
    catch: (error) => (error instanceof LogError ? error : logError(reasonOf(path, error)))
  })

/** A row of the table: the columns of an event, and its hash. */
type HashedRow = readonly [...Row, hash: Uint8Array]

/** What an event is read from. Its hash is for those who check it. */
const rowColumns = "position, turn, at, type, version, run, actor, cause, epoch, data"
const outlineColumns = rowColumns.replace(", data", "")

/** The reading half: one read-only connection, opened when it is first needed. */
class Reader {
  private readonly path: string
  private db: DatabaseSync | undefined

  constructor(path: string) {
    this.path = path
  }

  private get open(): DatabaseSync {
    this.db ??= openForReading(this.path)
    return this.db
  }

  head(): Head {
    const row = this.open
      .prepare("SELECT (SELECT coalesce(max(position), 0) FROM event) AS position, epoch FROM lead")
      .get()
    return { position: Number(row?.["position"]), epoch: Number(row?.["epoch"]) }
  }

  private rows<A>(columns: string, { after, upTo, run }: Bounds, limit: number): ReadonlyArray<A> {
    const ofRun = run === undefined ? "" : "run = ? AND"
    const where = `WHERE ${ofRun} position > ? AND position <= ? ORDER BY position LIMIT ?`
    const query = `SELECT ${columns} FROM event ${where}`
    const statement = this.open.prepare(query)
    statement.setReturnArrays(true)
    const ofOne = run === undefined ? [] : [run]
    return statement.all(...ofOne, after, upTo, limit) as unknown as ReadonlyArray<A>
  }

  page(range: Bounds, limit: number): ReadonlyArray<Event> {
    return this.rows<Row>(rowColumns, range, limit).map((row) => fromRow(this.path, row))
  }

  entries(range: Bounds, limit: number): ReadonlyArray<Entry> {
    return this.rows<HashedRow>("*", range, limit).map((row) => ({
      row: row.slice(0, -1) as unknown as Row,
      hash: row[10]
    }))
  }

  outlines(range: Bounds, limit: number): ReadonlyArray<Outline> {
    return this.rows<OutlineRow>(outlineColumns, range, limit).map(outlineOf)
  }

  close(): void {
    this.db?.close()
  }
}

const takeLead = (
  path: string,
  signal: WriteSignal,
  candidate: Candidate
): Effect.Effect<Lead, LogError, Scope.Scope> =>
  Effect.gen(function* () {
    const thread = yield* Effect.acquireRelease(
      Effect.sync(() => new WriterThread({ path, ...candidate })),
      (one) => one.release
    )
    const answer = yield* Effect.promise(() => thread.ready)
    if ("failed" in answer) return yield* logError(answer.failed)
    if (!("lead" in answer)) return yield* Effect.die(new Error("the writer did not say whether it leads"))
    const { lead } = answer
    const direct = yield* Effect.acquireRelease(
      attempt(path, () => new DirectWriter(path, lead.epoch)),
      (one) => Effect.sync(() => one.close())
    )
    const write = (rows: ReadonlyArray<Row>) => {
      const measures = thread.isIdle && direct.isFor(rows)
      const made = measures ? direct.append(rows) : undefined
      if (made) return made
      const began = performance.now()
      return Effect.map(thread.append(rows), () => {
        if (measures) direct.madeByThread(performance.now() - began)
      })
    }
    const append: Lead["append"] = (events) =>
      Effect.suspend(() => {
        const gap = events[0] && gapIn(events[0].position - 1, events)
        if (gap) return Effect.fail(logError(gap))
        return Effect.map(write(events.map(toRow)), () => signal.notify())
      })
    return { ...lead, append }
  })

/** Makes the log of the file at `path`. The file is made when a coordinator first takes the lead. */
export const makeSqliteEventLog = (path: string): Effect.Effect<EventLog["Service"], never, Scope.Scope> =>
  Effect.gen(function* () {
    const reader = new Reader(path)
    yield* Effect.addFinalizer(() => Effect.sync(() => reader.close()))
    const signal = new WriteSignal()
    const head = attempt(path, () => reader.head())
    const pages: Pages = {
      end: Effect.map(head, ({ position }) => position),
      page: (range, limit) => attempt(path, () => reader.page(range, limit))
    }
    // Another process may write: it cannot wake us, so we look from time to time.
    const written = (version: number) =>
      Effect.asVoid(Effect.timeoutOption(signal.after(version), settings.followIntervalMs))
    return {
      head,
      read: (range) => readAll(pages, range),
      entries: (range) =>
        readStored(
          pages.end,
          (from, limit) => attempt(path, () => reader.entries(from, limit)),
          positionOf,
          range
        ),
      outlines: (range) =>
        readStored(
          pages.end,
          (from, limit) => attempt(path, () => reader.outlines(from, limit)),
          ({ position }) => position,
          range
        ),
      changes: (range) => follow(pages, signal, written, range),
      lead: (candidate) => takeLead(path, signal, candidate)
    }
  })

/** The log of the file at `path`. */
export const layer = (path: string): Layer.Layer<EventLog> => Layer.effect(EventLog, makeSqliteEventLog(path))

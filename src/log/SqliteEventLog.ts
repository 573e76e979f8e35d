/**
 * A log in one SQLite file, safe against power loss: WAL with `synchronous = FULL`. Reads happen here, each page
 * in one go; writes happen in `sqliteWriter.ts`.
 */
import type { DatabaseSync } from "node:sqlite"
import { Worker } from "node:worker_threads"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { Event } from "../queue/Event.ts"
import { settings } from "../settings.ts"
import { fromRow, type Outline, type OutlineRow, outlineOf, type Row, toRow } from "./codec.ts"
import { type Candidate, type Entry, EventLog, type Head, type Lead } from "./EventLog.ts"
import { type Bounds, follow, type Pages, positionOf, readAll, readStored, WriteSignal } from "./follow.ts"
import { gapIn } from "./gapIn.ts"
import { LogError, type LogErrorReason, logError } from "./LogError.ts"
import { openForReading, reasonOf } from "./sqliteFile.ts"
import type { WriterAnswer, WriterData, WriterRequest } from "./sqliteWriter.ts"

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

/** From source the thread runs TypeScript, from a package JavaScript. */
const writerUrl = new URL(
  import.meta.url.endsWith(".ts") ? "./sqliteWriter.ts" : "./sqliteWriter.js",
  import.meta.url
)

/** The writing half, as seen from here: what the thread answers, in the order in which it was asked. */
class WriterThread {
  private readonly worker: Worker
  private readonly waiting: Array<(answer: WriterAnswer) => void> = []
  private readonly ended: Promise<void>
  private lost: LogErrorReason | undefined
  /** Its first answer, which comes unasked. */
  readonly ready: Promise<WriterAnswer>

  constructor(data: WriterData) {
    this.worker = new Worker(writerUrl, { workerData: data })
    this.worker.on("message", (answer: WriterAnswer) => this.waiting.shift()?.(answer))
    this.worker.on("error", (error) => this.lose(data.path, String(error)))
    this.ready = new Promise((resolve) => this.waiting.push(resolve))
    this.ended = new Promise((resolve) => {
      this.worker.on("exit", () => {
        this.lose(data.path, "its lead was let go")
        resolve()
      })
    })
  }

  private lose(log: string, issue: string): void {
    this.lost ??= { _tag: "Unavailable", log, issue }
    for (const waiter of this.waiting.splice(0)) waiter({ failed: this.lost })
  }

  append(rows: ReadonlyArray<Row>): Effect.Effect<void, LogError> {
    return Effect.callback((resume) => {
      if (this.lost) return resume(Effect.fail(logError(this.lost)))
      this.waiting.push((answer) =>
        resume("failed" in answer ? Effect.fail(logError(answer.failed)) : Effect.void)
      )
      this.worker.postMessage({ append: rows } satisfies WriterRequest)
    })
  }

  get release(): Effect.Effect<void> {
    return Effect.promise(() => {
      this.worker.postMessage({ release: true } satisfies WriterRequest)
      return this.ended
    })
  }
}

const takeLead = (
  path: string,
  signal: WriteSignal,
  candidate: Candidate
): Effect.Effect<Lead, LogError, Scope.Scope> =>
  Effect.gen(function* () {
    const writer = yield* Effect.acquireRelease(
      Effect.sync(() => new WriterThread({ path, ...candidate })),
      (thread) => thread.release
    )
    const answer = yield* Effect.promise(() => writer.ready)
    if ("failed" in answer) return yield* logError(answer.failed)
    if (!("lead" in answer)) return yield* Effect.die(new Error("the writer did not say whether it leads"))
    const append: Lead["append"] = (events) =>
      Effect.suspend(() => {
        const gap = events[0] && gapIn(events[0].position - 1, events)
        if (gap) return Effect.fail(logError(gap))
        return Effect.map(writer.append(events.map(toRow)), () => signal.notify())
      })
    return { ...answer.lead, append }
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

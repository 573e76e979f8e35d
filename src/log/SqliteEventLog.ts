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
import { fromRow, type Row, toRow } from "./codec.ts"
import { type Candidate, EventLog, type Head, type Lead } from "./EventLog.ts"
import { follow, type ReadPage, readAll, WriteSignal } from "./follow.ts"
import { LogError, type LogErrorReason, logError } from "./LogError.ts"
import { openForReading, reasonOf } from "./sqliteFile.ts"
import type { WriterAnswer, WriterData, WriterRequest } from "./sqliteWriter.ts"

const attempt = <A>(path: string, run: () => A): Effect.Effect<A, LogError> =>
  Effect.try({
    try: run,
    catch: (error) => (error instanceof LogError ? error : logError(reasonOf(path, error)))
  })

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

  page({ after, upTo, run }: Parameters<ReadPage>[0], limit: number): ReadonlyArray<Event> {
    const ofRun = run === undefined ? "" : "run = ? AND"
    const query = `SELECT * FROM event WHERE ${ofRun} position > ? AND position <= ? ORDER BY position LIMIT ?`
    const statement = this.open.prepare(query)
    statement.setReturnArrays(true)
    const rows = statement.all(
      ...(run === undefined ? [] : [run]),
      after,
      upTo,
      limit
    ) as unknown as Array<Row>
    return rows.map((row) => fromRow(this.path, row))
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

type Waiter = (answer: WriterAnswer) => void

/** The writing half, as seen from here. */
class WriterThread {
  private readonly worker: Worker
  private readonly waiting: Array<Waiter> = []
  private readonly ended: Promise<void>
  private lost: LogErrorReason | undefined

  constructor(data: WriterData) {
    this.worker = new Worker(writerUrl, { workerData: data })
    this.worker.on("message", (answer: WriterAnswer) => this.waiting.shift()?.(answer))
    this.worker.on("error", (error) => this.fail(data.path, String(error)))
    this.ended = new Promise((resolve) => {
      this.worker.on("exit", () => {
        this.fail(data.path, "its writer has ended")
        resolve()
      })
    })
  }

  private fail(log: string, issue: string): void {
    this.lost ??= { _tag: "Unavailable", log, issue }
    for (const waiter of this.waiting.splice(0)) waiter({ failed: this.lost })
  }

  /** The writer's next answer, after `request` if there is one. */
  answer(request?: WriterRequest): Effect.Effect<WriterAnswer, LogError> {
    return Effect.callback((resume) => {
      if (this.lost) return resume(Effect.fail(logError(this.lost)))
      this.waiting.push((answer) =>
        resume("failed" in answer ? Effect.fail(logError(answer.failed)) : Effect.succeed(answer))
      )
      if (request) this.worker.postMessage(request)
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
    const answer = yield* writer.answer()
    if (!("lead" in answer)) return yield* Effect.die(new Error("the writer did not say whether it leads"))
    const append: Lead["append"] = (events) =>
      Effect.map(writer.answer({ append: events.map(toRow) }), () => signal.notify())
    return { ...answer.lead, append }
  })

/** Makes the log of the file at `path`. The file is made when a coordinator first takes the lead. */
export const makeSqliteEventLog = (path: string): Effect.Effect<EventLog["Service"], never, Scope.Scope> =>
  Effect.gen(function* () {
    const reader = new Reader(path)
    yield* Effect.addFinalizer(() => Effect.sync(() => reader.close()))
    const signal = new WriteSignal()
    const readPage: ReadPage = (range, limit) => attempt(path, () => reader.page(range, limit))
    // Another process may write: it cannot wake us, so we look from time to time.
    const written = (version: number) =>
      Effect.asVoid(Effect.timeoutOption(signal.after(version), settings.followIntervalMs))
    return {
      head: attempt(path, () => reader.head()),
      read: (range) => readAll(readPage, range),
      changes: (range) => follow(readPage, signal, written, range),
      lead: (candidate) => takeLead(path, signal, candidate)
    }
  })

/** The log of the file at `path`. */
export const layer = (path: string): Layer.Layer<EventLog> => Layer.effect(EventLog, makeSqliteEventLog(path))

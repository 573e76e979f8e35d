/**
 * The writing half of `SqliteEventLog`, in a thread of its own: the next turn is computed while this one waits
 * for the disk.
 *
 * The lead is a lock on a file beside the log, which the kernel drops with the process, however it ends. The
 * lock decides who starts; the epoch in each append decides who still writes. Who takes over from one that hangs
 * puts a new lock file in the place of the old, which nobody looks at any more.
 */
import { realpathSync, rmSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { type MessagePort, parentPort, workerData } from "node:worker_threads"
import type { Row } from "../codec.ts"
import type { Candidate } from "../EventLog.ts"
import type { LogErrorReason } from "../LogError.ts"
import { SqliteAppender } from "./SqliteAppender.ts"
import { checkSound, closeAsItIs, isLocked, led, openForWriting, reasonOf } from "./sqliteFile.ts"

/** What the writer is started with. */
export interface WriterData extends Candidate {
  readonly path: string
}

/** What the writer is asked: rows to append, or to let go. */
export type WriterRequest = { readonly append: ReadonlyArray<Row> } | { readonly release: true }

/** What the writer answers: first that it leads, then one word for each append, in order; or why not. */
export type WriterAnswer =
  | { readonly lead: { readonly epoch: number; readonly position: number } }
  | { readonly appended: true }
  | { readonly failed: LogErrorReason }

const attempt = <A>(path: string, run: () => A): A | { readonly failed: LogErrorReason } => {
  try {
    return run()
  } catch (error) {
    return { failed: reasonOf(path, error) }
  }
}

class Writer {
  private readonly path: string
  private readonly db: DatabaseSync
  private readonly guard: DatabaseSync | undefined
  private readonly appender: SqliteAppender
  readonly epoch: number
  readonly position: number

  constructor({ path, holder, takeOver }: WriterData) {
    this.path = path
    this.db = openForWriting(path)
    try {
      // Candidates come one after the other: what one finds holds until it leads.
      this.db.exec("BEGIN IMMEDIATE")
      this.guard = this.lock(takeOver ?? false)
      checkSound(this.db, path)
      this.db.prepare("UPDATE lead SET epoch = epoch + 1, holder = ?").run(holder)
      this.db.exec("COMMIT")
      const end = this.db
        .prepare("SELECT epoch, (SELECT max(position) FROM event) AS position FROM lead")
        .get()
      this.epoch = Number(end?.["epoch"])
      this.position = Number(end?.["position"])
      this.appender = new SqliteAppender(this.db, this.epoch)
    } catch (error) {
      const reason = isLocked(error) ? this.led() : error
      closeAsItIs(path, () => this.close())
      throw reason
    }
  }

  private led(): Error {
    const row = this.db.prepare("SELECT holder FROM lead").get()
    return led(this.path, String(row?.["holder"] ?? "another process"))
  }

  private lock(takeOver: boolean): DatabaseSync {
    // One log has one lock, by whatever links it is reached.
    const file = `${realpathSync(this.path)}-lock`
    if (takeOver) rmSync(file, { force: true })
    const guard = new DatabaseSync(file, { timeout: 0 })
    try {
      guard.exec("PRAGMA journal_mode = OFF; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE")
      return guard
    } catch (error) {
      guard.close()
      throw error
    }
  }

  append(rows: ReadonlyArray<Row>): WriterAnswer {
    const failed = this.appender.append(rows)
    return failed ? { failed } : { appended: true }
  }

  release(): void {
    try {
      this.db.prepare("UPDATE lead SET holder = NULL WHERE epoch = ?").run(this.epoch)
      // At rest, the one file holds all that is in the log, even while others have it open.
      this.db.exec("PRAGMA wal_checkpoint(TRUNCATE)")
    } finally {
      this.close()
    }
  }

  private close(): void {
    this.db.close()
    this.guard?.close()
  }
}

const serve = (port: MessagePort, data: WriterData): void => {
  const answer = (word: WriterAnswer) => port.postMessage(word)
  const writer = attempt(data.path, () => new Writer(data))
  if (!(writer instanceof Writer)) {
    answer(writer)
    return
  }
  port.on("message", (request: WriterRequest) => {
    if ("append" in request) return answer(attempt(data.path, () => writer.append(request.append)))
    attempt(data.path, () => writer.release())
    port.close()
  })
  answer({ lead: { epoch: writer.epoch, position: writer.position } })
}

if (parentPort) serve(parentPort, workerData as WriterData)

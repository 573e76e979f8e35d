/**
 * The writing half of `SqliteEventLog`, in a thread of its own: the next turn is computed while this one waits
 * for the disk.
 *
 * The lead is a lock on a file beside the log, which the kernel drops with the process, however it ends. The
 * lock decides who starts; the epoch in each append decides who still writes. Who takes over from one that hangs
 * puts a new lock file in the place of the old, which nobody looks at any more.
 */
import { realpathSync, rmSync } from "node:fs"
import { DatabaseSync, type StatementSync } from "node:sqlite"
import { type MessagePort, parentPort, workerData } from "node:worker_threads"
import type { Row } from "./codec.ts"
import type { Candidate } from "./EventLog.ts"
import { eventHash, firstPrevious } from "./eventHash.ts"
import type { LogErrorReason } from "./LogError.ts"
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

type HashedRow = readonly [...Row, hash: Uint8Array]

/** Rows that go into one statement where there are as many: the call costs something besides its rows. */
const rowsTogether = 16

const insertion = (rows: number): string =>
  `INSERT INTO event VALUES ${Array(rows).fill("(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)").join(", ")}`

class Writer {
  private readonly path: string
  private readonly db: DatabaseSync
  private readonly guard: DatabaseSync | undefined
  private readonly head: StatementSync
  private readonly insertOne: StatementSync
  private readonly insertMany: StatementSync
  readonly epoch: number
  readonly position: number
  /** The hash of the last event. */
  private last: Uint8Array

  constructor({ path, holder, takeOver }: WriterData) {
    this.path = path
    this.db = openForWriting(path)
    try {
      // Candidates come one after the other: what one finds holds until it leads.
      this.db.exec("BEGIN IMMEDIATE")
      this.guard = this.lock(takeOver ?? false)
      checkSound(this.db, path)
      this.head = this.db.prepare("SELECT epoch, (SELECT max(position) FROM event) FROM lead")
      this.head.setReturnArrays(true)
      this.insertOne = this.db.prepare(insertion(1))
      this.insertMany = this.db.prepare(insertion(rowsTogether))
      this.db.prepare("UPDATE lead SET epoch = epoch + 1, holder = ?").run(holder)
      this.db.exec("COMMIT")
      ;[this.epoch, this.position] = this.found()
      const last = this.db.prepare("SELECT hash FROM event WHERE position = ?").get(this.position)
      this.last = last ? (last["hash"] as Uint8Array) : firstPrevious
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

  /** The epoch and the last position, as they stand in the file. */
  private found(): readonly [epoch: number, position: number] {
    const [epoch, position] = this.head.get() as unknown as readonly [number, number | null]
    return [epoch, position ?? 0]
  }

  private refusal(first: Row | undefined): LogErrorReason | undefined {
    const [current, found] = this.found()
    if (current !== this.epoch) return { _tag: "Fenced", epoch: this.epoch, current }
    if (!first || first[0] === found + 1) return undefined
    return { _tag: "PositionConflict", expected: first[0] - 1, found }
  }

  private insert(rows: ReadonlyArray<HashedRow>): void {
    const alone = rows.length % rowsTogether
    for (const row of rows.slice(0, alone)) this.insertOne.run(...row)
    for (let from = alone; from < rows.length; from += rowsTogether) {
      this.insertMany.run(...rows.slice(from, from + rowsTogether).flat())
    }
  }

  append(rows: ReadonlyArray<Row>): WriterAnswer {
    this.db.exec("BEGIN IMMEDIATE")
    try {
      const failed = this.refusal(rows[0])
      let { last } = this
      if (!failed) {
        this.insert(
          rows.map((row) => {
            last = eventHash(last, row)
            return [...row, last]
          })
        )
      }
      this.db.exec(failed ? "ROLLBACK" : "COMMIT")
      this.last = last
      return failed ? { failed } : { appended: true }
    } catch (error) {
      if (this.db.isTransaction) this.db.exec("ROLLBACK")
      throw error
    }
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

/**
 * Appends of few events to an SQLite file that are made in the coordinator's own thread. The way to the writer's thread and
 * back takes as long as half a commit on a quick disk.
 */
import type { DatabaseSync } from "node:sqlite"
import * as Effect from "effect/Effect"
import { settings } from "../../settings.ts"
import type { Row } from "../codec.ts"
import { type LogError, logError } from "../LogError.ts"
import { SqliteAppender } from "./SqliteAppender.ts"
import { isLocked, openBeside, reasonOf } from "./sqliteFile.ts"

/** Beside the thread that leads, and only while that has nothing to do. */
export class DirectWriter {
  private readonly path: string
  private readonly now: () => number
  private readonly db: DatabaseSync
  private readonly appender: SqliteAppender
  /** How long the last append of few events took, whoever made it. */
  private lastMs = Number.POSITIVE_INFINITY
  private inARow = 0

  /** `now` is a clock that counts milliseconds. */
  constructor(path: string, epoch: number, now = () => performance.now()) {
    this.path = path
    this.now = now
    this.db = openBeside(path)
    this.appender = new SqliteAppender(this.db, epoch)
  }

  /** Whether the rows are so few that they tell how quick the disk is. */
  isFor(rows: ReadonlyArray<Row>): boolean {
    return rows.length <= settings.directEventsMax
  }

  /** Undefined where it had better be the thread: the disk may be slow, or another process writes just now. */
  append(rows: ReadonlyArray<Row>): Effect.Effect<void, LogError> | undefined {
    // What it writes stays in the write-ahead log until the thread appends, which moves it.
    if (this.lastMs > settings.directCommitMs || this.inARow === settings.directAppendsMax) return undefined
    const began = this.now()
    try {
      const failed = this.appender.append(rows)
      this.inARow++
      return failed ? Effect.fail(logError(failed)) : Effect.void
    } catch (error) {
      return isLocked(error) ? undefined : Effect.fail(logError(reasonOf(this.path, error)))
    } finally {
      this.lastMs = this.now() - began
    }
  }

  /** The thread has made an append of few events, alone. */
  madeByThread(tookMs: number): void {
    this.lastMs = tookMs
    this.inARow = 0
  }

  close(): void {
    this.db.close()
  }
}

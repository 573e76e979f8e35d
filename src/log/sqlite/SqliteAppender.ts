/**
 * Appends to a log in an SQLite file over one connection. It keeps nothing of where the log ends, so that two of them may
 * write by turns.
 */
import type { DatabaseSync, StatementSync } from "node:sqlite"
import type { Row } from "../codec.ts"
import { eventHash, firstPrevious } from "../eventHash.ts"
import type { LogErrorReason } from "../LogError.ts"

type HashedRow = readonly [...Row, hash: Uint8Array]

/** Rows that go into one statement where there are as many: the call costs something besides its rows. */
const rowsTogether = 16

const insertion = (rows: number): string =>
  `INSERT INTO event VALUES ${Array(rows).fill("(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)").join(", ")}`

const head = `SELECT lead.epoch, event.position, event.hash FROM lead
  LEFT JOIN event ON event.position = (SELECT max(position) FROM event)`

/** Where a log ends, as it stands in the file. */
interface End {
  readonly epoch: number
  readonly position: number
  readonly hash: Uint8Array
}

/** Of an open log, under one epoch. */
export class SqliteAppender {
  private readonly db: DatabaseSync
  private readonly epoch: number
  private readonly begin: StatementSync
  private readonly commit: StatementSync
  private readonly head: StatementSync
  private readonly insertOne: StatementSync
  private readonly insertMany: StatementSync

  constructor(db: DatabaseSync, epoch: number) {
    this.db = db
    this.epoch = epoch
    this.begin = db.prepare("BEGIN IMMEDIATE")
    this.commit = db.prepare("COMMIT")
    this.head = db.prepare(head)
    this.head.setReturnArrays(true)
    this.insertOne = db.prepare(insertion(1))
    this.insertMany = db.prepare(insertion(rowsTogether))
  }

  private get end(): End {
    const [epoch, position, hash] = this.head.get() as unknown as [number, number | null, Uint8Array | null]
    return { epoch, position: position ?? 0, hash: hash ?? firstPrevious }
  }

  private refusal(first: Row | undefined, end: End): LogErrorReason | undefined {
    if (end.epoch !== this.epoch) return { _tag: "Fenced", epoch: this.epoch, current: end.epoch }
    if (!first || first[0] === end.position + 1) return undefined
    return { _tag: "PositionConflict", expected: first[0] - 1, found: end.position }
  }

  private insert(rows: ReadonlyArray<HashedRow>): void {
    const alone = rows.length % rowsTogether
    for (const row of rows.slice(0, alone)) this.insertOne.run(...row)
    for (let from = alone; from < rows.length; from += rowsTogether) {
      this.insertMany.run(...rows.slice(from, from + rowsTogether).flat())
    }
  }

  /** Makes rows durable, all of them, or says why they cannot be. Throws what SQLite throws, and then none of them is there. */
  append(rows: ReadonlyArray<Row>): LogErrorReason | undefined {
    this.begin.run()
    try {
      const { end } = this
      const failed = this.refusal(rows[0], end)
      if (!failed) {
        let last = end.hash
        this.insert(
          rows.map((row) => {
            last = eventHash(last, row)
            return [...row, last]
          })
        )
      }
      if (failed) this.db.exec("ROLLBACK")
      else this.commit.run()
      return failed
    } catch (error) {
      if (this.db.isTransaction) this.db.exec("ROLLBACK")
      throw error
    }
  }
}

/**
 * Where benchmarks write: a real disk, the same for ours and for the baseline.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { toRow } from "../../src/log/codec.ts"
import { eventHash, firstPrevious } from "../../src/log/eventHash.ts"
import { openForWriting } from "../../src/log/sqlite/sqliteFile.ts"
import { lives } from "./lives.ts"

/** Runs with a fresh folder; `SIGNALBOX_BENCH_DIR` says on which disk. */
export const withFolder = async <A>(use: (folder: string) => Promise<A>): Promise<A> => {
  const folder = mkdtempSync(join(process.env["SIGNALBOX_BENCH_DIR"] ?? tmpdir(), "signalbox-bench-"))
  try {
    return await use(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** An event's columns as SQLite has them. */
export type RawRow = ReadonlyArray<string | number | null | Uint8Array>

/** All rows of a log, in order. */
export const rowsOf = (log: string): ReadonlyArray<RawRow> => {
  const db = new DatabaseSync(log, { readOnly: true })
  const statement = db.prepare("SELECT * FROM event ORDER BY position")
  statement.setReturnArrays(true)
  const rows = statement.all() as unknown as ReadonlyArray<RawRow>
  db.close()
  return rows
}

/** A file of the layout of a log, written by one prepared statement, with nothing decided or hashed. */
export const rawLog = (file: string) => {
  const db = openForWriting(file)
  const insert = db.prepare("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
  return {
    /** Makes rows durable; answers the milliseconds that it took. */
    commit: (rows: ReadonlyArray<RawRow>): number => {
      const began = performance.now()
      db.exec("BEGIN IMMEDIATE")
      for (const row of rows) insert.run(...row)
      db.exec("COMMIT")
      return performance.now() - began
    },
    close: () => db.close()
  }
}

/** The same rows in the same commits, straight into a file. */
export const appendRaw = (file: string, commits: ReadonlyArray<ReadonlyArray<RawRow>>): void => {
  const raw = rawLog(file)
  for (const rows of commits) raw.commit(rows)
  raw.close()
}

/** So many lives with their hashes, as a coordinator would have written them; answers how many events they are. */
export const appendLives = (file: string, count: number, inFlight: number): number => {
  const raw = rawLog(file)
  let last = firstPrevious
  let events = 0
  for (const turn of lives(count, inFlight)) {
    const rows = turn.map((event) => {
      const row = toRow(event)
      last = eventHash(last, row)
      return [...row, last]
    })
    raw.commit(rows)
    events += rows.length
  }
  raw.close()
  return events
}

/** Rows by the turn that wrote them: one commit each. */
export const byTurn = (rows: ReadonlyArray<RawRow>): ReadonlyArray<ReadonlyArray<RawRow>> => [
  ...Map.groupBy(rows, (row) => row[1]).values()
]

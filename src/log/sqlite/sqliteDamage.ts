/**
 * What is wrong with the file of a log that is about to be written. Cheap after a clean end: the length of the file, and the
 * chain of the last events, whatever the length of the log. After any other end a write-ahead log was left behind: then that is checked, and each
 * page of the file, which takes about a tenth of the time that reading all events takes.
 *
 * Whoever asks has the lead and an open transaction, so that nothing moves meanwhile.
 */
import { readFileSync, statSync } from "node:fs"
import type { DatabaseSync } from "node:sqlite"
import { settings } from "../../settings.ts"
import type { Row } from "../codec.ts"
import { eventHash, firstPrevious } from "../eventHash.ts"
import type { LogErrorReason } from "../LogError.ts"
import { walDamage } from "./walDamage.ts"

type Corrupt = Extract<LogErrorReason, { readonly _tag: "Corrupt" }>

/** A row of the table: the columns of an event, and its hash. */
type HashedRow = readonly [...Row, hash: Uint8Array]

const corrupt = (issue: string, position?: number): Corrupt => ({
  _tag: "Corrupt",
  ...(position !== undefined && { position }),
  issue
})

const isNext = (row: HashedRow, previous: Uint8Array): boolean => {
  try {
    const hash = eventHash(previous, row.slice(0, -1) as unknown as Row)
    return Buffer.compare(hash, row[10]) === 0
  } catch {
    return false
  }
}

/** The end of the log: dense, and each hash as it follows from the one before. */
const endDamage = (db: DatabaseSync): Corrupt | undefined => {
  const query = db.prepare("SELECT * FROM event ORDER BY position DESC LIMIT ?")
  query.setReturnArrays(true)
  const rows = (query.all(settings.endCheckedEvents) as unknown as ReadonlyArray<HashedRow>).toReversed()
  const [first] = rows
  if (!first) return undefined
  let [position] = first
  let previous = position === 1 ? firstPrevious : undefined
  for (const row of rows) {
    if (row[0] !== position) return corrupt(`position ${row[0]} stands in its place`, position)
    if (previous && !isNext(row, previous)) return corrupt("what it says does not match its hash", position)
    previous = row[10]
    position++
  }
  return undefined
}

/** Whether all pages of the file fit together. */
export const pagesDamage = (db: DatabaseSync): Corrupt | undefined => {
  const said = Object.values(db.prepare("PRAGMA quick_check(1)").get() ?? {})[0]
  return said === "ok" ? undefined : corrupt(String(said).replace(/^\*\*\* in database main \*\*\*\n/, ""))
}

const leftDamage = (wal: string, pageBytes: number): Corrupt | undefined => {
  const frame = walDamage(readFileSync(wal), pageBytes)
  if (frame === undefined) return undefined
  const where = frame === 0 ? "at its beginning" : `at its page ${frame}`
  return corrupt(`${wal} is damaged ${where}, and what was acknowledged stands behind it`)
}

/** What is wrong with the log at `path`, open as `db`; undefined if nothing is. Throws where SQLite finds it first. */
export const sqliteDamage = (db: DatabaseSync, path: string): Corrupt | undefined => {
  const wal = `${path}-wal`
  const pageBytes = Number(Object.values(db.prepare("PRAGMA page_size").get() ?? {})[0])
  if ((statSync(wal, { throwIfNoEntry: false })?.size ?? 0) > 0) {
    return leftDamage(wal, pageBytes) ?? pagesDamage(db) ?? endDamage(db)
  }
  // SQLite itself finds where whole pages are missing.
  const isWhole = statSync(path).size % pageBytes === 0
  return isWhole ? endDamage(db) : corrupt(`${path} ends in the middle of a page`)
}

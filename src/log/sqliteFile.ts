/**
 * A log as an SQLite file: how it is laid out, how it is told from other files.
 */
import { statSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import type { LogErrorReason } from "./LogError.ts"

/** "SgBx": marks the file as a log. */
const applicationId = 0x53674278
/** The layout below. A later layout has a higher number. */
const formatVersion = 1

const layout = `
  CREATE TABLE event (
    position INTEGER PRIMARY KEY,
    turn INTEGER NOT NULL,
    at INTEGER NOT NULL,
    type TEXT NOT NULL,
    version INTEGER NOT NULL,
    run TEXT,
    actor TEXT NOT NULL,
    cause TEXT,
    epoch INTEGER NOT NULL,
    data TEXT NOT NULL,
    hash BLOB NOT NULL
  ) STRICT;
  CREATE INDEX event_of_run ON event (run, position) WHERE run IS NOT NULL;
  CREATE TABLE lead (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    epoch INTEGER NOT NULL,
    holder TEXT
  ) STRICT;
  INSERT INTO lead VALUES (1, 0, NULL);
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${formatVersion};
`

/** Thrown where a file cannot be used as a log. Plain, so that the writer's thread has no schemas to load. */
class Obstacle extends Error {
  readonly reason: LogErrorReason

  constructor(reason: LogErrorReason) {
    super(reason._tag)
    this.reason = reason
  }
}

/** Someone else leads the log at `path`. */
export const led = (path: string, holder: string): Error => new Obstacle({ _tag: "Led", log: path, holder })

/** SQLite's result codes, those that a person can do something about. */
const meanings: Readonly<Record<number, string>> = {
  5: "it is locked by another program",
  6: "it is locked by another program",
  8: "it or its folder is read-only",
  10: "the disk reports an error",
  13: "the disk is full",
  14: "it cannot be opened: its folder is missing, read-only or closed to this user",
  23: "access to it is denied"
}

const codeOf = (error: unknown): number | undefined => {
  const code = typeof error === "object" && error !== null && "errcode" in error ? error.errcode : undefined
  return typeof code === "number" ? code & 0xff : undefined
}

/** Whether the error only says that someone else holds the file. */
export const isLocked = (error: unknown): boolean => codeOf(error) === 5 || codeOf(error) === 6

/** What an error, SQLite's or one thrown here, means for the log at `path`. */
export const reasonOf = (path: string, error: unknown): LogErrorReason => {
  if (error instanceof Obstacle) return error.reason
  const code = codeOf(error)
  const said = error instanceof Error ? error.message : String(error)
  if (code === 26) return { _tag: "NotALog", log: path, found: "no SQLite file" }
  if (code === 11) return { _tag: "Corrupt", issue: said }
  const meaning = code === undefined ? undefined : meanings[code]
  return { _tag: "Unavailable", log: path, issue: meaning ? `${meaning} (${said})` : said }
}

const pragma = (db: DatabaseSync, name: string): number =>
  Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0])

const isEmpty = (db: DatabaseSync): boolean =>
  db.prepare("SELECT 1 FROM sqlite_schema LIMIT 1").get() === undefined

const check = (db: DatabaseSync, path: string): void => {
  if (pragma(db, "application_id") !== applicationId) {
    throw new Obstacle({ _tag: "NotALog", log: path, found: "an SQLite file of another program" })
  }
  const version = pragma(db, "user_version")
  if (version > formatVersion) {
    const known = `format ${formatVersion}`
    throw new Obstacle({ _tag: "NewerFormat", log: path, found: `format ${version}`, known })
  }
}

/** Whether something is there; throws if it is no file. */
const isThere = (path: string): boolean => {
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats && !stats.isFile()) throw new Obstacle({ _tag: "NotALog", log: path, found: "no file" })
  return stats !== undefined
}

/** Closes the file again where `use` fails. */
const using = (db: DatabaseSync, use: () => void): DatabaseSync => {
  try {
    use()
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** Opens a log that is there, for reading only. Throws what `reasonOf` explains. */
export const openForReading = (path: string): DatabaseSync => {
  if (!isThere(path)) throw new Obstacle({ _tag: "Missing", log: path })
  const db = new DatabaseSync(path, { readOnly: true, timeout: 5_000 })
  return using(db, () => {
    // One that is just being made is not there yet.
    if (isEmpty(db)) throw new Obstacle({ _tag: "Missing", log: path })
    check(db, path)
  })
}

const layOut = (db: DatabaseSync): void => {
  db.exec("BEGIN IMMEDIATE")
  // Of two that have found it empty, the second one finds what the first has laid out.
  if (isEmpty(db)) db.exec(layout)
  db.exec("COMMIT")
}

/** Opens a log for writing, laying it out if there is none. Throws what `reasonOf` explains. */
export const openForWriting = (path: string): DatabaseSync => {
  isThere(path)
  const db = new DatabaseSync(path, { timeout: 5_000 })
  return using(db, () => {
    if (isEmpty(db)) layOut(db)
    check(db, path)
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000")
  })
}

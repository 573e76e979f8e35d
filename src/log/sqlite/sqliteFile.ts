/**
 * A log as an SQLite file: how it is laid out, how it is told from other files.
 */
import { realpathSync, statSync } from "node:fs"
import { dirname } from "node:path"
import { DatabaseSync } from "node:sqlite"
import type { LogErrorReason } from "../LogError.ts"
import { fileSystemAt } from "./fileSystemAt.ts"
import { sqliteDamage } from "./sqliteDamage.ts"

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

const resultCode = (error: unknown): number | undefined => {
  const code = typeof error === "object" && error !== null && "errcode" in error ? error.errcode : undefined
  return typeof code === "number" ? code : undefined
}

/** Without the details that SQLite adds to it. */
const codeOf = (error: unknown): number | undefined => {
  const code = resultCode(error)
  return code === undefined ? undefined : code & 0xff
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
const using = (db: DatabaseSync, use: () => void, close = () => db.close()): DatabaseSync => {
  try {
    use()
    return db
  } catch (error) {
    close()
    throw error
  }
}

/** What a crash has cut off while the file was laid out is taken back, which only who may write can do. */
const rollBack = (path: string): void => {
  const db = new DatabaseSync(path, { timeout: 5_000 })
  using(db, () => isEmpty(db)).close()
}

/** SQLITE_READONLY_ROLLBACK. */
const cutOff = 776

const openReader = (path: string): DatabaseSync => {
  const db = new DatabaseSync(path, { readOnly: true, timeout: 5_000 })
  return using(db, () => {
    // One that is just being made is not there yet.
    if (isEmpty(db)) throw new Obstacle({ _tag: "Missing", log: path })
    check(db, path)
  })
}

/** Opens a log that is there, for reading only. Throws what `reasonOf` explains. */
export const openForReading = (path: string): DatabaseSync => {
  if (!isThere(path)) throw new Obstacle({ _tag: "Missing", log: path })
  try {
    return openReader(path)
  } catch (error) {
    if (resultCode(error) !== cutOff) throw error
    rollBack(path)
    return openReader(path)
  }
}

/** Throws if the log, which nobody else writes meanwhile, is damaged. */
export const checkSound = (db: DatabaseSync, path: string): void => {
  const damage = sqliteDamage(db, realpathSync(path))
  if (damage) throw new Obstacle(damage)
}

/** A connection that only looks; undefined where that is not possible. */
const look = (path: string): DatabaseSync | undefined => {
  try {
    const db = new DatabaseSync(path, { readOnly: true })
    // It takes part from its first look on.
    return using(db, () => db.prepare("PRAGMA schema_version").get())
  } catch {
    return undefined
  }
}

/**
 * Lets go of a log that was open for writing and leaves it as it is. Whoever closes it last, and may write, brings what
 * stands beside the file into it; a damaged log could not be looked at any more as it was found.
 */
export const closeAsItIs = (path: string, close: () => void): void => {
  const last = look(path)
  close()
  last?.close()
}

const layOut = (db: DatabaseSync): void => {
  db.exec("BEGIN IMMEDIATE")
  // Of two that have found it empty, the second one finds what the first has laid out.
  if (isEmpty(db)) db.exec(layout)
  db.exec("COMMIT")
}

/** Whether the place holds what it is trusted with; throws if not. A missing folder is SQLite's to tell. */
const checkPlace = (path: string, isOld: boolean, at: typeof fileSystemAt): void => {
  const place = isOld ? realpathSync(path) : dirname(path)
  if (!isOld && !statSync(place, { throwIfNoEntry: false })) return
  const { name, kind } = at(place)
  const why = `it stands on ${name}, where`
  if (kind === "shared") {
    const issue = `${why} the locks of several machines do not hold; put it on a local disk, or in Postgres`
    throw new Obstacle({ _tag: "Unavailable", log: path, issue })
  }
  if (kind === "unknown") {
    const issue = `${why} locks may not hold: let no second machine reach it, or put it on a local disk`
    process.emitWarning(`${path}: ${issue}`, { type: "SignalboxWarning" })
  }
}

/** SQLite takes what stands beside an empty file for rubbish, and removes it. */
const checkTogether = (path: string): void => {
  const sizeOf = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0
  if (sizeOf(path) > 0 || sizeOf(`${path}-wal`) === 0) return
  const issue = `${path} is empty or gone, and ${path}-wal, which belongs to it, is not`
  throw new Obstacle({ _tag: "Corrupt", issue })
}

/** Opens a log for writing, laying it out if there is none. Throws what `reasonOf` explains. */
export const openForWriting = (path: string, at: typeof fileSystemAt = fileSystemAt): DatabaseSync => {
  checkPlace(path, isThere(path), at)
  checkTogether(path)
  const db = new DatabaseSync(path, { timeout: 5_000 })
  const open = () => {
    if (isEmpty(db)) layOut(db)
    check(db, path)
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000")
  }
  return using(db, open, () => closeAsItIs(path, () => db.close()))
}

/** A second connection of the process that leads the log: one that waits for nothing, and leaves the write-ahead log alone. */
export const openBeside = (path: string): DatabaseSync => {
  const db = new DatabaseSync(path, { timeout: 0 })
  return using(db, () => db.exec("PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0"))
}

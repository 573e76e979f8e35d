/**
 * A copy of a log in SQLite, as it is at one moment, while a coordinator may go on writing it. One read transaction holds
 * that moment: nobody waits for it, and no write has the copy begin anew.
 *
 * The copy is checked whole before it has its name, so that a file of that name is complete. It keeps no write-ahead log,
 * so that it can be read where nothing can be written; the first coordinator that leads it begins one.
 */
import { closeSync, existsSync, fsyncSync, linkSync, openSync, renameSync, rmSync, statSync } from "node:fs"
import { dirname } from "node:path"
import { backup as copyPages, DatabaseSync } from "node:sqlite"
import * as Effect from "effect/Effect"
import { settings } from "../../settings.ts"
import { LogError, logError } from "../LogError.ts"
import { verifyEntries } from "../verifyEntries.ts"
import { makeSqliteEventLog } from "./SqliteEventLog.ts"
import { pagesDamage } from "./sqliteDamage.ts"
import { openForReading, reasonOf } from "./sqliteFile.ts"

/** A copy that was made. */
export interface Backup {
  readonly target: string
  /** Of its last event; 0 if there is none. */
  readonly position: number
  /** The hash of its last event, in hexadecimal digits. */
  readonly hash: string
  readonly bytes: number
}

const noBackup = (target: string, issue: string): LogError => logError({ _tag: "NoBackup", target, issue })

const exists = "it exists already, and a backup writes over nothing"

/** What an error means for the copy. */
const refusal = (target: string, error: unknown): LogError => {
  if (error instanceof LogError) return error
  const code = error instanceof Error && "code" in error ? error.code : undefined
  if (code === "EEXIST") return noBackup(target, exists)
  const reason = reasonOf(target, error)
  return noBackup(target, "issue" in reason ? reason.issue : String(error))
}

const attempt = <A>(target: string, run: () => A): Effect.Effect<A, LogError> =>
  Effect.try({ try: run, catch: (error) => refusal(target, error) })

const checkTarget = (target: string): void => {
  if (existsSync(target)) throw noBackup(target, exists)
  const folder = dirname(target)
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw noBackup(target, `there is no folder ${folder}`)
  }
}

const copy = (path: string, part: string, target: string, progress: (done: number) => void) =>
  Effect.acquireUseRelease(
    Effect.try({ try: () => openForReading(path), catch: (error) => logError(reasonOf(path, error)) }),
    (source) =>
      Effect.tryPromise({
        try: () => {
          source.exec("BEGIN")
          source.prepare("SELECT 1 FROM lead").get()
          return copyPages(source, part, {
            rate: settings.backupPages,
            progress: ({ totalPages, remainingPages }) => progress(1 - remainingPages / totalPages)
          })
        },
        catch: (error) => refusal(target, error)
      }),
    (source) => Effect.sync(() => source.close())
  )

/** Has the copy be one file, with nothing beside it. */
const settle = (part: string): void => {
  const db = new DatabaseSync(part)
  try {
    // Exclusive: no memory is shared, which the place of a backup need not be able to.
    db.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL; PRAGMA journal_mode = DELETE")
    const damage = pagesDamage(db)
    if (damage) throw logError(damage)
  } finally {
    db.close()
  }
}

const verify = (part: string) =>
  Effect.gen(function* () {
    const { position, hash, found } = yield* verifyEntries((yield* makeSqliteEventLog(part)).entries())
    if (found) return yield* logError({ _tag: "Corrupt", position: found.position, issue: found.issue })
    return { position, hash: Buffer.from(hash).toString("hex") }
  }).pipe(Effect.scoped)

/** Gives the copy its name, unless something has come by that name meanwhile. */
const name = (part: string, target: string): void => {
  try {
    linkSync(part, target)
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : ""
    // Not each file system lets a file have two names.
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"].includes(code)) throw error
    if (existsSync(target)) throw noBackup(target, exists)
    renameSync(part, target)
  }
  const folder = openSync(dirname(target), "r")
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

const clear = (part: string): void => {
  for (const end of ["", "-journal", "-wal", "-shm"]) rmSync(`${part}${end}`, { force: true })
}

/**
 * Copies the log in the file at `path` to a new file; `progress` is told how much is done, from 0 to 1. Fails with `NoBackup` if that cannot be, with `Corrupt` if the log is
 * damaged; then nothing is left at `target`.
 */
export const backup = (
  path: string,
  target: string,
  progress: (done: number) => void = () => {}
): Effect.Effect<Backup, LogError> => {
  const part = `${target}.${process.pid}.part`
  const made = Effect.gen(function* () {
    yield* copy(path, part, target, progress)
    yield* attempt(target, () => settle(part))
    const checked = yield* verify(part)
    yield* attempt(target, () => name(part, target))
    return { target, ...checked, bytes: statSync(target).size }
  })
  return Effect.andThen(
    attempt(target, () => checkTarget(target)),
    Effect.ensuring(
      made,
      Effect.sync(() => clear(part))
    )
  )
}

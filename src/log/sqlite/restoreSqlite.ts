/**
 * A new SQLite file with the events of another log. It is filled under another name beside its place, and put there when
 * it is whole: it is all there or not at all.
 */
import { closeSync, fsyncSync, linkSync, lstatSync, openSync, rmSync } from "node:fs"
import { dirname } from "node:path"
import type { DatabaseSync } from "node:sqlite"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { settings } from "../../settings.ts"
import { chained } from "../chained.ts"
import type { Entry, Head } from "../EventLog.ts"
import type { ImportError } from "../ImportError.ts"
import { type LogError, logError } from "../LogError.ts"
import { openForWriting, reasonOf } from "./sqliteFile.ts"

const notEmpty = (path: string): LogError =>
  logError({ _tag: "NotEmpty", log: path, found: "something in its place" })

const isTaken = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "EEXIST"

const attempt = <A>(path: string, run: () => A): Effect.Effect<A, LogError> =>
  Effect.try({
    try: run,
    catch: (error) => (isTaken(error) ? notEmpty(path) : logError(reasonOf(path, error)))
  })

const remove = (file: string): void => {
  for (const ending of ["", "-wal", "-shm"]) rmSync(`${file}${ending}`, { force: true })
}

/** What of the file's name is in the folder survives the power, too. */
const syncFolder = (path: string): void => {
  const folder = openSync(dirname(path), "r")
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

const insertion = "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

const writing = (db: DatabaseSync) => {
  const insert = db.prepare(insertion)
  return (entries: ReadonlyArray<Entry>): void => {
    db.exec("BEGIN IMMEDIATE")
    for (const { row, hash } of entries) insert.run(...row, hash)
    db.exec("COMMIT")
  }
}

/**
 * Makes the log at `path` out of these entries, with their positions, epochs and hashes, checking that each follows the
 * one before; answers where it ends. Whoever leads it next has a higher epoch than any of them. Fails as `NotEmpty` where
 * something is at `path`.
 */
export const restoreSqlite = <E, R>(
  path: string,
  entries: Stream.Stream<Entry, E, R>
): Effect.Effect<Head, E | ImportError | LogError, R> => {
  const file = `${path}.import-${process.pid}`
  const opened = Effect.suspend(() => {
    if (lstatSync(path, { throwIfNoEntry: false })) return Effect.fail(notEmpty(path))
    return attempt(path, () => {
      remove(file)
      return openForWriting(file)
    })
  })
  const fill = Effect.fnUntraced(function* (db: DatabaseSync) {
    const write = writing(db)
    const head = { position: 0, epoch: 0 }
    yield* Stream.runForEachArray(Stream.rechunk(chained(entries), settings.readPageEvents), (page) =>
      attempt(path, () => {
        write(page)
        for (const { row } of page) head.epoch = Math.max(head.epoch, row[8])
        head.position += page.length
      })
    )
    return yield* attempt(path, (): Head => {
      db.prepare("UPDATE lead SET epoch = ?").run(head.epoch)
      // All of it is in the one file that gets the name.
      db.exec("PRAGMA wal_checkpoint(TRUNCATE)")
      db.close()
      // Unlike a renaming, it never takes the place of what someone else has made meanwhile.
      linkSync(file, path)
      syncFolder(path)
      return head
    })
  })
  return Effect.acquireUseRelease(opened, fill, (db) =>
    Effect.sync(() => {
      if (db.isOpen) db.close()
      remove(file)
    })
  )
}

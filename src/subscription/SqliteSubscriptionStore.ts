/**
 * Subscriptions in an SQLite file beside that of their log, or in memory.
 *
 * The lock of a name is one on a file of its own, which the kernel drops with the process, however it ends.
 */
import { closeSync, existsSync, openSync, realpathSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { LogError, logError } from "../log/LogError.ts"
import { isLocked, reasonOf } from "../log/sqlite/sqliteFile.ts"
import { makeSqlSubscriptionStore } from "./makeSqlSubscriptionStore.ts"
import { SubscriptionStore } from "./SubscriptionStore.ts"
import {
  type Found,
  type Statement,
  type SubscriptionDatabase,
  subscriptionsFormat,
  subscriptionsLayout
} from "./subscriptionsLayout.ts"

const inMemory = ":memory:"

/** The file of the subscriptions to the log in a file, by whatever links that is reached. */
export const subscriptionsFile = (log: string): string =>
  `${(existsSync(log) ? realpathSync(log) : log).replace(/\.db$/, "")}-subscriptions.db`

const tables = "SELECT name FROM sqlite_schema WHERE type = 'table'"

const layOut = (db: DatabaseSync): void => {
  db.exec("BEGIN IMMEDIATE")
  // Of two that have found it empty, the second one finds what the first has laid out.
  if (db.prepare(tables).get() === undefined) for (const statement of subscriptionsLayout) db.exec(statement)
  db.exec("COMMIT")
}

const check = (db: DatabaseSync, path: string): void => {
  const isOurs = db.prepare(`${tables} AND name = 'signalbox_subscriptions'`).get() !== undefined
  if (!isOurs) throw logError({ _tag: "NotALog", log: path, found: "an SQLite file of another program" })
  const found = Number(db.prepare("SELECT format FROM signalbox_subscriptions").get()?.["format"])
  if (found <= subscriptionsFormat) return
  const known = `format ${subscriptionsFormat}`
  throw logError({ _tag: "NewerFormat", log: path, found: `format ${found}`, known })
}

const openDatabase = (path: string): DatabaseSync => {
  // It holds the secrets of webhooks: nobody else's to read.
  if (path !== inMemory) closeSync(openSync(path, "a", 0o600))
  const db = new DatabaseSync(path, { timeout: 5_000 })
  try {
    if (db.prepare(tables).get() === undefined) layOut(db)
    check(db, path)
    db.exec("PRAGMA journal_mode = WAL")
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** SQLite's way to write a parameter. */
const prepared = (db: DatabaseSync, sql: string) => {
  const statement = db.prepare(sql.replace(/\$(\d+)/g, "?$1"))
  statement.setReturnArrays(true)
  return statement
}

const runAll = (db: DatabaseSync, statements: ReadonlyArray<Statement>, durable: boolean): Found => {
  // A checkpoint that a power cut takes is delivered from once more; it needs no wait for the disk.
  db.exec(`PRAGMA synchronous = ${durable ? "FULL" : "NORMAL"}`)
  const [first, ...others] = statements
  if (!first) return []
  const one = ([sql, ...given]: Statement) => prepared(db, sql).all(...given) as unknown as Found
  if (others.length === 0) return one(first)
  db.exec("BEGIN IMMEDIATE")
  try {
    const found = one(first)
    if (found.length > 0) for (const other of others) one(other)
    db.exec("COMMIT")
    return found
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK")
    throw error
  }
}

const attempt = <A>(path: string, run: () => A): Effect.Effect<A, LogError> =>
  Effect.try({
    try: run,
    catch: (error) => (error instanceof LogError ? error : logError(reasonOf(path, error)))
  })

/** Locks a name; answers how to let go of it, or nothing if another has it. */
type Lock = (name: string) => (() => void) | undefined

const fileLock =
  (path: string): Lock =>
  (name) => {
    const guard = new DatabaseSync(`${path}-lock-${name}`, { timeout: 0 })
    try {
      guard.exec("PRAGMA journal_mode = OFF; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE")
      return () => guard.close()
    } catch (error) {
      guard.close()
      if (isLocked(error)) return undefined
      throw error
    }
  }

const memoryLock = (): Lock => {
  const held = new Set<string>()
  return (name) => {
    if (held.has(name)) return undefined
    held.add(name)
    return () => held.delete(name)
  }
}

/** Makes the store in the file at `path`, which is made when the first subscription is added. */
export const makeSqliteSubscriptionStore = (
  path: string
): Effect.Effect<SubscriptionStore["Service"], never, Scope.Scope> =>
  Effect.gen(function* () {
    let opened: DatabaseSync | undefined
    yield* Effect.addFinalizer(() => Effect.sync(() => opened?.close()))
    const tryLock = path === inMemory ? memoryLock() : fileLock(path)
    const run: SubscriptionDatabase["run"] = (statements, durable) =>
      attempt(path, () => {
        // Who only looks makes no file.
        if (!opened && !durable && path !== inMemory && !existsSync(path)) return []
        opened ??= openDatabase(path)
        return runAll(opened, statements, durable)
      })
    const lock: SubscriptionDatabase["lock"] = (name) =>
      Effect.map(
        Effect.acquireRelease(
          attempt(path, () => tryLock(name)),
          (letGo) => Effect.sync(() => letGo?.())
        ),
        (letGo) => (letGo ? Option.some(run) : Option.none())
      )
    return makeSqlSubscriptionStore({ run, lock })
  })

/** The subscriptions in the file at `path`. */
export const layer = (path: string): Layer.Layer<SubscriptionStore> =>
  Layer.effect(SubscriptionStore, makeSqliteSubscriptionStore(path))

/** Subscriptions that last as long as their process. */
export const layerMemory: Layer.Layer<SubscriptionStore> = layer(inMemory)

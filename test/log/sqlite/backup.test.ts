/**
 * Copies of a log: complete and valid, whatever is written meanwhile, or not there at all.
 */
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { vi } from "vitest"
import { backup } from "../../../src/log/sqlite/backup.ts"
import { makeSqliteEventLog } from "../../../src/log/sqlite/SqliteEventLog.ts"
import { verifyEntries } from "../../../src/log/verifyEntries.ts"
import { type Log, notes, readAll, reasonOf } from "../contract/Contract.ts"
import { LogProcess } from "../process/LogProcess.ts"
import { turnAt } from "../process/turnAt.ts"
import { temporaryFolder } from "../temporaryFolder.ts"

// Real files and processes on a machine that may be busy with others.
vi.setConfig({ testTimeout: 120_000 })

const places = Effect.gen(function* () {
  const folder = yield* temporaryFolder
  const path = join(folder, "runs.db")
  return { folder, path, target: join(folder, "copy.db"), log: yield* makeSqliteEventLog(path) }
})

const written = (log: Log, count = 3, bytes = 0) => {
  const events = notes(0, count).map((event) => ({ ...event, actor: `ann${"x".repeat(bytes)}` }))
  return Effect.as(
    Effect.scoped(Effect.flatMap(log.lead({ holder: "ann" }), ({ append }) => append(events))),
    events
  )
}

const databasesIn = (folder: string) => readdirSync(folder).filter((name) => name.startsWith("copy"))

describe("a copy of a log", () => {
  it.live("has all events, their hashes and the epoch, is one file, and can be written on", () =>
    Effect.gen(function* () {
      const { folder, path, target, log } = yield* places
      const events = yield* written(log)
      const made = yield* backup(path, target)
      const { hash } = yield* verifyEntries(log.entries())
      expect(made).toMatchObject({ target, position: 3, hash: Buffer.from(hash).toString("hex") })
      expect(made.bytes).toBe(readFileSync(target).length)
      expect(databasesIn(folder)).toEqual(["copy.db"])

      const copy = yield* makeSqliteEventLog(target)
      expect(yield* copy.head).toEqual(yield* log.head)
      expect(yield* readAll(copy)).toEqual(events)
      const { append, epoch, position } = yield* copy.lead({ holder: "bob" })
      expect({ epoch, position }).toEqual({ epoch: 2, position: 3 })
      yield* append(notes(3, 2))
      expect((yield* verifyEntries(copy.entries())).found).toBeUndefined()
      expect(yield* log.head).toEqual({ position: 3, epoch: 1 })
    })
  )

  it.live("of a log without events has none", () =>
    Effect.gen(function* () {
      const { path, target, log } = yield* places
      yield* Effect.scoped(log.lead({ holder: "ann" }))
      expect(yield* backup(path, target)).toMatchObject({ position: 0 })
      expect(yield* (yield* makeSqliteEventLog(target)).head).toEqual({ position: 0, epoch: 1 })
    })
  )

  it.live("is of one moment, with whole turns, while another process writes", () =>
    Effect.gen(function* () {
      const { folder, path, log } = yield* places
      const writer = yield* LogProcess.make(path)
      yield* writer.tell({ work: { turns: Number.MAX_SAFE_INTEGER, turnsPerTerm: 1_000_000 } })
      for (let said = 0; said < 3; said++) yield* writer.next
      let before = 0
      for (let round = 0; round < 4; round++) {
        const target = join(folder, `copy-${round}.db`)
        const { position: least } = yield* log.head
        const { position } = yield* backup(path, target)
        const events = yield* readAll(yield* makeSqliteEventLog(target))
        expect(position).toBeGreaterThanOrEqual(Math.max(least, before))
        expect(events.length).toBe(position)
        let at = 0
        for (; at < position; at += turnAt(at).length) {
          expect(events.slice(at, at + turnAt(at).length)).toEqual(turnAt(at))
        }
        expect(at).toBe(position)
        before = position
      }
    })
  )

  it.live("is not begun anew by what is written, and tells how far it is", () =>
    Effect.gen(function* () {
      const { path, target, log } = yield* places
      const events = yield* written(log, 1_500, 8_000)
      const other = new DatabaseSync(path)
      const told: Array<number> = []
      const made = yield* backup(path, target, (done) => {
        told.push(done)
        // More often than it takes steps, it would never end.
        if (told.length < 100) other.exec("UPDATE lead SET holder = 'someone', epoch = epoch + 1")
      })
      other.close()
      expect(told.length).toBeGreaterThan(2)
      expect(told.length).toBeLessThan(100)
      expect(told).toEqual(told.toSorted((a, b) => a - b))
      expect(made.position).toBe(events.length)
      expect(yield* (yield* makeSqliteEventLog(target)).head).toEqual({ position: events.length, epoch: 1 })
    })
  )

  it.live("can be read where nothing can be written", () =>
    Effect.gen(function* () {
      const { folder, path, log } = yield* places
      yield* written(log)
      const closed = join(folder, "closed")
      mkdirSync(closed)
      const target = join(closed, "copy.db")
      yield* backup(path, target)
      chmodSync(folder, 0o755)
      yield* Effect.acquireRelease(
        Effect.sync(() => chmodSync(closed, 0o555)),
        () => Effect.sync(() => chmodSync(closed, 0o755))
      )
      const nobody = yield* LogProcess.make(target, { unprivileged: true })
      expect(yield* nobody.ask({ read: true })).toEqual({ done: 3 })
    })
  )
})

describe("a copy that cannot be made", () => {
  const refused = (path: string, target: string) =>
    Effect.map(Effect.flip(backup(path, target)), ({ message }) => message)

  it.live("writes over nothing", () =>
    Effect.gen(function* () {
      const { path, target, log } = yield* places
      yield* written(log)
      writeFileSync(target, "precious")
      const exists = "it exists already, and a backup writes over nothing"
      expect(yield* refused(path, target)).toBe(`no backup was made at ${target}: ${exists}`)
      expect(yield* refused(path, path)).toBe(`no backup was made at ${path}: ${exists}`)
      expect(readFileSync(target, "utf8")).toBe("precious")
      expect((yield* readAll(log)).length).toBe(3)
    })
  )

  it.live("writes over nothing that has come meanwhile", () =>
    Effect.gen(function* () {
      const { folder, path, target, log } = yield* places
      yield* written(log, 1_500, 8_000)
      const late = backup(path, target, () => writeFileSync(target, "late"))
      expect(yield* reasonOf(late)).toMatchObject({ _tag: "NoBackup", target })
      expect(readFileSync(target, "utf8")).toBe("late")
      expect(databasesIn(folder)).toEqual(["copy.db"])
    })
  )

  it.live("says what is missing: the folder, or the log", () =>
    Effect.gen(function* () {
      const { folder, path, target, log } = yield* places
      expect(yield* refused(path, target)).toBe(`there is no log at ${path}`)
      yield* written(log)
      const nowhere = join(folder, "none", "copy.db")
      const issue = `there is no folder ${join(folder, "none")}`
      expect(yield* refused(path, nowhere)).toBe(`no backup was made at ${nowhere}: ${issue}`)
      expect(databasesIn(folder)).toEqual([])
    })
  )

  it.live("leaves nothing of a log that is damaged", () =>
    Effect.gen(function* () {
      const { folder, path, target, log } = yield* places
      yield* written(log, 2_000)
      const db = new DatabaseSync(path)
      db.exec("UPDATE event SET actor = 'eve' WHERE position = 5")
      db.close()
      const issue = "what it says does not match its hash"
      expect(yield* reasonOf(backup(path, target))).toEqual({ _tag: "Corrupt", position: 5, issue })
      const bytes = readFileSync(path)
      const damaged = join(folder, "damaged.db")
      writeFileSync(damaged, bytes.fill(0xaa, 40_960, 45_056))
      expect(yield* reasonOf(backup(damaged, target))).toMatchObject({ _tag: "Corrupt" })
      expect(databasesIn(folder)).toEqual([])
    })
  )
})

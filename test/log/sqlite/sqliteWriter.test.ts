/**
 * Writing while the world is against it: no room, no rights, another process. Sudden death is in `crash/`.
 */
import { chmodSync, copyFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { makeSqliteEventLog } from "../../../src/log/sqlite/SqliteEventLog.ts"
import type { Event } from "../../../src/queue/Event.ts"
import { notes, readAll, reasonOf } from "../contract/Contract.ts"
import { LogProcess } from "../process/LogProcess.ts"
import { temporaryFolder } from "../temporaryFolder.ts"

const place = Effect.map(temporaryFolder, (folder) => ({ folder, path: join(folder, "runs.db") }))

/** Brings what stands in the write-ahead log into the file, which makes room in the former. */
const checkpoint = (path: string) =>
  Effect.sync(() => {
    const db = new DatabaseSync(path)
    db.exec("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
  })

const dense = (events: ReadonlyArray<Event>) =>
  expect(events.map(({ position }) => position)).toEqual(events.map((_, index) => index + 1))

describe("an append that fails", () => {
  it.live("an event that the store refuses takes its whole turn with it, and the next turn is taken", () =>
    Effect.gen(function* () {
      const { path } = yield* place
      const log = yield* makeSqliteEventLog(path)
      const { append } = yield* log.lead({ holder: "ann" })
      const [first, second, third] = notes(0, 3)
      const illegal = { ...second, actor: null } as unknown as Event
      expect(yield* reasonOf(append([first, illegal, third] as Array<Event>))).toEqual({
        _tag: "Unavailable",
        log: path,
        issue: "NOT NULL constraint failed: event.actor"
      })
      expect(yield* readAll(log)).toEqual([])
      yield* append(notes(0, 3))
      expect(yield* readAll(log)).toEqual(notes(0, 3))
    })
  )

  it.live("where there is no room, nothing of it is there; when room is made, the log goes on", () =>
    Effect.gen(function* () {
      const { path } = yield* place
      const writer = yield* LogProcess.make(path, { fileBlocks: 2_048 })
      yield* writer.ask({ lead: "ann" })
      let written = 0
      for (;;) {
        const answer = yield* writer.ask({ append: 3, bytes: 50_000 })
        if ("failed" in answer) {
          expect(answer.failed._tag).toBe("Unavailable")
          expect(answer.message).toBe(`${path} cannot be used: the disk reports an error (disk I/O error)`)
          break
        }
        written += 3
      }
      expect(written).toBeGreaterThan(0)
      expect(yield* writer.ask({ read: true })).toEqual({ done: written })
      const log = yield* makeSqliteEventLog(path)
      dense(yield* readAll(log))
      expect(yield* log.head).toEqual({ position: written, epoch: 1 })

      yield* checkpoint(path)
      expect(yield* writer.ask({ append: 3, bytes: 50_000 })).toEqual({ done: null })
      dense(yield* readAll(log))
      expect(yield* log.head).toEqual({ position: written + 3, epoch: 1 })
    })
  )

  it.live("where there is no room to lead, it says so, and can be led when there is", () =>
    Effect.gen(function* () {
      const { path } = yield* place
      const cramped = yield* LogProcess.make(path, { fileBlocks: 4 })
      const answer = yield* cramped.ask({ lead: "ann" })
      expect(answer).toMatchObject({ failed: { _tag: "Unavailable" } })
      const log = yield* makeSqliteEventLog(path)
      expect(yield* log.lead({ holder: "bob" })).toMatchObject({ epoch: 1, position: 0 })
    })
  )
})

describe("a place that may not be written", () => {
  /** A folder with a log at rest, both closed to writing until the scope ends. */
  const closed = Effect.gen(function* () {
    const { folder, path } = yield* place
    const log = yield* makeSqliteEventLog(path)
    yield* Effect.scoped(Effect.flatMap(log.lead({ holder: "ann" }), ({ append }) => append(notes(0, 3))))
    const setModes = (file: number, all: number) =>
      Effect.sync(() => {
        chmodSync(path, file)
        chmodSync(folder, all)
      })
    yield* Effect.acquireRelease(setModes(0o444, 0o555), () => setModes(0o644, 0o755))
    return folder
  })

  const readOnly = "it or its folder is read-only (attempt to write a readonly database)"
  const unopened =
    "it cannot be opened: its folder is missing, read-only or closed to this user (unable to open database file)"

  for (const { name, order, issue } of [
    { name: "runs.db", order: { lead: "bob" }, issue: readOnly },
    { name: "runs.db", order: { read: true }, issue: readOnly },
    { name: "new.db", order: { lead: "bob" }, issue: unopened }
  ] as const) {
    it.live(`says so when ${name} is asked to ${Object.keys(order)[0]}`, () =>
      Effect.gen(function* () {
        const path = join(yield* closed, name)
        const nobody = yield* LogProcess.make(path, { unprivileged: true })
        expect(yield* nobody.ask(order)).toEqual({
          failed: { _tag: "Unavailable", log: path, issue },
          message: `${path} cannot be used: ${issue}`
        })
      })
    )
  }
})

describe("a log at rest", () => {
  it.live("is one file, even while it is read", () =>
    Effect.gen(function* () {
      const { folder, path } = yield* place
      const log = yield* makeSqliteEventLog(path)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { append } = yield* log.lead({ holder: "ann" })
          yield* append(notes(0, 3))
          yield* log.head
        })
      )
      const copy = join(folder, "copy.db")
      copyFileSync(path, copy)
      expect(yield* readAll(yield* makeSqliteEventLog(copy))).toEqual(notes(0, 3))
    })
  )
})

describe("two processes", () => {
  it.live("while another process leads, a candidate is told who; when that is killed, it leads", () =>
    Effect.gen(function* () {
      const { path } = yield* place
      const other = yield* LogProcess.make(path)
      expect(yield* other.ask({ lead: "ann" })).toEqual({ done: { epoch: 1, position: 0 } })
      yield* other.ask({ append: 3 })
      const log = yield* makeSqliteEventLog(path)
      const candidate = Effect.scoped(log.lead({ holder: "bob" }))
      expect(yield* reasonOf(candidate)).toEqual({ _tag: "Led", log: path, holder: "ann" })
      yield* other.kill
      expect(yield* candidate).toMatchObject({ epoch: 2, position: 3 })
    })
  )

  it.live("a process that lets go may be followed by another, and come back", () =>
    Effect.gen(function* () {
      const { path } = yield* place
      const other = yield* LogProcess.make(path)
      const log = yield* makeSqliteEventLog(path)
      for (const epoch of [1, 3]) {
        expect(yield* other.ask({ lead: "ann" })).toMatchObject({ done: { epoch } })
        yield* other.ask({ letGo: true })
        expect(yield* Effect.scoped(log.lead({ holder: "bob" }))).toMatchObject({ epoch: epoch + 1 })
      }
    })
  )

  it.live("a process that hangs is fenced off by who takes over", () =>
    Effect.gen(function* () {
      const { path } = yield* place
      const hangs = yield* LogProcess.make(path)
      yield* hangs.ask({ lead: "ann" })
      yield* hangs.ask({ append: 2 })
      yield* hangs.pause
      const log = yield* makeSqliteEventLog(path)
      const { append, position } = yield* log.lead({ holder: "bob", takeOver: true })
      yield* append(notes(position, 2, "b"))
      yield* hangs.resume
      expect(yield* hangs.ask({ append: 2 })).toMatchObject({
        failed: { _tag: "Fenced", epoch: 1, current: 2 }
      })
      expect(yield* readAll(log, { after: 2 })).toEqual(notes(2, 2, "b"))
    })
  )

  it.live("what another process writes is read, and followed", () =>
    Effect.gen(function* () {
      const { path } = yield* place
      const other = yield* LogProcess.make(path)
      yield* other.ask({ lead: "ann" })
      yield* other.ask({ append: 2 })
      const log = yield* makeSqliteEventLog(path)
      const positions = Stream.map(log.changes({ upTo: 9 }), ({ position }) => position)
      const following = yield* Effect.forkChild(Stream.runCollect(positions), { startImmediately: true })
      yield* other.ask({ append: 4 })
      expect(yield* readAll(log)).toHaveLength(6)
      yield* other.ask({ append: 3 })
      expect(yield* Fiber.join(following)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
    })
  )
})

/**
 * What may stand where a log is looked for. Whatever it is, it is told in a sentence and left as it is.
 */
import {
  fstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import type { LogError } from "../../../src/log/LogError.ts"
import { makeSqliteEventLog } from "../../../src/log/sqlite/SqliteEventLog.ts"
import { reasonOf } from "../../../src/log/sqlite/sqliteFile.ts"
import { type Log, notes, readAll } from "../contract/Contract.ts"
import { LogProcess } from "../process/LogProcess.ts"
import { temporaryFolder } from "../temporaryFolder.ts"

const sentenceOf = (effect: Effect.Effect<unknown, LogError>) =>
  Effect.map(Effect.flip(effect), ({ message }) => message)

const lead = (log: Log) => Effect.scoped(log.lead({ holder: "ann" }))

/** All the ways to look at a log. */
const looks = (log: Log): ReadonlyArray<Effect.Effect<unknown, LogError>> => [
  log.head,
  readAll(log),
  Stream.runDrain(log.changes())
]

const inFolder = <A, E>(test: (path: string, log: Log) => Effect.Effect<A, E>) =>
  Effect.gen(function* () {
    const path = join(yield* temporaryFolder, "runs.db")
    return yield* test(path, yield* makeSqliteEventLog(path))
  }).pipe(Effect.scoped)

/** Three events, and no one who leads. */
const written = (log: Log) =>
  Effect.scoped(Effect.flatMap(log.lead({ holder: "ann" }), ({ append }) => append(notes(0, 3))))

const edit = (path: string, sql: string) =>
  Effect.sync(() => {
    const db = new DatabaseSync(path)
    db.exec(sql)
    db.close()
  })

/** How often this process has the file open. */
const timesOpen = (path: string): number => {
  const { ino } = statSync(path)
  return readdirSync("/dev/fd").filter((fd) => {
    try {
      return fstatSync(Number(fd)).ino === ino
    } catch {
      return false
    }
  }).length
}

describe("a file that is no log", () => {
  it.live("where nothing is, there is no log, until someone leads", () =>
    inFolder((path, log) =>
      Effect.gen(function* () {
        for (const look of looks(log)) expect(yield* sentenceOf(look)).toBe(`there is no log at ${path}`)
        expect(statSync(path, { throwIfNoEntry: false })).toBeUndefined()
        yield* lead(log)
        expect(yield* log.head).toEqual({ position: 0, epoch: 1 })
      })
    )
  )

  it.live("an empty file is a place for a log", () =>
    inFolder((path, log) =>
      Effect.gen(function* () {
        writeFileSync(path, "")
        for (const look of looks(log)) expect(yield* sentenceOf(look)).toBe(`there is no log at ${path}`)
        yield* lead(log)
        expect(yield* log.head).toEqual({ position: 0, epoch: 1 })
      })
    )
  )

  it.live("a folder is no log", () =>
    inFolder((path, log) =>
      Effect.gen(function* () {
        mkdirSync(path)
        for (const use of [...looks(log), lead(log)]) {
          expect(yield* sentenceOf(use)).toBe(`${path} is not a Signalbox log: no file`)
        }
      })
    )
  )

  it.live("a file in a folder that is not there cannot be made", () =>
    Effect.gen(function* () {
      const path = join(yield* temporaryFolder, "none", "runs.db")
      const sentence = yield* sentenceOf(lead(yield* makeSqliteEventLog(path)))
      expect(sentence).toBe(
        `${path} cannot be used: it cannot be opened: its folder is missing, read-only or closed to this user (unable to open database file)`
      )
    })
  )

  for (const size of [5, 100, 10_000]) {
    it.live(`a text of ${size} characters is no log, and stays as it is`, () =>
      inFolder((path, log) =>
        Effect.gen(function* () {
          const text = "a note, ".repeat(size).slice(0, size)
          writeFileSync(path, text)
          for (const use of [...looks(log), lead(log)]) {
            expect(yield* sentenceOf(use)).toBe(`${path} is not a Signalbox log: no SQLite file`)
          }
          expect(readFileSync(path, "utf8")).toBe(text)
        })
      )
    )
  }

  it.live("an SQLite file of another program is no log, and stays as it is", () =>
    inFolder((path, log) =>
      Effect.gen(function* () {
        yield* edit(path, "CREATE TABLE event (position INTEGER PRIMARY KEY, title TEXT)")
        const before = readFileSync(path)
        for (const use of [...looks(log), lead(log)]) {
          expect(yield* sentenceOf(use)).toBe(
            `${path} is not a Signalbox log: an SQLite file of another program`
          )
        }
        expect(readFileSync(path)).toEqual(before)
      })
    )
  )
})

describe("a log that this version cannot read", () => {
  it.live("a later format is told from this one, and stays as it is", () =>
    inFolder((path, log) =>
      Effect.gen(function* () {
        yield* written(log)
        yield* edit(path, "PRAGMA user_version = 2")
        const later = yield* makeSqliteEventLog(path)
        for (const use of [...looks(later), lead(later)]) {
          expect(yield* sentenceOf(use)).toBe(
            `${path} has format 2, written by a later version; this one knows format 1`
          )
        }
        yield* edit(path, "PRAGMA user_version = 1")
        expect(yield* log.head).toEqual({ position: 3, epoch: 1 })
      }).pipe(Effect.scoped)
    )
  )

  const damages = {
    "an event of an unknown type": {
      sql: "UPDATE event SET type = 'RunTeleported' WHERE position = 2",
      sentence:
        /^\S+ has events of type RunTeleported, written by a later version; this one knows RunSubmitted, /
    },
    "an event in an unknown version": {
      sql: "UPDATE event SET version = 2 WHERE position = 2",
      sentence: /^\S+ has RunStarted in version 2, written by a later version; this one knows version 1$/
    },
    "data that are no JSON": {
      sql: `UPDATE event SET data = '{"attempt": 1' WHERE position = 2`,
      sentence: /^the log is damaged at position 2: RunStarted cannot be read: .*JSON/
    },
    "data that lack something": {
      sql: `UPDATE event SET data = '{"attempts": 1}' WHERE position = 2`,
      sentence: /^the log is damaged at position 2: RunStarted cannot be read: .*attempt/s
    },
    "an event that is missing": {
      sql: "DELETE FROM event WHERE position = 2",
      sentence:
        /^the log is damaged at position 2: position 3 stands in its place; put a backup in its place$/
    }
  }
  for (const [what, { sql, sentence }] of Object.entries(damages)) {
    it.live(`${what} is told with its place, and what comes before is read`, () =>
      inFolder((path, log) =>
        Effect.gen(function* () {
          yield* written(log)
          yield* edit(path, sql)
          for (const look of looks(log).slice(1)) expect(yield* sentenceOf(look)).toMatch(sentence)
          expect(yield* readAll(log, { upTo: 1 })).toEqual(notes(0, 1))
          expect(yield* readAll(log, { after: 2 })).toEqual(notes(2, 1))
        })
      )
    )
  }

  it.live("a file that was overwritten in part is told as damaged", () =>
    inFolder((path, log) =>
      Effect.gen(function* () {
        const many = Effect.flatMap(log.lead({ holder: "ann" }), ({ append }) => append(notes(0, 2_000)))
        yield* Effect.scoped(many)
        const bytes = readFileSync(path)
        writeFileSync(path, bytes.fill(0xaa, 4_096, bytes.length - 4_096))
        const damaged = yield* makeSqliteEventLog(path)
        for (const look of looks(damaged)) {
          expect(yield* sentenceOf(look)).toBe(
            "the log is damaged: database disk image is malformed; put a backup in its place"
          )
        }
      }).pipe(Effect.scoped)
    )
  )
})

describe("a log that is just being made", () => {
  it.live("of many who come to a new log at once one leads, and the others are told who", () =>
    inFolder((path) =>
      Effect.gen(function* () {
        const names = ["ann", "bob", "cid", "dan"]
        const candidates = yield* Effect.forEach(names, () => LogProcess.make(path), {
          concurrency: "unbounded"
        })
        const answers = yield* Effect.forEach(
          candidates,
          (one, index) => one.ask({ lead: names[index] ?? "" }),
          {
            concurrency: "unbounded"
          }
        )
        const leader = names[answers.findIndex((answer) => "done" in answer)]
        expect(answers.filter((answer) => "done" in answer)).toEqual([{ done: { epoch: 1, position: 0 } }])
        const refusals = answers.filter((answer) => "failed" in answer).map(({ failed }) => failed)
        expect(refusals).toEqual(Array(3).fill({ _tag: "Led", log: path, holder: leader }))
      }).pipe(Effect.scoped)
    )
  )

  it.live("who finds it empty and comes second finds what the first has made of it", () =>
    inFolder((path, log) =>
      Effect.gen(function* () {
        const holdsBack = new DatabaseSync(path)
        holdsBack.exec("BEGIN IMMEDIATE")
        const candidates = yield* Effect.forkChild(
          Effect.forEach(["ann", "bob"], (holder) => Effect.result(log.lead({ holder })), {
            concurrency: "unbounded"
          })
        )
        while (timesOpen(path) < 3) yield* Effect.sleep(1)
        holdsBack.close()
        const tags = (yield* Fiber.join(candidates)).map((one) =>
          Result.isSuccess(one) ? "leads" : one.failure.reason._tag
        )
        expect(tags.toSorted()).toEqual(["Led", "leads"])
      }).pipe(Effect.scoped)
    )
  )

  it.live("a log has one lead, by whatever link it is reached", () =>
    inFolder((path, log) =>
      Effect.gen(function* () {
        yield* log.lead({ holder: "ann" })
        symlinkSync(path, `${path}-link`)
        const linked = yield* makeSqliteEventLog(`${path}-link`)
        expect(yield* sentenceOf(lead(linked))).toBe(
          `${path}-link is led by ann; one coordinator writes at a time`
        )
      }).pipe(Effect.scoped)
    )
  )
})

it("a full disk is called by its name", () => {
  const db = new DatabaseSync(":memory:")
  db.exec("CREATE TABLE a (b TEXT); PRAGMA max_page_count = 2")
  const fill = () => db.prepare("INSERT INTO a VALUES (?)").run("x".repeat(100_000))
  let reason: unknown
  try {
    fill()
  } catch (error) {
    reason = reasonOf("runs.db", error)
  }
  expect(reason).toEqual({
    _tag: "Unavailable",
    log: "runs.db",
    issue: "the disk is full (database or disk is full)"
  })
})

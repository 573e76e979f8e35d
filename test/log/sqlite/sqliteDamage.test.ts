/**
 * A file that was cut off, overwritten, or put together from two moments: it is refused in a sentence, or holds exactly
 * what was written. It never holds anything else.
 */
import { copyFileSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import fc from "fast-check"
import { vi } from "vitest"
import { makeSqliteEventLog } from "../../../src/log/sqlite/SqliteEventLog.ts"
import { settings } from "../../../src/settings.ts"
import { notes, readAll, reasonOf } from "../contract/Contract.ts"
import { temporaryFolder } from "../temporaryFolder.ts"
import { crashImage, type Fate, fateOf } from "./crashImage.ts"

// Real files and processes on a machine that may be busy with others.
vi.setConfig({ testTimeout: 120_000 })

const { file, older, wal, events, inFile } = await Effect.runPromise(crashImage(60, 6))

const holds = <T>(arbitrary: fc.Arbitrary<T>, rule: (value: T) => Promise<void>) =>
  fc.assert(fc.asyncProperty(arbitrary, rule), { numRuns: 60 })

const tagOf = (fate: Fate) => ("refused" in fate ? fate.refused._tag : "read")

describe("the file of a log", () => {
  it("that was copied in part is refused", () =>
    // SQLite takes a single byte for an empty file.
    holds(fc.integer({ min: 2, max: file.length - 1 }), async (bytes) => {
      const fate = await fateOf(file.subarray(0, bytes), undefined)
      expect(["Corrupt", "NotALog"]).toContain(tagOf(fate))
    }))

  it("that is empty or gone is refused where its write-ahead log is there, which stays as it is", async () => {
    const issue = expect.stringMatching(/is empty or gone, and \S+-wal, which belongs to it, is not$/)
    expect(await fateOf(Buffer.alloc(0), wal)).toEqual({ refused: { _tag: "Corrupt", issue } })
  })

  it("in which a bit has changed is refused, or holds exactly what was written", () =>
    holds(
      fc.record({
        at: fc.integer({ min: 0, max: file.length - 1 }),
        bit: fc.integer({ min: 0, max: 7 }),
        crashed: fc.boolean()
      }),
      async ({ at, bit, crashed }) => {
        const changed = Buffer.from(file)
        changed[at] = (changed[at] ?? 0) ^ (1 << bit)
        const fate = await fateOf(changed, crashed ? wal : undefined)
        if ("events" in fate) expect(fate.events).toEqual(crashed ? events : events.slice(0, inFile))
      }
    ))

  it("in which a page is another one is refused after a crash; at rest it may lack its end, and has nothing else", async () => {
    const pages = file.length / 4_096
    const fates: Array<string> = []
    for (let from = 0; from < pages; from++) {
      for (let to = 1; to < pages; to++) {
        if (from === to) continue
        const changed = Buffer.from(file)
        file.copy(changed, to * 4_096, from * 4_096, (from + 1) * 4_096)
        const crashed = await fateOf(changed, wal)
        if ("events" in crashed) expect(crashed.events).toEqual(events)
        const atRest = await fateOf(changed, undefined)
        fates.push(tagOf(atRest))
        if ("events" in atRest) expect(atRest.events).toEqual(events.slice(0, atRest.events.length))
      }
    }
    expect(fates).toContain("Corrupt")
  })

  it("of an earlier moment, under the write-ahead log of a later one, is refused or holds exactly what was written", async () => {
    const fate = await fateOf(older, wal)
    if ("events" in fate) expect(fate.events).toEqual(events)
    else expect(fate.refused._tag).toBe("Corrupt")
  })
})

describe("a log that is to be written", () => {
  const altered = (sql: string, count = 10) =>
    Effect.gen(function* () {
      const path = join(yield* temporaryFolder, "runs.db")
      const log = yield* makeSqliteEventLog(path)
      const lead = Effect.scoped(log.lead({ holder: "ann" }))
      yield* Effect.scoped(
        Effect.flatMap(log.lead({ holder: "ann" }), ({ append }) => append(notes(0, count)))
      )
      const db = new DatabaseSync(path)
      db.exec(sql)
      db.close()
      return { path, log, lead }
    })

  it.live("is refused where an event at its end is not what was hashed, and stays as it is", () =>
    Effect.gen(function* () {
      const { path, lead } = yield* altered("UPDATE event SET actor = 'eve' WHERE position = 4")
      const before = readFileSync(path)
      const issue = "what it says does not match its hash"
      expect(yield* reasonOf(lead)).toEqual({ _tag: "Corrupt", position: 4, issue })
      expect(readFileSync(path)).toEqual(before)
    })
  )

  it.live("is refused where an event at its end is missing, or its hash is none", () =>
    Effect.gen(function* () {
      const missing = yield* altered("DELETE FROM event WHERE position = 7")
      expect(yield* reasonOf(missing.lead)).toMatchObject({ _tag: "Corrupt" })
      const short = yield* altered("UPDATE event SET hash = x'00' WHERE position = 7")
      expect(yield* reasonOf(short.lead)).toMatchObject({ _tag: "Corrupt", position: 7 })
      const half = yield* altered("UPDATE event SET actor = CAST(x'ed' AS TEXT) WHERE position = 7")
      expect(yield* reasonOf(half.lead)).toMatchObject({ _tag: "Corrupt", position: 7 })
    })
  )

  it.live("is looked at so far back only; the audit looks at all of it", () =>
    Effect.gen(function* () {
      const { lead } = yield* altered(
        "UPDATE event SET actor = 'eve' WHERE position = 4",
        settings.endCheckedEvents + 4
      )
      expect(yield* lead).toMatchObject({ epoch: 2 })
      const later = yield* altered(
        "UPDATE event SET actor = 'eve' WHERE position = 6",
        settings.endCheckedEvents + 4
      )
      expect(yield* reasonOf(later.lead)).toMatchObject({ _tag: "Corrupt", position: 6 })
    })
  )
})

describe("a log whose making was cut off", () => {
  it.live("is read as before that: what stands beside the file is taken back", () =>
    Effect.gen(function* () {
      const folder = yield* temporaryFolder
      const path = join(folder, "runs.db")
      const log = yield* makeSqliteEventLog(path)
      yield* Effect.scoped(Effect.flatMap(log.lead({ holder: "ann" }), ({ append }) => append(notes(0, 3))))
      const db = new DatabaseSync(path)
      // As a file is laid out: with a journal. More is changed than memory may hold, and so written before the end.
      db.exec("PRAGMA journal_mode = DELETE; PRAGMA cache_size = 1; BEGIN")
      db.exec("UPDATE lead SET holder = hex(zeroblob(400000))")
      const copy = join(folder, "copy.db")
      for (const end of ["", "-journal"]) copyFileSync(`${path}${end}`, `${copy}${end}`)
      db.close()
      expect(readFileSync(`${copy}-journal`).subarray(0, 8)).toEqual(Buffer.from("d9d505f920a163d7", "hex"))
      const copied = yield* makeSqliteEventLog(copy)
      expect(yield* copied.head).toEqual({ position: 3, epoch: 1 })
      expect(yield* readAll(copied)).toEqual(notes(0, 3))
    })
  )
})

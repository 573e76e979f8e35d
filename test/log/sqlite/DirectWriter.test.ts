import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import fc from "fast-check"
import { toRow } from "../../../src/log/codec.ts"
import { DirectWriter } from "../../../src/log/sqlite/DirectWriter.ts"
import { makeSqliteEventLog } from "../../../src/log/sqlite/SqliteEventLog.ts"
import { verifyEntries } from "../../../src/log/verifyEntries.ts"
import { settings } from "../../../src/settings.ts"
import { notes, readAll, reasonOf } from "../contract/Contract.ts"
import { temporaryFolder } from "../temporaryFolder.ts"

/** A log that is led, and a direct writer of the same lead, for which each append takes as long as is said. */
const place = Effect.gen(function* () {
  const path = join(yield* temporaryFolder, "runs.db")
  const log = yield* makeSqliteEventLog(path)
  const lead = yield* log.lead({ holder: "ann" })
  const disk = { commitMs: 0 }
  let now = 0
  const clock = () => (now += disk.commitMs)
  const direct = yield* Effect.acquireRelease(
    Effect.sync(() => new DirectWriter(path, lead.epoch, clock)),
    (writer) => Effect.sync(() => writer.close())
  )
  const offer = (after: number, count = 1) => direct.append(notes(after, count).map(toRow))
  const append = (after: number, count?: number) =>
    offer(after, count) ?? Effect.die(new Error("it did not take it"))
  return { path, log, lead, disk, direct, offer, append }
})

const anotherWriter = (path: string) =>
  Effect.acquireRelease(
    Effect.sync(() => new DatabaseSync(path)),
    (db) => Effect.sync(() => db.close())
  )

describe("the writer in the coordinator's own thread", () => {
  it("by turns with the thread it makes one chain, whoever writes how much", () => {
    const turn = fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 40 }))
    const byTurns = Effect.fnUntraced(function* (turns: ReadonlyArray<readonly [boolean, number]>) {
      const { log, lead, direct, append } = yield* place
      direct.madeByThread(0)
      let position = 0
      for (const [directly, count] of turns) {
        yield* directly ? append(position, count) : lead.append(notes(position, count))
        position += count
      }
      expect(yield* readAll(log)).toEqual(notes(0, position))
      expect(yield* verifyEntries(log.entries())).toMatchObject({ position, found: undefined })
    })
    return fc.assert(
      fc.asyncProperty(fc.array(turn, { minLength: 2, maxLength: 12 }), (turns) =>
        Effect.runPromise(Effect.scoped(byTurns(turns)))
      ),
      { numRuns: 20 }
    )
  })

  it.live("takes nothing until the thread has found the disk quick, and nothing once it finds it slow", () =>
    Effect.gen(function* () {
      const { direct, disk, offer, append, log } = yield* place
      expect(offer(0)).toBeUndefined()
      direct.madeByThread(settings.directCommitMs + 1)
      expect(offer(0)).toBeUndefined()
      direct.madeByThread(settings.directCommitMs)
      yield* append(0)
      disk.commitMs = settings.directCommitMs + 1
      yield* append(1)
      expect(offer(2)).toBeUndefined()
      expect(yield* readAll(log)).toEqual(notes(0, 2))
    })
  )

  it.live("leaves one to the thread after so many in a row, which moves the write-ahead log", () =>
    Effect.gen(function* () {
      const { direct, offer, append } = yield* place
      direct.madeByThread(0)
      for (let position = 0; position < settings.directAppendsMax; position++) yield* append(position)
      expect(offer(settings.directAppendsMax)).toBeUndefined()
      direct.madeByThread(0)
      yield* append(settings.directAppendsMax)
    })
  )

  it.live("refuses what does not follow, and all when someone with a higher epoch leads", () =>
    Effect.gen(function* () {
      const { path, direct, append, log } = yield* place
      direct.madeByThread(0)
      expect(yield* reasonOf(append(7))).toEqual({ _tag: "PositionConflict", expected: 7, found: 0 })
      const other = yield* anotherWriter(path)
      other.exec("UPDATE lead SET epoch = 2")
      expect(yield* reasonOf(append(0))).toEqual({ _tag: "Fenced", epoch: 1, current: 2 })
      expect(yield* readAll(log)).toEqual([])
    })
  )

  it.live("waits for nobody: while another program writes, the thread is to wait for it", () =>
    Effect.gen(function* () {
      const { path, direct, offer, append, log } = yield* place
      direct.madeByThread(0)
      const other = yield* anotherWriter(path)
      other.exec("BEGIN IMMEDIATE")
      expect(offer(0)).toBeUndefined()
      other.exec("COMMIT")
      yield* append(0)
      expect(yield* readAll(log)).toEqual(notes(0, 1))
    })
  )
})

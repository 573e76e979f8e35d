/**
 * Logs that past versions have written (`recorded/v*`, made by `recording/record.ts`) are read for ever.
 */
import { copyFileSync, globSync, readFileSync } from "node:fs"
import { basename, join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { fromRow, type Row, toRow } from "../../src/log/codec.ts"
import type { Entry } from "../../src/log/EventLog.ts"
import { makeSqliteEventLog } from "../../src/log/sqlite/SqliteEventLog.ts"
import { verifyEntries } from "../../src/log/verifyEntries.ts"
import { type EventType, eventVersions } from "../../src/queue/Event.ts"
import { stateOf } from "./recording/stateOf.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

const folder = join(import.meta.dirname, "recorded")

/** What a line says, with its data as the text that it is. */
const entryOf = (line: string): Entry => {
  const at = line.indexOf(',"data":')
  const columns = JSON.parse(`${line.slice(0, at)}}`)
  const { position, turn, type, version, run, actor, cause, epoch, hash } = columns
  const data = line.slice(at + ',"data":'.length, -1)
  const row: Row = [position, turn, columns.at, type, version, run, actor, cause, epoch, data]
  return { row, hash: Buffer.from(hash, "hex") }
}

const entriesIn = (file: string): ReadonlyArray<Entry> =>
  readFileSync(file, "utf8").split("\n").slice(0, -1).map(entryOf)

/** The state that was recorded is still the one: a later version may know more of it, and nothing else. */
const expectState = (found: string, recorded: string): void => {
  const [now, then] = [JSON.parse(found), JSON.parse(recorded)]
  expect(now).toMatchObject(then)
  for (const part of ["waiting", "holders", "pauses"]) expect(now[part]).toEqual(then[part])
}

const isStillWritten = ({ row }: Entry): boolean => eventVersions[row[3] as EventType] === row[4]

/** Half a surrogate pair has no canonical text: the order of what stands beside it is left open. */
const hasHalf = ({ row }: Entry): boolean => /\\ud[89a-f]/.test(row[9])

describe.each(globSync("v*/*.ndjson", { cwd: folder }).sort())("the recorded log %s", (name) => {
  const file = join(folder, name)
  const entries = entriesIn(file)
  const state = readFileSync(file.replace(".ndjson", ".state.json"), "utf8")

  it("leads to the state that it led to then", () => {
    expect(entries.length).toBeGreaterThan(0)
    expectState(stateOf(entries.map(({ row }) => fromRow(name, row))), state)
  })

  it.effect("is chained by its hashes", () =>
    Effect.gen(function* () {
      const { position, found } = yield* verifyEntries(Stream.fromIterable(entries))
      expect({ position, found }).toEqual({ position: entries.length, found: undefined })
    })
  )

  it("is written again, letter for letter, by every version that writes the same form", () => {
    for (const entry of entries.filter(isStillWritten)) {
      const again = toRow(fromRow(name, entry.row))
      if (!hasHalf(entry)) expect(again).toEqual(entry.row)
      else expect(JSON.parse(again[9])).toEqual(JSON.parse(entry.row[9]))
    }
  })
})

describe.each(globSync("v*/*.db", { cwd: folder }).sort())("the recorded file %s", (name) => {
  const file = join(folder, name)

  it.live("holds what its text holds, and can be led and added to", () =>
    Effect.gen(function* () {
      const copy = join(yield* temporaryFolder, basename(name))
      copyFileSync(file, copy)
      const recorded = entriesIn(file.replace(".db", ".ndjson"))
      const log = yield* makeSqliteEventLog(copy)
      const found = yield* Stream.runCollect(log.entries())
      expect(found.map(({ row }) => row)).toEqual(recorded.map(({ row }) => row))
      expect(found.map(({ hash }) => Buffer.from(hash).toString("hex"))).toEqual(
        recorded.map(({ hash }) => Buffer.from(hash).toString("hex"))
      )
      const { position, epoch, append } = yield* log.lead({ holder: "ann" })
      expect(epoch).toBeGreaterThan(Math.max(...recorded.map(({ row }) => row[8])))
      const next = { position: position + 1, turn: 1_000, at: 1_900_000_000_000, version: 1, epoch }
      yield* append([{ ...next, type: "CoordinatorStopped", run: null, actor: "ann", cause: null, data: {} }])
      const checked = yield* verifyEntries(log.entries())
      expect(checked).toMatchObject({ position: position + 1, found: undefined })
    })
  )
})

/**
 * Tampering with the rows of a real file, and what is said of it.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import * as Effect from "effect/Effect"
import fc from "fast-check"
import { afterAll, describe, expect, it } from "vitest"
import type { Row } from "../../src/log/codec.ts"
import { eventHash, firstPrevious } from "../../src/log/eventHash.ts"
import { makeSqliteEventLog } from "../../src/log/sqlite/SqliteEventLog.ts"
import { type Checked, verifyEntries } from "../../src/log/verifyEntries.ts"
import { notes } from "./contract/Contract.ts"

const count = 40

const folder = mkdtempSync(join(tmpdir(), "signalbox-test-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let logs = 0

const onLog = <A>(
  path: string,
  use: (log: Effect.Success<ReturnType<typeof makeSqliteEventLog>>) => Effect.Effect<A, unknown, never>
) => Effect.runPromise(Effect.scoped(Effect.flatMap(makeSqliteEventLog(path), use)))

/** A log of so many events in a file of its own. */
const written = async (): Promise<string> => {
  const path = join(folder, `${++logs}.db`)
  await onLog(path, (log) =>
    Effect.scoped(Effect.flatMap(log.lead({ holder: "ann" }), ({ append }) => append(notes(0, count))))
  )
  return path
}

const verify = (path: string): Promise<Checked> => onLog(path, (log) => verifyEntries(log.entries()))

const tampered = async (path: string, change: (db: DatabaseSync) => void): Promise<Checked> => {
  const db = new DatabaseSync(path)
  db.exec("BEGIN")
  change(db)
  db.exec("COMMIT")
  const checked = await verify(path)
  db.close()
  return checked
}

type Columns = Readonly<Record<string, string | number | null | Uint8Array>>

const rowAt = (db: DatabaseSync, position: number): Columns =>
  db.prepare("SELECT * FROM event WHERE position = ?").get(position) as Columns

const columns = ["turn", "at", "type", "version", "run", "actor", "cause", "epoch", "data", "hash"] as const

const set = (
  db: DatabaseSync,
  position: number,
  column: string,
  value: string | number | null | Uint8Array
) => db.prepare(`UPDATE event SET ${column} = ? WHERE position = ?`).run(value, position)

/** The value with one bit of one byte flipped, as SQLite can hold it. */
const flipped = (value: string | number | null | Uint8Array, byte: number, bit: number) => {
  if (value === null) return "x"
  if (typeof value === "number") return value + (1 << bit)
  const bytes = Buffer.from(value as string)
  const at = byte % bytes.length
  bytes[at] = (bytes[at] ?? 0) ^ (1 << (bit % 7))
  return typeof value === "string" ? bytes.toString("latin1") : new Uint8Array(bytes)
}

describe("a log that was not tampered with", () => {
  it("is sound to its end", async () => {
    expect(await verify(await written())).toMatchObject({ position: count, found: undefined })
  })
})

describe("tampering is found, and named", () => {
  it("where a byte of any column of any event is another", async () => {
    const path = await written()
    const place = fc.record({
      position: fc.integer({ min: 1, max: count }),
      column: fc.constantFrom(...columns),
      byte: fc.nat(1000),
      bit: fc.nat(6)
    })
    await fc.assert(
      fc.asyncProperty(place, async ({ position, column, byte, bit }) => {
        const db = new DatabaseSync(path)
        const before = rowAt(db, position)[column] ?? null
        const after = flipped(before, byte, bit)
        db.close()
        const { found } = await tampered(path, (open) => set(open, position, column, after))
        await tampered(path, (open) => set(open, position, column, before))
        expect(found).toMatchObject({ position, kind: "altered" })
      }),
      { numRuns: 100 }
    )
    expect((await verify(path)).found).toBeUndefined()
  })

  it("where an event is missing, or several are", async () => {
    const gone = (first: number, last: number) => async () =>
      tampered(await written(), (db) =>
        db.exec(`DELETE FROM event WHERE position BETWEEN ${first} AND ${last}`)
      )
    expect((await gone(7, 7)()).found).toEqual({
      position: 7,
      kind: "removed",
      issue: "position 7 is missing"
    })
    expect((await gone(1, 3)()).found).toMatchObject({ position: 1, kind: "removed" })
  })

  it("where an event is missing and those after it have moved up", async () => {
    const path = await written()
    const { found } = await tampered(path, (db) => {
      db.exec("DELETE FROM event WHERE position = 7")
      for (let at = 8; at <= count; at++)
        db.exec(`UPDATE event SET position = ${at - 1} WHERE position = ${at}`)
    })
    expect(found).toMatchObject({ position: 7, kind: "altered" })
  })

  it("where two events stand in each other's place", async () => {
    const { found } = await tampered(await written(), (db) =>
      db.exec(`
        UPDATE event SET position = 1000 WHERE position = 7;
        UPDATE event SET position = 7 WHERE position = 8;
        UPDATE event SET position = 8 WHERE position = 1000;
      `)
    )
    expect(found).toMatchObject({ position: 7, kind: "reordered" })
  })

  it("where an event was put in between", async () => {
    const { found } = await tampered(await written(), (db) => {
      for (let at = count; at >= 7; at--)
        db.exec(`UPDATE event SET position = ${at + 1} WHERE position = ${at}`)
      const { hash, ...rest } = rowAt(db, 6)
      const row = Object.values({ ...rest, position: 7 }) as unknown as Row
      const forged = eventHash(hash as Uint8Array, row)
      db.prepare("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)").run(...row, forged)
    })
    // The forged event follows by its hash; what no longer does is the one that it has pushed away.
    expect(found).toMatchObject({ position: 8, kind: "altered" })
  })

  it("where an event was put in between without a hash that follows", async () => {
    const { found } = await tampered(await written(), (db) => {
      for (let at = count; at >= 7; at--)
        db.exec(`UPDATE event SET position = ${at + 1} WHERE position = ${at}`)
      const { hash: _, ...rest } = rowAt(db, 6)
      const row = Object.values({ ...rest, position: 7 }) as unknown as Row
      db.prepare("INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)").run(...row, firstPrevious)
    })
    expect(found).toMatchObject({ position: 7, kind: "inserted" })
  })
})

import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import fc from "fast-check"
import { makeFromRow, type Row } from "../../src/log/codec.ts"
import { LogError } from "../../src/log/LogError.ts"
import { makeUpcast, type Upcasters } from "../../src/log/Upcasters.ts"

/** Steps that each write down where they led from. */
const trail = (version: number): Upcasters[string] =>
  Object.fromEntries(
    Array.from({ length: version - 1 }, (_, index) => [
      index + 1,
      (data: unknown) => [...(data as ReadonlyArray<number>), index + 1]
    ])
  )

const version = fc.integer({ min: 1, max: 8 })

describe("data of an earlier version", () => {
  it("is brought to that of today by every step from there, each once and in order", () => {
    const given = fc
      .record({ A: version, B: version })
      .chain((versions) =>
        fc.record({ versions: fc.constant(versions), from: fc.integer({ min: 1, max: versions.A }) })
      )
    fc.assert(
      fc.property(given, ({ versions, from }) => {
        const upcast = makeUpcast(versions, { A: trail(versions.A), B: trail(versions.B) })
        const path = Array.from({ length: versions.A - from }, (_, index) => from + index)
        expect(upcast("A", from, [])).toEqual(path)
      })
    )
  })

  it("is left as it is where it is of today's", () => {
    const data = {}
    expect(makeUpcast({ A: 3 }, { A: trail(3) })("A", 3, data)).toBe(data)
  })

  it("is refused where there never was such a version, or such a type", () => {
    const upcast = makeUpcast({ A: 3 }, { A: trail(3) })
    for (const wrong of [0, -1, 1.5, 4, Number.NaN]) {
      expect(() => upcast("A", wrong, [])).toThrow(`there is no version ${wrong} of A`)
    }
    for (const type of ["B", "__proto__", "toString"]) {
      expect(() => upcast(type, 1, [])).toThrow(`there is no version 1 of ${type}`)
    }
  })
})

describe("a table of steps", () => {
  it("that lacks one is refused when it is loaded", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 8 }), fc.nat(), (last, pick) => {
        const missing = 1 + (pick % (last - 1))
        const { [missing]: _, ...steps } = trail(last) ?? {}
        const message = `no step brings A from version ${missing} to ${missing + 1}`
        expect(() => makeUpcast({ A: last }, { A: steps })).toThrow(message)
      })
    )
  })

  it("that has one too many is refused, too: nothing would ever take it", () => {
    expect(() => makeUpcast({ A: 2 }, { A: trail(3) })).toThrow(
      "A has a step from version 2, and is of version 2"
    )
    expect(() => makeUpcast({ A: 1 }, { B: trail(2) })).toThrow(
      "B has a step from version 1, and is of version none"
    )
  })
})

describe("a row", () => {
  const row = (type: string, version: number, data: unknown): Row => [
    7,
    3,
    1_000,
    type,
    version,
    "a",
    "ann",
    "c1",
    2,
    JSON.stringify(data)
  ]
  const fromRow = makeFromRow({
    schemas: { Baked: Schema.Struct({ grams: Schema.Int, of: Schema.Array(Schema.String) }) },
    versions: { Baked: 3 },
    upcasters: {
      Baked: {
        1: (data) => ({ grams: (data as { kilos: number }).kilos * 1_000, of: "flour" }),
        2: (data) => ({ ...(data as object), of: [(data as { of: string }).of] })
      }
    }
  })
  const refusal = (read: () => unknown): unknown => {
    try {
      return read()
    } catch (error) {
      return error instanceof LogError ? error.reason : error
    }
  }

  it("of any version is an event of today's, around it everything as it was", () => {
    const today = { type: "Baked", version: 3, data: { grams: 2_000, of: ["flour"] } }
    const envelope = { position: 7, turn: 3, at: 1_000, run: "a", actor: "ann", cause: "c1", epoch: 2 }
    for (const [of, data] of [
      [1, { kilos: 2 }],
      [2, { grams: 2_000, of: "flour" }],
      [3, { grams: 2_000, of: ["flour"] }]
    ] as const) {
      expect(fromRow("runs.db", row("Baked", of, data))).toEqual({ ...envelope, ...today })
    }
  })

  it("of a version or type still to come is refused by name, as written by a later version", () => {
    expect(refusal(() => fromRow("runs.db", row("Baked", 4, {})))).toEqual({
      _tag: "NewerFormat",
      log: "runs.db",
      found: "Baked in version 4",
      known: "version 3"
    })
    expect(refusal(() => fromRow("runs.db", row("Eaten", 1, {})))).toMatchObject({
      _tag: "NewerFormat",
      found: "events of type Eaten"
    })
  })

  it("that its steps cannot take, or of a version that never was, is told with its position", () => {
    for (const [of, data] of [
      [1, null],
      [0, { kilos: 2 }],
      [2, { grams: "2", of: "flour" }]
    ] as const) {
      expect(refusal(() => fromRow("runs.db", row("Baked", of, data)))).toMatchObject({
        _tag: "Corrupt",
        position: 7,
        issue: expect.stringContaining("Baked cannot be read: ")
      })
    }
  })
})

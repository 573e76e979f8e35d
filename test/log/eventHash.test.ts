import { createHash } from "node:crypto"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { canonicalJson } from "../../src/log/canonicalJson.ts"
import { type Row, toRow } from "../../src/log/codec.ts"
import { canonicalEvent, eventHash, firstPrevious, textHash } from "../../src/log/eventHash.ts"
import type { Event } from "../../src/queue/Event.ts"
import { arbitraryEvent, placed } from "./arbitraryEvent.ts"

/** The same value, with every half of a surrogate pair replaced. */
const whole = (value: unknown): unknown => {
  if (typeof value === "string") return value.toWellFormed()
  if (Array.isArray(value)) return value.map(whole)
  if (value === null || typeof value !== "object") return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key.toWellFormed(), whole(member)]))
}

const event = arbitraryEvent.map((one) => ({ ...one, data: whole(one.data) }) as Event)
const rowOf = (one: Event): Row => toRow(one).with(9, canonicalJson(one.data)) as unknown as Row

/** The hashes of a chain, each event after the one before. */
const chain = (rows: ReadonlyArray<Row>): ReadonlyArray<string> => {
  let previous = firstPrevious
  return rows.map((row) => {
    previous = eventHash(previous, row)
    return Buffer.from(previous).toString("hex")
  })
}

const admitted: Row = [
  2,
  1,
  1_750_000_000_000,
  "RunAdmitted",
  1,
  "nightly-7",
  "signalbox",
  null,
  3,
  '{"attempt":1,"policy":1,"slots":[]}'
]

describe("the text of an event", () => {
  it("is the canonical JSON of its envelope and data", () => {
    fc.assert(
      fc.property(event, (one) => {
        expect(canonicalEvent(rowOf(one))).toBe(canonicalJson(one))
      }),
      {
        numRuns: 1_000
      }
    )
  })

  it("never changes for an event that was written once", () => {
    expect(canonicalEvent(admitted)).toBe(
      '{"actor":"signalbox","at":1750000000000,"cause":null,"data":{"attempt":1,"policy":1,"slots":[]},"epoch":3,' +
        '"position":2,"run":"nightly-7","turn":1,"type":"RunAdmitted","version":1}'
    )
  })

  it("is never that of another row, even if data is forged to look like what follows it", () => {
    const forgery = fc
      .array(fc.constantFrom("{}", ',"epoch":1', ',"position":1', ',"run":"', '"', "\\", ',"turn":1', "}"))
      .map((parts) => parts.join(""))
    const one = fc.constant(1)
    const name = fc.oneof(fc.constant(null), forgery)
    const row = fc.tuple(one, one, one, forgery, one, name, forgery, name, one, forgery) as fc.Arbitrary<Row>
    fc.assert(
      fc.property(row, row, (a, b) => {
        const areSame = JSON.stringify(a) === JSON.stringify(b)
        expect(canonicalEvent(a) === canonicalEvent(b)).toBe(areSame)
      }),
      { numRuns: 2_000 }
    )
  })

  it.each([
    ["type", 3],
    ["run", 5],
    ["actor", 6],
    ["cause", 7]
  ])("cannot hold half a surrogate pair in its %s", (column, index) => {
    const row = admitted.with(index, "a\ud83e") as unknown as Row
    expect(() => canonicalEvent(row)).toThrow(
      `the value at /${column} is no JSON: it holds half a surrogate pair`
    )
  })
})

describe("the hash of an event", () => {
  it("is SHA-256 over the 32 bytes before and the UTF-8 of its text", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), event, (previous, one) => {
        const row = rowOf(one)
        const text = canonicalEvent(row)
        const expected = createHash("sha256")
          .update(previous)
          .update(new TextEncoder().encode(text))
          .digest("hex")
        expect(Buffer.from(textHash(previous, text)).toString("hex")).toBe(expected)
        expect(Buffer.from(eventHash(previous, row)).toString("hex")).toBe(expected)
      })
    )
  })

  it.each([100, 16_000, 16_384, 1_000_000])(
    "is the same for %i characters of data, of any width",
    (length) => {
      for (const character of ["a", "é", "語", "🦉"]) {
        const row = admitted.with(9, JSON.stringify(character.repeat(length))) as unknown as Row
        expect(eventHash(firstPrevious, row)).toEqual(textHash(firstPrevious, canonicalEvent(row)))
      }
    }
  )

  it("never changes for an event that was written once", () => {
    expect(chain([admitted, admitted])).toEqual([
      "1b4c690b8a6105e8b42cc51ea356d164473fe9aeedc8058dac783852289784ce",
      "9d71d9b8e58ab934bd04e2a370db491fe84eaf4f47d05207d6bb09089326d409"
    ])
  })

  it("begins with 32 zero bytes, and takes no other length", () => {
    expect([...firstPrevious]).toEqual(new Array(32).fill(0))
    expect(() => textHash(new Uint8Array(31), "{}")).toThrow(
      "the hash of the event before has 31 bytes, not 32"
    )
  })
})

describe("a chain ends in another hash", () => {
  const events = fc
    .tuple(fc.array(event, { minLength: 2, maxLength: 9 }), fc.nat())
    .map(([list, number]) => ({ rows: placed(0, list).map(rowOf), at: number % (list.length - 1) }))
  const endsOtherwise = (change: (rows: ReadonlyArray<Row>, at: number) => ReadonlyArray<Row>): void =>
    fc.assert(
      fc.property(events, ({ rows, at }) => {
        expect(chain(change(rows, at)).at(-1)).not.toBe(chain(rows).at(-1))
      })
    )

  it("if an event is left out", () => endsOtherwise((rows, at) => rows.toSpliced(at, 1)))

  it("if an event is put in", () => endsOtherwise((rows, at) => rows.toSpliced(at, 0, admitted)))

  it("if two events change places", () =>
    endsOtherwise((rows, at) => rows.toSpliced(at, 2, ...rows.slice(at, at + 2).reverse())))

  it.each(admitted.map((_, index) => index))("if column %i of an event is another", (index) =>
    endsOtherwise((rows, at) => rows.map((row, place) => (place === at ? changed(row, index) : row)))
  )

  const changed = (row: Row, index: number): Row => {
    const value = row[index]
    const other = typeof value === "number" ? value + 1 : `${value ?? ""} `
    return row.with(index, other) as unknown as Row
  }
})

/**
 * Reading an export: in whatever pieces it comes, every line is read or refused by its number.
 */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import fc from "fast-check"
import type { Row } from "../../../src/log/codec.ts"
import type { Entry } from "../../../src/log/EventLog.ts"
import { exportEntries } from "../../../src/log/exportEntries.ts"
import { ImportError } from "../../../src/log/ImportError.ts"
import { importEntries } from "../../../src/log/importEntries.ts"
import { arbitraryEvent, placed } from "../arbitraryEvent.ts"
import { notes } from "../contract/Contract.ts"
import { entriesOf, plain } from "./entriesOf.ts"

const textOf = (entries: ReadonlyArray<Entry>): Effect.Effect<string> =>
  Effect.map(Effect.orDie(Stream.runCollect(exportEntries(Stream.fromIterable(entries)))), (lines) =>
    lines.join("")
  )

const read = (...pieces: ReadonlyArray<string | Uint8Array>) =>
  Stream.runCollect(
    importEntries(Stream.fromIterable(pieces.map((piece) => Buffer.from(piece as string))), "old.ndjson")
  )

/** What is wrong with such a text. */
const wrong = (...pieces: ReadonlyArray<string | Uint8Array>) =>
  Effect.map(Effect.flip(read(...pieces)), (error) => ({ isImport: error instanceof ImportError, ...error }))

const some = fc.array(arbitraryEvent, { minLength: 1, maxLength: 6 }).map((events) => placed(0, events))

/** A text cut into pieces anywhere, also within a character. */
const cut = (text: string, cuts: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const bytes = Buffer.from(text)
  const places = [0, ...cuts.map((one) => one % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  return places.slice(1).map((end, index) => bytes.subarray(places[index], end))
}

it.effect("an export is read as what was exported, however it is cut into pieces on its way", () =>
  Effect.promise(() =>
    fc.assert(
      fc.asyncProperty(some, fc.array(fc.nat(), { maxLength: 20 }), async (events, cuts) => {
        const entries = entriesOf(events)
        const text = await Effect.runPromise(textOf(entries))
        const found = await Effect.runPromise(read(...cut(text, cuts)))
        expect(plain(found)).toEqual(plain(entries))
      }),
      { numRuns: 200 }
    )
  )
)

it.effect("a text may end without a line feed, and have the line ends of another system", () =>
  Effect.gen(function* () {
    const entries = entriesOf(notes(0, 3))
    const text = yield* textOf(entries)
    expect(plain(yield* read(text.trimEnd()))).toEqual(plain(entries))
    expect(plain(yield* read(text.replaceAll("\n", "\r\n")))).toEqual(plain(entries))
    expect(plain(yield* read(`\ufeff${text}`))).toEqual(plain(entries))
    expect(yield* read("")).toEqual([])
  })
)

it.effect("a line that holds no event is refused by its number", () =>
  Effect.gen(function* () {
    const text = yield* textOf(entriesOf(notes(0, 3)))
    const lines = text.split("\n")
    const [first = "", second = ""] = lines
    const isLine = (number: number, issue: RegExp) => ({
      isImport: true,
      place: "line",
      number,
      issue: expect.stringMatching(issue)
    })
    expect(yield* wrong(first, "\n", "nonsense")).toMatchObject(isLine(2, /JSON/))
    expect(yield* wrong(`${first}\n\n${second}\n`)).toMatchObject(isLine(2, /JSON/))
    expect(yield* wrong(text.slice(0, -9))).toMatchObject(isLine(3, /JSON/))
    expect(yield* wrong(`${first}\n`, Buffer.from([0x22, 0xff]))).toMatchObject(isLine(2, /not UTF-8/))
    expect(yield* wrong(`${first}\n`, Buffer.from([0xf0, 0x9f]))).toMatchObject(isLine(2, /not UTF-8/))
    const misfit = first.replace('"attempt":1', '"attempt":"one"')
    expect(yield* wrong(text, misfit)).toMatchObject(isLine(4, /^RunStarted cannot be read/))
  })
)

it.effect("a line without an end is refused before it fills the memory", () =>
  Effect.gen(function* () {
    const piece = Buffer.alloc(2 ** 22, "x")
    const endless = importEntries(Stream.fromIterable(Array.from({ length: 65 }, () => piece)))
    const error = yield* Effect.flip(Stream.runDrain(endless))
    expect(error.message).toBe("line 1: it is longer than 268435456 characters; nothing was imported")
  })
)

it.effect("an event of a later version is refused as such, by type or by version", () =>
  Effect.gen(function* () {
    const [entry] = entriesOf(notes(0, 1)) as [Entry]
    const reason = Effect.fnUntraced(function* (column: number, value: string | number) {
      const row = (entry.row as ReadonlyArray<unknown>).with(column, value) as unknown as Row
      return yield* wrong(yield* textOf([{ ...entry, row }]))
    })
    expect(yield* reason(3, "RunDreamt")).toMatchObject({
      reason: { _tag: "NewerFormat", log: "old.ndjson", found: "events of type RunDreamt" }
    })
    expect(yield* reason(4, 2)).toMatchObject({
      reason: { _tag: "NewerFormat", log: "old.ndjson", found: "RunStarted in version 2" }
    })
  })
)

import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import fc from "fast-check"
import type { Entry } from "../../../src/log/EventLog.ts"
import { eventHash, firstPrevious } from "../../../src/log/eventHash.ts"
import { verifyEntries } from "../../../src/log/verifyEntries.ts"
import { settings } from "../../../src/settings.ts"
import { arbitraryEvent, placed } from "../arbitraryEvent.ts"
import { type Contract, notes } from "./Contract.ts"

/** Each hash, made anew from what stands beside it. */
const chained = (entries: ReadonlyArray<Entry>): ReadonlyArray<Uint8Array> => {
  let last = firstPrevious
  return entries.map(({ row }) => {
    last = eventHash(last, row)
    return last
  })
}

const plain = (hashes: ReadonlyArray<Uint8Array>): ReadonlyArray<string> =>
  hashes.map((hash) => Buffer.from(hash).toString("hex"))

/** What is written is hashed. */
export const hashing = ({ promise, property }: Contract): void => {
  property(
    "the hash of each event covers the one before it, whatever was written, in whatever batches, by whomever",
    fc.array(fc.array(fc.array(arbitraryEvent, { maxLength: 3 }), { maxLength: 3 }), {
      minLength: 1,
      maxLength: 3
    }),
    (log, terms) =>
      Effect.gen(function* () {
        for (const batches of terms) {
          yield* Effect.scoped(
            Effect.gen(function* () {
              const { append, position } = yield* log.lead({ holder: "ann" })
              let end = position
              for (const batch of batches) {
                yield* append(placed(end, batch))
                end += batch.length
              }
            })
          )
        }
        const entries = yield* Stream.runCollect(log.entries())
        expect(plain(entries.map(({ hash }) => hash))).toEqual(plain(chained(entries)))
        const { found, position } = yield* verifyEntries(log.entries())
        expect([found, position]).toEqual([undefined, entries.length])
      })
  )

  promise("entries are those of a range, page by page", (log) =>
    Effect.gen(function* () {
      const { append } = yield* log.lead({ holder: "ann" })
      const many = settings.readPageEvents + 3
      yield* append(notes(0, many))
      const positions = (range?: {
        readonly after?: number
        readonly upTo?: number
        readonly run?: string
      }) => Effect.map(Stream.runCollect(log.entries(range)), (entries) => entries.map(({ row }) => row[0]))
      expect((yield* positions()).length).toBe(many)
      expect(yield* positions({ after: 2, upTo: 4 })).toEqual([3, 4])
      expect((yield* positions({ after: 2 })).at(-1)).toBe(many)
      expect(yield* positions({ run: "b" })).toEqual([])
      expect((yield* positions({ run: "a", after: 1 })).length).toBe(many - 1)
    })
  )

  promise("a log of nothing has no entries", (log) =>
    Effect.gen(function* () {
      yield* log.lead({ holder: "ann" })
      expect(yield* Stream.runCollect(log.entries())).toEqual([])
      expect(yield* verifyEntries(log.entries())).toMatchObject({ position: 0, found: undefined })
    })
  )
}

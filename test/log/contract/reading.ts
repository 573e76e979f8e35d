import assert from "node:assert/strict"
import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import fc from "fast-check"
import type { Range } from "../../../src/log/EventLog.ts"
import type { Event } from "../../../src/queue/Event.ts"
import { settings } from "../../../src/settings.ts"
import { arbitraryEvent, oneOfEach, placed } from "../arbitraryEvent.ts"
import { type Contract, notes, readAll, within } from "./Contract.ts"

const page = settings.readPageEvents

/** Ranges with their ends in, at and beyond a log of so many events, of runs that it has and that it has not. */
const arbitraryRange = (count: number): fc.Arbitrary<Range> => {
  const position = fc.integer({ min: -1, max: count + 2 })
  return fc.record(
    { after: position, upTo: position, run: fc.constantFrom("a", "b", "c") },
    { requiredKeys: [] }
  )
}

/** What was written is what is read. */
export const reading = ({ promise, property }: Contract): void => {
  property("an event comes back exactly as it was, of whatever type", oneOfEach, (log, events) =>
    Effect.gen(function* () {
      const { append, position } = yield* log.lead({ holder: "ann" })
      const written = placed(position, events)
      yield* append(written)
      assert.deepEqual(yield* readAll(log, { after: position }), written)
    })
  )

  promise("a result of several megabytes comes back exactly", (log) =>
    Effect.gen(function* () {
      const { append } = yield* log.lead({ holder: "ann" })
      const rows = Array.from({ length: 50_000 }, (_, id) => ({
        id,
        name: `row "${id}"\n`,
        tags: [null, id / 3]
      }))
      const [note] = notes(0, 1)
      const event = { ...note, type: "RunSucceeded", data: { attempt: 1, result: { rows } } } as Event
      yield* append([event])
      assert.deepEqual(yield* readAll(log), [event])
    })
  )

  property(
    "what was read is never different when it is read again",
    fc.array(fc.array(arbitraryEvent, { maxLength: 3 }), { maxLength: 6 }),
    (log, batches) =>
      Effect.gen(function* () {
        const { append } = yield* log.lead({ holder: "ann" })
        let before = yield* readAll(log)
        for (const batch of batches) {
          yield* append(placed(before.length, batch))
          const now = yield* readAll(log)
          assert.deepEqual(now.slice(0, before.length), before)
          before = now
        }
        assert.deepEqual(yield* readAll(log), before)
      })
  )

  promise("a range is what comes after, up to and with, and of one run", (log) =>
    Effect.gen(function* () {
      const { append } = yield* log.lead({ holder: "ann" })
      const events = placed(0, [notes(0, 3, "a"), notes(0, 4, "b"), notes(0, 2), notes(0, 3, "a")].flat())
      yield* append(events)
      const check = fc.asyncProperty(arbitraryRange(events.length), async (range) => {
        expect(await Effect.runPromise(readAll(log, range))).toEqual(within(events, range))
        const outlines = await Effect.runPromise(Stream.runCollect(log.outlines(range)))
        expect(outlines).toEqual(within(events, range).map(({ data: _, ...outline }) => outline))
      })
      yield* Effect.promise(() => fc.assert(check, { numRuns: 200 }))
    })
  )

  promise("a range may be longer than a page, and end where one does", (log) =>
    Effect.gen(function* () {
      const { append } = yield* log.lead({ holder: "ann" })
      const events = placed(0, [notes(0, 2 * page, "a"), notes(0, 1, "b"), notes(0, page, "a")].flat())
      yield* append(events)
      const ends = [0, 1, page - 1, page, page + 1, 2 * page, 2 * page + 1, 3 * page, 3 * page + 1]
      for (const after of ends) {
        for (const upTo of [undefined, ...ends]) {
          expect(yield* readAll(log, { after, upTo, run: "a" })).toEqual(
            within(events, { after, upTo, run: "a" })
          )
          const expected = within(events, { after, upTo })
          expect(yield* readAll(log, { after, upTo })).toEqual(expected)
          expect(yield* Stream.runCount(log.outlines({ after, upTo }))).toBe(expected.length)
        }
      }
    })
  )

  promise("a reading ends with what was there when it began, though writing goes on", (log) =>
    Effect.gen(function* () {
      const { append } = yield* log.lead({ holder: "ann" })
      yield* append(notes(0, 2 * page))
      let end = 2 * page
      const read = yield* log.read().pipe(
        Stream.tap(() => Effect.suspend(() => append(notes(end++, 1)))),
        Stream.take(10 * page),
        Stream.runCount
      )
      expect(read).toBe(2 * page)
    })
  )
}

import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import fc from "fast-check"
import { type Contract, notes, readAll, reasonOf } from "./Contract.ts"

/** What an append makes true, and what it never does. */
export const appending = ({ promise, property }: Contract): void => {
  promise("a new log ends before its first position, and nobody has led it", (log) =>
    Effect.gen(function* () {
      const lead = yield* log.lead({ holder: "ann" })
      expect(lead).toMatchObject({ position: 0, epoch: 1 })
      expect(yield* log.head).toEqual({ position: 0, epoch: 1 })
      expect(yield* readAll(log)).toEqual([])
    })
  )

  property(
    "positions are dense and rise by one, however the events are batched",
    fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 10 }),
    (log, sizes) =>
      Effect.gen(function* () {
        const { append, position } = yield* log.lead({ holder: "ann" })
        let end = position
        for (const size of sizes) {
          yield* append(notes(end, size))
          end += size
          expect((yield* log.head).position).toBe(end)
        }
        const positions = (yield* readAll(log)).map((event) => event.position)
        expect(positions).toEqual(positions.map((_, index) => index + 1))
      })
  )

  promise("an append elsewhere than at the end names both places and leaves nothing", (log) =>
    Effect.gen(function* () {
      const { append } = yield* log.lead({ holder: "ann" })
      yield* append(notes(0, 3))
      for (const after of [0, 2, 4, 9]) {
        const reason = yield* reasonOf(append(notes(after, 2)))
        expect(reason).toEqual({ _tag: "PositionConflict", expected: after, found: 3 })
      }
      expect(yield* readAll(log)).toEqual(notes(0, 3))
    })
  )

  promise("an append with a gap in it leaves nothing, and the next one is taken", (log) =>
    Effect.gen(function* () {
      const { append } = yield* log.lead({ holder: "ann" })
      const reason = yield* reasonOf(append([...notes(0, 2), ...notes(3, 1)]))
      expect(reason).toMatchObject({ _tag: "Corrupt", position: 3 })
      expect(yield* readAll(log)).toEqual([])
      yield* append(notes(0, 2))
      expect(yield* readAll(log)).toEqual(notes(0, 2))
    })
  )

  property(
    "appends that wait for none before them are made in their order, none after one that fails",
    fc.record({
      sizes: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 8 }),
      fails: fc.option(fc.nat(7), { nil: undefined })
    }),
    (log, { sizes, fails }) =>
      Effect.gen(function* () {
        const { append, position } = yield* log.lead({ holder: "ann" })
        let end = position
        const batches = sizes.map((size) => {
          const batch = notes(end, size)
          end += size
          return batch
        })
        // The one that fails ends in a gap.
        const given = batches.map((batch, at) => (at === fails ? [...batch, ...notes(end + 1, 1)] : batch))
        const fibers = yield* Effect.forEach(given, (batch) =>
          Effect.forkChild(append(batch), { startImmediately: true })
        )
        const exits = yield* Effect.forEach(fibers, Fiber.await)
        const made = Math.min(fails ?? sizes.length, sizes.length)
        expect(exits.map(Exit.isSuccess)).toEqual(sizes.map((_, at) => at < made))
        expect(yield* readAll(log, { after: position })).toEqual(batches.slice(0, made).flat())
      })
  )

  promise("an append is for once: made again, it conflicts", (log) =>
    Effect.gen(function* () {
      const { append } = yield* log.lead({ holder: "ann" })
      const once = append(notes(0, 2))
      yield* once
      expect(yield* reasonOf(once)).toEqual({ _tag: "PositionConflict", expected: 0, found: 2 })
      expect(yield* readAll(log)).toEqual(notes(0, 2))
    })
  )

  promise("appends are made in the order in which they were asked for", (log) =>
    Effect.gen(function* () {
      const { append } = yield* log.lead({ holder: "ann" })
      const firsts = Array.from({ length: 20 }, (_, index) => index * 3)
      yield* Effect.forEach(firsts, (after) => append(notes(after, 3)), { concurrency: "unbounded" })
      expect(yield* readAll(log)).toEqual(notes(0, 60))
    })
  )

  promise("an append that nobody waits for any more is there whole or not at all", (log) =>
    Effect.gen(function* () {
      const { append } = yield* log.lead({ holder: "ann" })
      for (let round = 0; round < 10; round++) {
        const { position } = yield* log.head
        const fiber = yield* Effect.forkChild(append(notes(position, 5)), { startImmediately: true })
        yield* Fiber.interrupt(fiber)
        yield* append([])
        expect((yield* log.head).position % 5).toBe(0)
      }
      const { position } = yield* log.head
      expect(yield* readAll(log)).toEqual(notes(0, position))
    })
  )

  promise("an append of very many events is made at once", (log) =>
    Effect.gen(function* () {
      const { append } = yield* log.lead({ holder: "ann" })
      yield* append(notes(0, 150_000))
      expect(yield* log.head).toEqual({ position: 150_000, epoch: 1 })
      expect(yield* readAll(log, { after: 149_998 })).toEqual(notes(149_998, 2))
    })
  )
}

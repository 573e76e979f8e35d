import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import type { Range } from "../../../src/log/EventLog.ts"
import { settings } from "../../../src/settings.ts"
import { placed } from "../arbitraryEvent.ts"
import { type Contract, type Log, notes, readAll, within } from "./Contract.ts"

const page = settings.readPageEvents

const collect = (log: Log, range: Range) => Stream.runCollect(log.changes(range))

const fork = <A, E>(effect: Effect.Effect<A, E>) => Effect.forkChild(effect, { startImmediately: true })

/** Reading that goes on as writing does. */
export const following = ({ promise }: Contract): void => {
  promise("changes go on where reading ends, with no gap and nothing twice", (log) =>
    Effect.gen(function* () {
      const { append } = yield* log.lead({ holder: "ann" })
      yield* append(notes(0, page + 5))
      const upTo = page + 305
      const changes = yield* fork(collect(log, { upTo }))
      for (let after = page + 5; after < upTo; after += 3) yield* append(notes(after, 3))
      expect(yield* Fiber.join(changes)).toEqual(notes(0, upTo))
    })
  )

  promise("who waits is told of each event when it is written", (log) =>
    Effect.gen(function* () {
      const { append } = yield* log.lead({ holder: "ann" })
      const told = yield* Queue.unbounded<number>()
      yield* fork(Stream.runForEach(log.changes(), ({ position }) => Queue.offer(told, position)))
      for (let position = 1; position <= 20; position++) {
        yield* append(notes(position - 1, 1))
        expect(yield* Queue.take(told)).toBe(position)
      }
    })
  )

  promise("changes of one run leave out all others", (log) =>
    Effect.gen(function* () {
      const { append } = yield* log.lead({ holder: "ann" })
      const runs = ["a", "b", null, "a", "b", "a"]
      const events = placed(
        0,
        runs.flatMap((run) => notes(0, 1, run))
      )
      yield* append(events.slice(0, 3))
      const changes = yield* fork(collect(log, { after: 1, upTo: 6, run: "a" }))
      yield* append(events.slice(3))
      expect(yield* Fiber.join(changes)).toEqual([events[3], events[5]])
    })
  )

  promise("changes end where the range does, whether or not an event of it stands there", (log) =>
    Effect.gen(function* () {
      const { append } = yield* log.lead({ holder: "ann" })
      const events = [...notes(0, 2, "a"), ...notes(2, 3, "b")]
      yield* append(events)
      const ranges = [
        { upTo: 4 },
        { upTo: 4, run: "a" },
        { upTo: 5, run: "c" },
        { after: 4, upTo: 4 },
        { upTo: 0 }
      ]
      for (const range of ranges) expect(yield* collect(log, range)).toEqual(within(events, range))

      const later = yield* fork(collect(log, { upTo: 6, run: "a" }))
      yield* append(notes(5, 2, "b"))
      expect(yield* Fiber.join(later)).toEqual(notes(0, 2, "a"))
    })
  )

  promise("many read while one writes: all see whole appends, and in the end the same", (log) =>
    Effect.gen(function* () {
      const { append } = yield* log.lead({ holder: "ann" })
      const upTo = 300
      const write = Effect.gen(function* () {
        for (let after = 0; after < upTo; after += 3) yield* append(notes(after, 3))
      })
      const follow = Effect.gen(function* () {
        expect(yield* collect(log, { upTo })).toEqual(notes(0, upTo))
      })
      const read = Effect.gen(function* () {
        for (let seen = 0; seen < upTo; ) {
          const { length } = yield* readAll(log)
          expect(length % 3).toBe(0)
          expect(length).toBeGreaterThanOrEqual(seen)
          expect(yield* readAll(log, { upTo: length })).toEqual(notes(0, length))
          seen = length
          yield* Effect.yieldNow
        }
      })
      const readers = Array.from({ length: 5 }, () => [follow, read]).flat()
      yield* Effect.all([write, ...readers], { concurrency: "unbounded" })
    })
  )

  promise("a follower that is let go leaves the others and the log as they are", (log) =>
    Effect.gen(function* () {
      const { append } = yield* log.lead({ holder: "ann" })
      const stays = yield* fork(collect(log, { upTo: 2 }))
      const goes = yield* fork(Stream.runDrain(log.changes()))
      yield* append(notes(0, 1))
      yield* Fiber.interrupt(goes)
      yield* append(notes(1, 1))
      expect(yield* Fiber.join(stays)).toEqual(notes(0, 2))
    })
  )
}

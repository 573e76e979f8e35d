import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import fc from "fast-check"
import { settings } from "../../src/settings.ts"
import { deliver } from "../../src/subscription/deliver.ts"
import { DeliveryError, type Handler } from "../../src/subscription/Handler.ts"
import { quiet } from "../coordinator/startCoordinator.ts"
import { deliverToEnd, makePlace, type Place } from "./delivering.ts"

/** What becomes of a call of the handler. */
type Fate = "taken" | "failed" | "rejected" | "killed before" | "killed after"

const fates: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Fate>("taken") },
  { weight: 4, arbitrary: fc.constantFrom<Fate>("failed", "rejected") },
  { weight: 2, arbitrary: fc.constantFrom<Fate>("killed before", "killed after") }
)

const histories = fc.record({
  turns: fc.array(fc.array(fc.constantFrom("a", null), { maxLength: 8 }), { minLength: 1, maxLength: 5 }),
  batchMax: fc.integer({ min: 1, max: 4 }),
  triesMax: fc.integer({ min: 1, max: 3 }),
  fates: fc.array(fates, { maxLength: 40 })
})
type History = typeof histories extends fc.Arbitrary<infer H> ? H : never

/** Delivers to the end, begins again after each kill, and tells what each of these lives has taken. */
const lives = (history: History) =>
  Effect.gen(function* () {
    const { batchMax, triesMax } = history
    const place = yield* makePlace({
      filter: { types: ["RunStarted"] },
      batchMax,
      retries: { triesMax, delayMs: 1_000, delayMaxMs: 8_000 }
    })
    const turns = [...history.turns]
    const ahead = [...history.fates]
    const taken: Array<Array<number>> = []
    const failures = new Map<number, number>()
    for (let isOver = false; !isOver; isOver = turns.length === 0 && ahead.length === 0) {
      yield* place.append(turns.shift() ?? [])
      for (let isDone = false; !isDone; ) {
        const mine: Array<number> = []
        taken.push(mine)
        const killed = yield* Deferred.make<void>()
        const die = Effect.andThen(Deferred.succeed(killed, undefined), Effect.never)
        const handler: Handler = (events) => {
          const fate = ahead.shift() ?? "taken"
          const positions = events.map(({ position }) => position)
          if (fate === "killed before") return die
          if (fate === "killed after" || fate === "taken") mine.push(...positions)
          if (fate === "killed after") return die
          if (fate === "taken") return undefined
          if (positions.length === 1) {
            for (const position of positions) failures.set(position, (failures.get(position) ?? 0) + 1)
          }
          return fate === "failed" ? Effect.fail("no") : Promise.reject(new Error("no"))
        }
        const end = yield* Effect.raceFirst(
          Effect.map(deliverToEnd(place, handler), (exit) => ({ exit })),
          Deferred.await(killed)
        )
        isDone = end !== undefined
        if (end) expect(end.exit).toEqual(Exit.void)
      }
      if (turns.length === 0) ahead.length = 0
    }
    const parked = yield* place.store.parked("a")
    const { position } = yield* place.store.get("a")
    return { taken, parked, failures, position }
  }).pipe(Effect.scoped, Effect.provide(TestClock.layer()))

const isRising = (positions: ReadonlyArray<number>): boolean =>
  positions.every((position, at) => at === 0 || position > (positions[at - 1] ?? 0))

/** The second of two that fail together is taken by itself, and then the process is killed. */
const killedBehindOneThatFails: History = {
  turns: [["a", "a"]],
  batchMax: 2,
  triesMax: 1,
  fates: ["failed", "failed", "killed after"]
}

describe("a delivery", () => {
  it("delivers or parks every wanted event, in order, whatever fails and whenever it is killed", async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (history) => {
        const { taken, parked, failures, position } = await Effect.runPromise(lives(history))
        const all = history.turns.flat()
        const wanted = all.flatMap((run, at) => (run === "a" ? [at + 1] : []))
        const aside = parked.map((one) => one.position)
        const found = new Set([...taken.flat(), ...aside])
        expect([...found].sort((a, b) => a - b)).toEqual(wanted)
        for (const life of taken) expect(isRising(life)).toBe(true)
        // Nothing is taken for the first time after something behind it.
        const first = [...new Set(taken.flat())].filter((one) => !aside.includes(one))
        expect(isRising(first)).toBe(true)
        for (const one of parked) {
          expect(one.tries).toBe(history.triesMax)
          expect(failures.get(one.position)).toBeGreaterThanOrEqual(history.triesMax)
        }
        expect(position).toBe(all.length)
      }),
      { numRuns: 150, examples: [[killedBehindOneThatFails]] }
    )
  }, 60_000)

  const collecting =
    (seen: Array<number>): Handler =>
    (events) => {
      seen.push(...events.map(({ position }) => position))
    }

  const following = ({ log, store }: Place, handler: Handler) =>
    Effect.forkChild(deliver({ log, store, name: "a", handler }))

  it.effect("goes on with what is written, without a look at the clock", () =>
    Effect.gen(function* () {
      const place = yield* makePlace()
      const seen: Array<number> = []
      yield* place.append(["a", null])
      yield* following(place, collecting(seen))
      yield* quiet
      expect(seen).toEqual([1, 2])
      yield* place.append(["b", null])
      yield* quiet
      expect(seen).toEqual([1, 2, 3, 4])
    })
  )

  it.effect("writes down by and by that it has passed what nobody wants", () =>
    Effect.gen(function* () {
      const place = yield* makePlace({ filter: { run: "b" } })
      const other = yield* makePlace({ filter: { types: ["RunFailed"] } })
      yield* place.append(["a", "b", "a"])
      yield* other.append(["a", "b", "a"])
      const seen: Array<number> = []
      yield* following(place, collecting(seen))
      yield* following(other, collecting(seen))
      yield* quiet
      yield* TestClock.adjust(settings.followIntervalMs)
      expect(seen).toEqual([2])
      expect(yield* place.store.get("a")).toMatchObject({ position: 2 })
      expect(yield* other.store.get("a")).toMatchObject({ position: 3 })
    })
  )

  it.effect("a rewind is seen while it waits, and even while a delivery hangs", () =>
    Effect.gen(function* () {
      const place = yield* makePlace()
      const seen: Array<number> = []
      let hangs = false
      yield* place.append(["a", "a", "a"])
      yield* following(place, ([{ position }], { signal }) => {
        seen.push(position)
        return hangs ? new Promise((resolve) => signal.addEventListener("abort", resolve)) : undefined
      })
      yield* quiet
      yield* place.store.rewind("a", 1)
      yield* TestClock.adjust(settings.followIntervalMs)
      expect(seen).toEqual([1, 2, 3, 2, 3])
      hangs = true
      yield* place.append(["a", "a"])
      yield* quiet
      expect(seen.splice(0)).toEqual([1, 2, 3, 2, 3, 4])
      hangs = false
      yield* place.store.rewind("a", 4)
      yield* TestClock.adjust(settings.followIntervalMs)
      expect(seen).toEqual([5])
    })
  )

  it.effect("waits twice as long after each failure, within a fifth, and not longer than it may", () =>
    Effect.gen(function* () {
      const place = yield* makePlace({ retries: { triesMax: 6, delayMs: 1_000, delayMaxMs: 4_000 } })
      yield* place.append(["a", "a"])
      const at: Array<number> = []
      const tries: Array<number> = []
      yield* following(place, ([{ position }], { attempt }) =>
        TestClock.testClockWith((clock) => {
          if (position === 2) return Effect.void
          at.push(clock.currentTimeMillisUnsafe())
          tries.push(attempt)
          return Effect.fail("not now")
        })
      )
      for (let step = 0; step < 300; step++) yield* TestClock.adjust(100)
      expect(tries).toEqual([1, 2, 3, 4, 5, 6])
      const waits = at.slice(1).map((moment, index) => moment - (at[index] ?? 0))
      for (const [index, most] of [1_000, 2_000, 4_000, 4_000, 4_000].entries()) {
        expect(waits[index]).toBeGreaterThanOrEqual(most * 0.8)
        expect(waits[index]).toBeLessThanOrEqual(Math.min(most * 1.2 + 100, 4_100))
      }
      expect(yield* place.store.parked("a")).toMatchObject([{ position: 1, tries: 6, error: "not now" }])
      expect(yield* place.store.get("a")).toMatchObject({ position: 2 })
    })
  )

  it.effect("delivers parked events again when that is asked for, before it goes on", () =>
    Effect.gen(function* () {
      const place = yield* makePlace({ retries: { triesMax: 1, delayMs: 1, delayMaxMs: 1 } })
      yield* place.append(["a", "a", "a"])
      const seen: Array<number> = []
      const bad = new Set([1, 3])
      yield* following(place, ([{ position }]) => {
        seen.push(position)
        return bad.has(position) ? Effect.fail("bad") : undefined
      })
      yield* quiet
      expect(yield* place.store.parked("a")).toMatchObject([{ position: 1 }, { position: 3 }])
      bad.delete(1)
      yield* place.store.retry("a")
      yield* TestClock.adjust(settings.followIntervalMs)
      expect(seen).toEqual([1, 2, 3, 1, 3])
      expect(yield* place.store.parked("a")).toMatchObject([{ position: 3, tries: 2, due: false }])
      yield* TestClock.adjust("1 hour")
      expect(seen).toHaveLength(5)
    })
  )

  it.effect("is stopped by a receiver that wants no more, and goes on from there when it is enabled", () =>
    Effect.gen(function* () {
      const place = yield* makePlace()
      yield* place.append(["a", "a"])
      const gone = yield* deliverToEnd(place, ([{ position }]) =>
        position === 2 ? new DeliveryError({ message: "gone", isFinal: true }) : undefined
      )
      expect(yield* Effect.flip(gone)).toMatchObject({ reason: { _tag: "Stopped", why: "gone" } })
      const seen: Array<number> = []
      expect(yield* Effect.flip(yield* deliverToEnd(place, collecting(seen)))).toMatchObject({
        reason: { _tag: "Stopped", why: "gone" }
      })
      expect(yield* place.store.get("a")).toMatchObject({ position: 1, parked: 0 })
      yield* place.store.enable("a")
      yield* deliverToEnd(place, collecting(seen))
      expect(seen).toEqual([2])
    })
  )

  it.effect("does not wait for a log that was put back to pass it by", () =>
    Effect.gen(function* () {
      const place = yield* makePlace()
      yield* place.append(["a", "a"])
      yield* place.store.rewind("a", 3)
      expect(yield* Effect.flip(yield* deliverToEnd(place, () => undefined))).toMatchObject({
        reason: { _tag: "Ahead", position: 3, end: 2 }
      })
    })
  )

  it.effect("ends when it is removed, and when another has it is refused", () =>
    Effect.gen(function* () {
      const place = yield* makePlace()
      const fiber = yield* following(place, () => undefined)
      yield* quiet
      const second = yield* deliverToEnd(place, () => undefined)
      expect(yield* Effect.flip(second)).toMatchObject({ reason: { _tag: "Delivered" } })
      yield* place.store.remove("a")
      yield* TestClock.adjust(settings.followIntervalMs)
      expect(yield* Effect.flip(Fiber.join(fiber))).toMatchObject({ reason: { _tag: "Lost" } })
    })
  )

  it.effect("gives a delivery the same id whenever it is made again", () =>
    Effect.gen(function* () {
      const place = yield* makePlace({ batchMax: 2 })
      yield* place.append(["a", "a", "a"])
      const ids: Array<string> = []
      const handler: Handler = (_, { id }) => void ids.push(id)
      yield* deliverToEnd(place, handler)
      yield* place.store.rewind("a", 0)
      yield* deliverToEnd(place, handler)
      const { id } = yield* place.store.get("a")
      expect(ids).toEqual([`${id}_1_2`, `${id}_3`, `${id}_1_2`, `${id}_3`])
    })
  )
})

import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import fc from "fast-check"
import { Permits } from "../../src/coordinator/Permits.ts"
import type { Slot } from "../../src/queue/Slots.ts"

const runs = (size: number): Slot => ({ limit: "runs", size })
const red = (size: number): Slot => ({ limit: "tag:team=red", size })
const customer = (unit: string, size = 1): Slot => ({ limit: "distinct:customer", size, unit })

/** Permits whose holders can be told to give theirs back. */
const makeHolders = () => {
  const permits = new Permits()
  const givers = new Map<string, Effect.Effect<unknown>>()
  const acquire = (run: string, hold: (use: Effect.Effect<void>) => Effect.Effect<void>) =>
    Effect.gen(function* () {
      const taken = yield* Deferred.make<void>()
      const over = yield* Deferred.make<void>()
      const use = Effect.andThen(Deferred.succeed(taken, undefined), Deferred.await(over))
      const fiber = yield* Effect.forkDetach(hold(use))
      givers.set(run, Effect.andThen(Deferred.succeed(over, undefined), Fiber.await(fiber)))
      return yield* Effect.exit(Effect.raceFirst(Deferred.await(taken), Fiber.join(fiber)))
    })
  return {
    permits,
    take: (run: string, ...slots: ReadonlyArray<Slot>) =>
      acquire(run, (use) => permits.take(run, slots, use)),
    keep: (run: string, ...slots: ReadonlyArray<Slot>) =>
      acquire(run, (use) => permits.keep(run, slots, use)),
    give: (run: string) => Effect.suspend(() => givers.get(run) ?? Effect.void),
    /** How many of each limit are taken, where any are. */
    get taken() {
      return Object.fromEntries([...permits.taken].filter(([, count]) => count !== 0))
    }
  }
}

const isRefused = Exit.hasDies

describe("permits", () => {
  it.effect("are taken all at once, and given back all at once", () =>
    Effect.gen(function* () {
      const holders = makeHolders()
      yield* holders.take("a", runs(2), red(1))
      expect(holders.taken).toEqual({ runs: 1, "tag:team=red": 1 })
      yield* holders.take("b", runs(2))
      yield* holders.give("a")
      expect(holders.taken).toEqual({ runs: 1 })
      yield* holders.give("b")
      expect(holders.taken).toEqual({})
    })
  )

  it.effect("are never waited for: who comes where there are none ends the program, and has taken none", () =>
    Effect.gen(function* () {
      const holders = makeHolders()
      yield* holders.take("a", red(1))
      const exit = yield* holders.take("b", runs(2), red(1))
      const issue = "run b was admitted, yet all 1 permits of limit tag:team=red are taken"
      expect(exit).toEqual(Exit.die(new Error(issue)))
      expect(holders.taken).toEqual({ "tag:team=red": 1 })
      yield* holders.give("b")
      yield* holders.give("a")
      expect(holders.taken).toEqual({})
    })
  )

  it.effect(
    "are kept by who held them before, even over the limit, and nobody else comes in until there is room",
    () =>
      Effect.gen(function* () {
        const holders = makeHolders()
        for (const run of ["a", "b", "c"]) yield* holders.keep(run, runs(1))
        expect(holders.taken).toEqual({ runs: 3 })
        for (const run of ["a", "b"]) {
          yield* holders.give(run)
          expect(isRefused(yield* holders.take("late", runs(1)))).toBe(true)
        }
        yield* holders.give("c")
        expect(Exit.isSuccess(yield* holders.take("d", runs(1)))).toBe(true)
        expect(isRefused(yield* holders.take("late", runs(1)))).toBe(true)
      })
  )

  it.effect(
    "are shared by runs of one value where values are counted, and given back by the last of them",
    () =>
      Effect.gen(function* () {
        const holders = makeHolders()
        yield* holders.take("a", customer("x"))
        yield* holders.take("b", customer("x"))
        expect(holders.taken).toEqual({ "distinct:customer": 1 })
        yield* holders.give("a")
        expect(isRefused(yield* holders.take("c", customer("y")))).toBe(true)
        yield* holders.give("b")
        expect(holders.taken).toEqual({})
        expect(Exit.isSuccess(yield* holders.take("d", customer("y")))).toBe(true)
      })
  )

  it.effect("are kept and exchanged by value where values are counted", () =>
    Effect.gen(function* () {
      const holders = makeHolders()
      const units = { a: "x", b: "y", c: "y" }
      for (const [run, unit] of Object.entries(units)) yield* holders.keep(run, customer(unit))
      expect(holders.taken).toEqual({ "distinct:customer": 2 })
      const holdings = Object.entries(units).map(([run, unit]) => [run, [customer(unit, 2)]] as const)
      yield* holders.permits.rearrange(new Map(holdings))
      expect(holders.taken).toEqual({ "distinct:customer": 2 })
      expect(Exit.isSuccess(yield* holders.take("d", customer("x", 2)))).toBe(true)
      expect(isRefused(yield* holders.take("e", customer("z", 2)))).toBe(true)
      yield* holders.give("b")
      expect(isRefused(yield* holders.take("e", customer("z", 2)))).toBe(true)
      yield* holders.give("c")
      expect(Exit.isSuccess(yield* holders.take("e", customer("z", 2)))).toBe(true)
    })
  )

  it.effect("are exchanged for others when the rules change", () =>
    Effect.gen(function* () {
      const holders = makeHolders()
      yield* holders.take("a", runs(2))
      yield* holders.take("b", runs(2))
      yield* holders.permits.rearrange(
        new Map([
          ["a", [red(1)]],
          ["b", [red(1)]]
        ])
      )
      expect(holders.taken).toEqual({ "tag:team=red": 2 })
      yield* holders.give("a")
      expect(holders.taken).toEqual({ "tag:team=red": 1 })
      expect(isRefused(yield* holders.take("c", red(1)))).toBe(true)
      expect(Exit.isSuccess(yield* holders.take("c", runs(1)))).toBe(true)
      yield* holders.give("b")
      yield* holders.give("c")
      expect(holders.taken).toEqual({})
    })
  )
})

type Step =
  | { readonly step: "take" | "keep" | "give"; readonly run: string }
  | { readonly step: "rearrange"; readonly sizes: readonly [number, number] }

const everyone = ["a", "b", "c", "d", "e"]
const run = fc.constantFrom(...everyone)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 9, arbitrary: fc.record({ step: fc.constantFrom("take", "take", "keep", "give", "give"), run }) },
  {
    weight: 1,
    arbitrary: fc.record({ step: fc.constant("rearrange" as const), sizes: fc.tuple(fc.nat(4), fc.nat(4)) })
  }
)

/** Which limits a run falls under. */
const limitsOf = (run: string): ReadonlyArray<"runs" | "red"> => (run < "c" ? ["runs", "red"] : ["runs"])

it("permits let in whoever finds room under all limits, and nobody else", () =>
  fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60, size: "max" }), async (steps) => {
      const holders = makeHolders()
      const held = new Set<string>()
      let sizes: Readonly<Record<"runs" | "red", number>> = { runs: 2, red: 1 }
      const slotsOf = (of: string) => limitsOf(of).map((limit) => ({ limit, size: sizes[limit] }))
      const countOf = (limit: "runs" | "red") =>
        [...held].filter((one) => limitsOf(one).includes(limit)).length
      for (const one of steps) {
        if (one.step === "rearrange") {
          sizes = { runs: one.sizes[0], red: one.sizes[1] }
          const holdings = new Map(everyone.map((of) => [of, slotsOf(of)]))
          await Effect.runPromise(holders.permits.rearrange(holdings))
        } else if (one.step === "give") {
          held.delete(one.run)
          await Effect.runPromise(holders.give(one.run))
        } else if (!held.has(one.run)) {
          const hasRoom = limitsOf(one.run).every((limit) => countOf(limit) < sizes[limit])
          const exit = await Effect.runPromise(holders[one.step](one.run, ...slotsOf(one.run)))
          expect(Exit.isSuccess(exit)).toBe(one.step === "keep" || hasRoom)
          if (Exit.isSuccess(exit)) held.add(one.run)
        }
        expect({ runs: 0, red: 0, ...holders.taken }).toEqual({ runs: countOf("runs"), red: countOf("red") })
      }
    })
  ))

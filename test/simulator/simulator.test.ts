import { readFileSync } from "node:fs"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { EventData } from "../../src/queue/Event.ts"
import { partOf, tally } from "./campaign.ts"
import { makeTrial } from "./makeTrial.ts"
import { mutations } from "./mutations.ts"
import { play } from "./play.ts"
import { shrink } from "./shrink.ts"

const steps = 500

/** Held by its message: which seed, which step, what is broken, and how to see it again. */
const expectKept = (seed: number): ReadonlyMap<string, number> => {
  const { breach, seen } = play(makeTrial(seed, steps))
  expect(breach && { ...breach, again: `npm run sim -- --seed ${seed} --steps ${steps}` }).toBeUndefined()
  return seen
}

describe("coordinators as they are in production", () => {
  it("keep every promise in histories that are always the same, which meet most events and every kind of deed", () => {
    const seen = new Map<string, number>()
    for (let seed = 1; seed <= 100; seed++) tally(seen, expectKept(seed))
    const types = Object.keys(EventData)
    expect(types.filter((type) => seen.has(type)).length).toBeGreaterThan(0.85 * types.length)
    expect([...seen.keys()].filter((what) => what.startsWith("do "))).toHaveLength(17)
  })

  it("keep every promise in histories that are others each time", () => {
    const first = Number(process.env["SIGNALBOX_SEED"])
    for (let seed = first; seed < first + 100; seed++) expectKept(seed)
  })
})

describe("a history", () => {
  it("goes the same way each time", () => {
    for (const seed of [3, 4]) {
      const [first, second] = [play(makeTrial(seed, steps)), play(makeTrial(seed, steps))]
      expect(second).toEqual(first)
    }
  })

  it("can be played in part", () => {
    const kept = [0, 7, 30]
    expect(partOf(3, steps, kept)).toEqual(kept.map((at) => makeTrial(3, steps)[at]))
    expect(play(partOf(3, steps, kept)).breach).toBeUndefined()
  })
})

describe("a list that is made shorter", () => {
  it("keeps what is needed and loses the rest", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(200)), fc.uniqueArray(fc.nat(200)), (some, needed) => {
        const fails = (part: ReadonlyArray<number>) => needed.every((one) => part.includes(one))
        const whole = [...new Set([...some, ...needed])]
        expect(shrink(whole, fails, 10_000)).toEqual(whole.filter((one) => needed.includes(one)))
      })
    )
  })
})

describe("a fault to plant", () => {
  it.each(mutations.map(({ name, file, search }) => [name, file, search] as const))(
    "%s: its place is there, once",
    (_, file, search) => {
      const text = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8")
      expect(text.split(search)).toHaveLength(2)
    }
  )
})

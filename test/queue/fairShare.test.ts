import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { isHoldingSlot } from "../../src/run/lifecycle.ts"
import type { World } from "../simulation/World.ts"
import { admittedIn, ended, rules, submit, tagged, toTop, under } from "./commands.ts"

const teams = ["red", "blue", "green"]

const of = (team: string | undefined) => (team === undefined ? {} : tagged("team", team))

const runningOf = ({ queue }: World, team: string): ReadonlyArray<string> =>
  [...queue.runs.values()]
    .filter(({ state, spec }) => isHoldingSlot(state) && spec.tags?.["team"] === team)
    .map(({ id }) => id)

describe("a fair share", () => {
  it("starts the run of the value that has least, and within it who is first in line", () => {
    const world = under({ maxConcurrentRuns: 4, fairShare: { key: "team" } })
    const many = ["a1", "a2", "a3", "a4"].map((id) => submit(id, of("red")))
    const asked = [
      ...many,
      submit("b1", of("blue")),
      submit("b2", { ...of("blue"), priority: 1 }),
      submit("c1")
    ]
    expect(admittedIn(world.turn(...asked))).toEqual(["b2", "a1", "c1", "a2"])
  })

  it("counts what runs: who has its share waits until it has less", () => {
    const world = under({ maxConcurrentRuns: 2, fairShare: { key: "team" } })
    world.turn(submit("a1", of("red")), submit("a2", of("red")))
    world.turn(
      submit("a3", { ...of("red"), priority: 9 }),
      submit("b1", of("blue")),
      submit("b2", of("blue"))
    )
    expect(admittedIn(world.turn(ended("a1")))).toEqual(["b1"])
    expect(admittedIn(world.turn(ended("b1")))).toEqual(["b2"])
    expect(admittedIn(world.turn(ended("b2")))).toEqual(["a3"])
  })

  it("weighs values where the policy says so", () => {
    const world = under({ maxConcurrentRuns: 4, fairShare: { key: "team", weights: { red: 3 } } })
    const asked = [1, 2, 3, 4].flatMap((nth) => [submit(`a${nth}`, of("red")), submit(`b${nth}`, of("blue"))])
    world.turn(...asked)
    expect(["red", "blue"].map((team) => runningOf(world, team).length)).toEqual([3, 1])
  })

  it("leaves no slot idle: what a value does not use, others have", () => {
    const world = under({ maxConcurrentRuns: 3, fairShare: { key: "team", weights: { blue: 9 } } })
    expect(admittedIn(world.turn(...["a", "b", "c"].map((id) => submit(id, of("red")))))).toHaveLength(3)
  })

  it("lets what was moved to the top go before", () => {
    const world = under({ maxConcurrentRuns: 1, fairShare: { key: "team" } })
    world.turn(submit("a", of("red")))
    world.turn(submit("b", of("red")), submit("c", of("blue")), toTop("b"))
    expect(admittedIn(world.turn(ended("a")))).toEqual(["b"])
  })

  it("counts what runs by other rules, once they are in force", () => {
    const world = under({ maxConcurrentRuns: 3 })
    world.turn(...["a1", "a2", "a3", "a4"].map((id) => submit(id, of("red"))), submit("b1", of("blue")))
    world.turn(rules({ maxConcurrentRuns: 3, fairShare: { key: "team" } }))
    expect(admittedIn(world.turn(ended("a1")))).toEqual(["b1"])
  })

  it("gives each value that always has runs waiting at least its weight's part of the slots, rounded down", () => {
    const weight = fc.integer({ min: 1, max: 5 })
    const slots = fc.integer({ min: 1, max: 12 })
    const endings = fc.array(fc.nat(99), { maxLength: 60 })
    fc.assert(
      fc.property(fc.tuple(weight, weight, weight), slots, endings, (weights, n, ends) => {
        const named = Object.fromEntries(teams.map((team, nth) => [team, weights[nth] ?? 1]))
        const total = weights.reduce((sum, one) => sum + one, 0)
        const world = under({ maxConcurrentRuns: n, fairShare: { key: "team", weights: named } })
        const backlog = teams.flatMap((team) =>
          Array.from({ length: n + ends.length }, (_, nth) =>
            submit(`${team}${nth}`, { ...of(team), priority: nth % 3 })
          )
        )
        const expectShares = () => {
          for (const [nth, team] of teams.entries())
            expect(runningOf(world, team).length).toBeGreaterThanOrEqual(
              Math.floor((n * (weights[nth] ?? 1)) / total)
            )
        }
        world.turn(...backlog)
        expectShares()
        for (const end of ends) {
          const running = [...world.queue.slots.runs()]
          expect(running).toHaveLength(n)
          world.turn(ended(running[end % n] ?? ""))
          expectShares()
        }
      }),
      { numRuns: 50 }
    )
  })
})

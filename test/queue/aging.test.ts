import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { byAge, type Standing } from "../../src/queue/order.ts"
import { admittedIn, ended, lineOf, submit, under } from "./commands.ts"

const agingMs = 1_000

const standing = fc.record<Standing>({
  id: fc.constant("r"),
  spec: fc.constant({ id: "r" }),
  actor: fc.constant("ann"),
  top: fc.constant(0),
  priority: fc.oneof(fc.integer({ min: -3, max: 3 }), fc.bigInt(2n ** 53n, 2n ** 53n + 2n)),
  order: fc.nat(1_000),
  since: fc.nat(5_000),
  submittedAt: fc.nat(5_000)
})

describe("ageing", () => {
  it("makes one step of priority worth so much waiting", () => {
    const world = under({ maxConcurrentRuns: 1, agingMs })
    world.turn(submit("running"), submit("low"))
    world.now += 999
    world.turn(submit("soon", { priority: 1 }))
    world.now += 1
    world.turn(submit("late", { priority: 1 }), submit("urgent", { priority: 2 }))
    expect(lineOf(world)).toEqual(["urgent", "soon", "low", "late"])
  })

  it("lets a run be passed by those alone that come within agingMs for each step that they are above it", () => {
    fc.assert(
      fc.property(standing, standing, (a, b) => {
        const lead = BigInt(b.priority) - BigInt(a.priority)
        const passes = BigInt(b.since - a.since) < lead * BigInt(agingMs)
        const ties = BigInt(b.since - a.since) === lead * BigInt(agingMs)
        const first = byAge(agingMs)(b, a)
        if (!ties) expect(first < 0).toBe(passes)
        else expect(Math.sign(first)).toBe(Math.sign(b.order - a.order))
      }),
      { numRuns: 1_000 }
    )
  })

  it("bounds every wait: whatever comes, a run starts once those before it and of its first moments have", () => {
    const steps = 5
    const arrival = fc.array(fc.integer({ min: 0, max: steps }), { maxLength: 3 })
    fc.assert(
      fc.property(fc.array(arrival, { minLength: 10, maxLength: 40 }), (arrivals) => {
        const world = under({ maxConcurrentRuns: 1, agingMs })
        world.turn(submit("running"))
        const begin = world.now
        world.turn(submit("low"))
        let running = "running"
        let before = 0
        for (const [second, priorities] of arrivals.entries()) {
          world.now = begin + second * agingMs
          const came = priorities.map((priority, nth) => submit(`r${second}.${nth}`, { priority }))
          const [next] = admittedIn(world.turn(ended(running), ...came))
          if (next === "low" || next === undefined) return
          before++
          running = next
          // Nobody passes it who came later than its bound.
          expect(Number(next.slice(1).split(".")[0])).toBeLessThanOrEqual(steps)
        }
        expect(before).toBeLessThanOrEqual(3 * (steps + 1))
      })
    )
  })
})

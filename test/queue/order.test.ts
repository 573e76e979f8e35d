import * as Result from "effect/Result"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { byPriority, orderOf, type RunOrder, type Standing } from "../../src/queue/order.ts"
import { defaultPolicy } from "../../src/queue/Policy.ts"
import { admittedIn, ended, rules, submit, under } from "./commands.ts"

const standing = fc.record<Standing>({
  id: fc.constant("r"),
  spec: fc.record({ id: fc.constant("r"), job: fc.constantFrom("a", "b") }),
  actor: fc.constantFrom("ann", "bob"),
  top: fc.constantFrom(0, 0, 0, 3, 4),
  priority: fc.oneof(fc.integer({ min: -2, max: 2 }), fc.bigInt(2n ** 53n, 2n ** 53n + 2n)),
  order: fc.nat(5),
  since: fc.nat(5),
  submittedAt: fc.nat(5)
})

const byJob: RunOrder = (a, b) => (a.spec.job ?? "").localeCompare(b.spec.job ?? "")

describe("who goes first", () => {
  it("is who has the higher priority, then who came first", () => {
    const world = under({ maxConcurrentRuns: 1 })
    world.turn(submit("first"))
    world.turn(
      submit("low", { priority: -1 }),
      submit("early"),
      submit("late"),
      submit("high", { priority: 7 })
    )
    const went = ["first", "high", "early", "late"].map((run) => admittedIn(world.turn(ended(run)))[0])
    expect(went).toEqual(["high", "early", "late", "low"])
  })

  it("goes by the tag that Dagster reads, where no priority is given", () => {
    const world = under({ maxConcurrentRuns: 0 })
    const tag = (value: string) => ({ tags: { "dagster/priority": value } })
    world.turn(
      submit("one", tag(" +1 ")),
      submit("huge", tag("99999999999999999999")),
      submit("none", tag("high"))
    )
    world.turn(submit("own", { priority: 2, ...tag("1000") }))
    expect(Array.from(world.queue.waiting.line, ({ id }) => id)).toEqual(["huge", "own", "one", "none"])
  })

  it("goes by a custom order where the policy names one; what that leaves equal stands by priority", () => {
    const world = under({ maxConcurrentRuns: 0, order: "byJob" }, { byJob })
    world.turn(
      submit("b1", { job: "b" }),
      submit("a1", { job: "a" }),
      submit("a2", { job: "a", priority: 1 })
    )
    expect(Array.from(world.queue.waiting.line, ({ id }) => id)).toEqual(["a2", "a1", "b1"])
  })

  it("cannot be one that nobody knows: that is refused, and told which are known", () => {
    const world = under({}, { byJob })
    const { replies, events } = world.turn(rules({ order: "byMood" }), rules({ order: "toString" })).turn
    const refusal = { _tag: "OrderUnknown", command: "SetPolicy", known: ["byJob"] } as const
    expect(replies).toEqual([
      Result.fail({ ...refusal, order: "byMood" }),
      Result.fail({ ...refusal, order: "toString" })
    ])
    expect([events, world.queue.policyNumber]).toEqual([[], 1])
    expect(world.turn(rules({ order: "byJob" })).turn.replies.map(Result.isSuccess)).toEqual([true])
  })

  it("goes by priority where the log names an order that nobody knows", () => {
    for (const name of [undefined, "byMood", "toString"])
      fc.assert(
        fc.property(standing, standing, (a, b) => {
          const never = { top: 0 }
          const [one, other] = [
            { ...a, ...never },
            { ...b, ...never }
          ]
          expect(
            orderOf({ ...defaultPolicy, ...(name !== undefined && { order: name }) }, { byJob })(one, other)
          ).toBe(byPriority(one, other))
        })
      )
  })

  it("is settled between any two that came at different times, and the same from both sides", () => {
    for (const order of [byPriority, orderOf({ ...defaultPolicy, order: "byJob" }, { byJob })])
      fc.assert(
        fc.property(standing, standing, standing, (a, b, c) => {
          expect(Math.sign(order(a, b))).toBe(-Math.sign(order(b, a)) + 0)
          if (a.order !== b.order) expect(order(a, b)).not.toBe(0)
          if (order(a, b) < 0 && order(b, c) < 0) expect(order(a, c)).toBeLessThan(0)
        }),
        { numRuns: 2000 }
      )
  })
})

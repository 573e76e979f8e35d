import * as Result from "effect/Result"
import { describe, expect, it } from "vitest"
import { defaultPolicy, type Policy } from "../../src/queue/Policy.ts"
import { validatePolicy } from "../../src/queue/validatePolicy.ts"
import { sentence } from "../../src/run/Rejection.ts"
import { rules, submit, under } from "./commands.ts"

const issuesOf = (policy: Partial<Policy>) =>
  validatePolicy({ ...defaultPolicy, ...policy }).map(({ path, issue }) => `${path.join(".")}: ${issue}`)

const rate = { limit: 1, periodMs: 1_000 }

describe("rules that make no sense", () => {
  it.each<[Partial<Policy>, string]>([
    [
      { fairShare: { key: "team", weights: { red: 0 } } },
      "fairShare.weights.red: Expected a value between 1 and 1000000, got 0"
    ],
    [
      { rateLimits: [{ ...rate, limit: 0 }] },
      "rateLimits.0.limit: Expected a value between 1 and 1000000, got 0"
    ],
    [
      { rateLimits: [{ ...rate, value: "red" }] },
      "rateLimits.0.value: is a value of no tag: say which by `key`, or leave it out"
    ],
    [
      { rateLimits: [rate, { ...rate, each: true }] },
      "rateLimits.1.each: needs a `key` whose values are counted apart"
    ],
    [
      { rateLimits: [{ ...rate, key: "team", value: "red", each: true }] },
      "rateLimits.0.each: counts every value apart, and `value` names one: leave out one of them"
    ],
    [
      { rateLimits: [{ ...rate, key: "team", value: "red", where: { team: "blue" } }] },
      "rateLimits.0.where: no run has two values of team, red and blue: nothing would fall under it"
    ],
    [
      { strict: true, fairShare: { key: "team" } },
      "fairShare: has no say where `strict` lets only the first in line start: leave out one of them"
    ],
    [
      { strict: true, reserveAfterMs: 5 },
      "reserveAfterMs: has no say where `strict` holds all behind the first back anyway: leave out one of them"
    ],
    [{ inOrderBy: ["a", "b", "a"] }, "inOrderBy.2: a stands there twice: once is enough"]
  ])("are found: %o", (policy, issue) => {
    expect(issuesOf(policy)).toEqual([issue])
  })

  it("are refused as a whole, and the old ones stay in force", () => {
    const world = under({ maxConcurrentRuns: 1 })
    const { turn } = world.turn(
      rules({ maxConcurrentRuns: 5, strict: true, fairShare: { key: "team" }, inOrderBy: ["a", "a"] }),
      submit("a"),
      submit("b")
    )
    const [reply] = turn.replies
    expect(reply && Result.isFailure(reply) && sentence(reply.failure)).toBe(
      "SetPolicy refused: fairShare: has no say where `strict` lets only the first in line start: leave out one of " +
        "them; inOrderBy.1: a stands there twice: once is enough."
    )
    expect([world.queue.policyNumber, world.queue.policy.maxConcurrentRuns, world.queue.slots.size]).toEqual([
      1, 1, 1
    ])
  })
})

it("rules that make sense are let through", () => {
  const limits = [rate, { ...rate, key: "host", each: true, burst: 3, where: { env: "prod" } }]
  expect(issuesOf({})).toEqual([])
  expect(issuesOf({ rateLimits: limits, agingMs: 1, inOrderBy: ["a", "b"], strict: true })).toEqual([])
  expect(issuesOf({ fairShare: { key: "team", weights: { red: 2 } }, reserveAfterMs: 0 })).toEqual([])
})

import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { diffPolicy } from "../../src/queue/diffPolicy.ts"
import { defaultPolicy, defaultPools, type Policy } from "../../src/queue/Policy.ts"
import { policy } from "../simulation/policies.ts"
import { rules, under } from "./commands.ts"

const from = (before: Partial<Policy>, after: Partial<Policy>) =>
  diffPolicy({ ...defaultPolicy, ...before }, { ...defaultPolicy, ...after })

describe("the difference between two policies", () => {
  it("is each value that one says otherwise than the other, with where it stands", () => {
    expect(
      from(
        { maxConcurrentRuns: 4, order: "newest" },
        { maxConcurrentRuns: null, pools: { ...defaultPools, limits: { db: 2 } } }
      )
    ).toEqual([
      { after: null, before: 4, path: ["maxConcurrentRuns"] },
      { before: "newest", path: ["order"] },
      ...["granularity", "limits.db", "defaultLimit", "blocking", "buffer", "settleMs"].map((path) =>
        expect.objectContaining({ path: ["pools", ...path.split(".")] })
      )
    ])
  })

  it("names a tag limit by its form, and takes the last of one form for what it says", () => {
    const team = { key: "team", each: true } as const
    expect(
      from(
        { tagLimits: [{ ...team, limit: 1 }] },
        {
          tagLimits: [
            { ...team, limit: 9 },
            { ...team, limit: 2 }
          ]
        }
      )
    ).toEqual([{ after: 2, before: 1, path: ["tagLimits", "each:team"] }])
    expect(
      from(
        {
          tagLimits: [
            { ...team, limit: 9 },
            { ...team, limit: 2 }
          ]
        },
        { tagLimits: [{ ...team, limit: 2 }] }
      )
    ).toEqual([])
  })

  it("is nothing between a policy and itself, and the other way round it is the same with its sides changed", () => {
    fc.assert(
      fc.property(policy, policy, (one, other) => {
        expect(diffPolicy(one, one)).toEqual([])
        const turned = diffPolicy(one, other).map(({ path, before, after }) => ({
          path,
          ...(before !== undefined && { after: before }),
          ...(after !== undefined && { before: after })
        }))
        expect(new Set(diffPolicy(other, one))).toEqual(new Set(turned))
      })
    )
  })

  it("stands in the log with each policy that is set", () => {
    const world = under({ maxConcurrentRuns: 4 })
    world.turn(rules({ maxConcurrentRuns: 5 }), { _tag: "SetPoolLimit", pool: "db", limit: 1 })
    const changes = world.log.flatMap((event) => (event.type === "PolicySet" ? [event.data.changes] : []))
    expect(changes).toEqual([
      [{ after: 4, before: 10, path: ["maxConcurrentRuns"] }],
      [{ after: 5, before: 4, path: ["maxConcurrentRuns"] }],
      expect.arrayContaining([{ after: 1, path: ["pools", "limits", "db"] }])
    ])
  })
})

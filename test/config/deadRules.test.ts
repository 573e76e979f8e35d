/**
 * A dead rule decides nothing: without it the same runs wait. Checked with a model of admission that knows nothing of
 * how dead rules are found.
 */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { TagLimit } from "../../src/queue/Policy.ts"
import { arbitraryLimit } from "./arbitraryConfig.ts"
import { rightConfig } from "./configFile.ts"

type Tags = Readonly<Record<string, string>>

const formOf = ({ key, value, each, distinct, where = {} }: TagLimit): string =>
  JSON.stringify([key, value, each, distinct, Object.entries(where).sort()])

/** Of limits of one form the last. */
const inForce = (limits: ReadonlyArray<TagLimit>): ReadonlyArray<TagLimit> => [
  ...new Map(limits.map((limit) => [formOf(limit), limit])).values()
]

const fallsUnder = (tags: Tags, { key, value, where = {} }: TagLimit): boolean =>
  tags[key] !== undefined &&
  (value === undefined || tags[key] === value) &&
  Object.entries(where).every(([name, text]) => tags[name] === text)

const isBroken = (limit: TagLimit, runs: ReadonlyArray<Tags>): boolean => {
  const values = runs.filter((tags) => fallsUnder(tags, limit)).map((tags) => tags[limit.key])
  if (limit.distinct) return new Set(values).size > limit.limit
  if (!limit.each) return values.length > limit.limit
  return values.some((value) => values.filter((other) => other === value).length > limit.limit)
}

const mayStart = (limits: ReadonlyArray<TagLimit>, max: number | null, runs: ReadonlyArray<Tags>): boolean =>
  (max === null || runs.length <= max) && !inForce(limits).some((limit) => isBroken(limit, runs))

const value = fc.constantFrom("red", "blue", "")
const tags = fc.record({ team: value, user: value, tier: value }, { requiredKeys: [] })
const step = fc.oneof(fc.record({ start: tags }), fc.record({ end: fc.nat(8) }))

const deadIn = (notes: ReturnType<typeof rightConfig>["notes"]): ReadonlySet<number> =>
  new Set(
    notes
      .filter(({ kind }) => kind === "dead")
      .map(({ path }) => Number(/tag_concurrency_limits\[(\d+)\]$/.exec(path)?.[1]))
  )

describe("a rule that is called dead", () => {
  it("decides about no run, wherever the queue gets to", () => {
    fc.assert(
      fc.property(
        fc.array(arbitraryLimit, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: -1, max: 5 }),
        fc.array(step, { maxLength: 40 }),
        (limits, max_concurrent_runs, steps) => {
          const runs = { max_concurrent_runs, tag_concurrency_limits: limits }
          const { policy, notes } = rightConfig(JSON.stringify({ concurrency: { runs } }))
          const dead = deadIn(notes)
          const alive = policy.tagLimits.filter((_, at) => !dead.has(at))
          let inFlight: ReadonlyArray<Tags> = []
          for (const one of steps) {
            if ("end" in one) {
              inFlight = inFlight.filter((_, at) => at !== one.end)
              continue
            }
            const then = [...inFlight, one.start]
            const starts = mayStart(policy.tagLimits, policy.maxConcurrentRuns, then)
            expect(mayStart(alive, policy.maxConcurrentRuns, then)).toBe(starts)
            if (starts) inFlight = then
          }
        }
      ),
      { numRuns: 600 }
    )
  })

  const found: ReadonlyArray<readonly [why: string, limits: string, dead: ReadonlyArray<number>]> = [
    ["said again later", "[{ key: a, limit: 1 }, { key: a, limit: 2 }]", [0]],
    ["as large as all together", "[{ key: a, limit: 4 }]", [0]],
    ["one value, behind the whole tag", "[{ key: a, limit: 2 }, { key: a, value: b, limit: 2 }]", [1]],
    [
      "one value, behind each value",
      "[{ key: a, limit: 1, value: { applyLimitPerUniqueValue: true } }, { key: a, value: b, limit: 1 }]",
      [1]
    ],
    [
      "distinct values, behind the whole tag",
      "[{ key: a, limit: 3, distinct: true }, { key: a, limit: 2 }]",
      [0]
    ],
    ["some runs, behind all", "[{ key: a, limit: 1 }, { key: a, limit: 1, where: { b: c } }]", [1]],
    [
      "the same in other words",
      "[{ key: a, value: b, limit: 1 }, { key: a, value: b, where: { a: b }, limit: 1 }]",
      [1]
    ],
    ["for no run", "[{ key: a, value: b, where: { a: c }, limit: 1 }]", [0]]
  ]
  it.each(found)("is found: %s", (_, limits, dead) => {
    const { notes } = rightConfig(
      `concurrency: { runs: { max_concurrent_runs: 4, tag_concurrency_limits: ${limits} } }`
    )
    expect([...deadIn(notes)]).toEqual(dead)
  })
})

describe("a rule that is not dead", () => {
  const living: ReadonlyArray<readonly [why: string, limits: string]> = [
    ["a tighter value under its tag", "[{ key: a, limit: 3 }, { key: a, value: b, limit: 2 }]"],
    [
      "each value beside one",
      "[{ key: a, limit: 2, value: { applyLimitPerUniqueValue: true } }, { key: a, value: b, limit: 1 }]"
    ],
    ["all runs behind some", "[{ key: a, limit: 1, where: { b: c } }, { key: a, limit: 2 }]"],
    ["another tag", "[{ key: a, limit: 1 }, { key: b, limit: 1 }]"],
    [
      "distinct values behind each",
      "[{ key: a, limit: 1, value: { applyLimitPerUniqueValue: true } }, { key: a, limit: 1, distinct: true }]"
    ]
  ]
  it.each(living)("is let be: %s", (_, limits) => {
    const { notes } = rightConfig(`concurrency: { runs: { tag_concurrency_limits: ${limits} } }`)
    expect(notes).toEqual([])
  })
})

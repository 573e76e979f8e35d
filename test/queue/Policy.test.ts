import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { defaultPolicy, defaultPools, defaultRetries, Policy } from "../../src/queue/Policy.ts"

// As strict as every edge: a name that is none of a pool's would else be passed over.
const decode = Schema.decodeUnknownResult(Policy, { onExcessProperty: "error" })
const accepts = (change: object): boolean => decode({ ...defaultPolicy, ...change })._tag === "Success"

describe("a policy", () => {
  it("is by default what Dagster's is: a queue, ten runs at once, three minutes to start", () => {
    expect(defaultPolicy).toEqual({
      mode: "queued",
      maxConcurrentRuns: 10,
      tagLimits: [],
      timeouts: { startMs: 180_000, runtimeMs: null, cancelMs: 180_000 }
    })
    expect(accepts({})).toBe(true)
  })

  it("takes null as no limit and 0 as none at all, but no number below, and no part of a run", () => {
    expect([null, 0, 1].map((maxConcurrentRuns) => accepts({ maxConcurrentRuns }))).toEqual([
      true,
      true,
      true
    ])
    expect([-1, 1.5, Number.NaN, "1"].map((maxConcurrentRuns) => accepts({ maxConcurrentRuns }))).toEqual([
      false,
      false,
      false,
      false
    ])
  })

  it("limits a tag in one of four forms, and not in two at once", () => {
    const one = (limit: object) => accepts({ tagLimits: [{ key: "team", limit: 1, ...limit }] })
    expect([one({}), one({ value: "" }), one({ each: true }), one({ each: false, value: "red" })]).toEqual([
      true,
      true,
      true,
      true
    ])
    expect([one({ distinct: true }), one({ distinct: true, where: { db: "x" } })]).toEqual([true, true])
    const wrong = [
      { each: true, value: "red" },
      { each: true, distinct: true },
      { distinct: true, value: "" },
      { where: { db: 1 } },
      { key: "" },
      { limit: -1 }
    ]
    expect(wrong.map(one)).toEqual(wrong.map(() => false))
  })

  it("gives pools some slots or none, by names that are safe", () => {
    const pools = (change: object) => accepts({ pools: { ...defaultPools, ...change } })
    expect([{}, { limits: { db: 0 } }, { defaultLimit: 1 }, { granularity: "run" }].map(pools)).toEqual(
      [1, 2, 3, 4].map(() => true)
    )
    const wrong = [
      { granularity: "step" },
      { limits: { db: -1 } },
      { limits: { "a pool": 1 } },
      { defaultLimit: -1 },
      { buffer: -1 },
      { settleMs: 0.5 }
    ]
    expect(wrong.map(pools)).toEqual(wrong.map(() => false))
  })

  it("tries a launch twice again, and nothing else, where it does not say", () => {
    expect(defaultRetries).toEqual({ launches: 2, launchDelayMs: 5_000, resumes: 0, runs: 0, ofWork: true })
    const retries = (change: object) => accepts({ retries: { ...defaultRetries, ...change } })
    expect([retries({ runs: 3 }), retries({ runs: -1 }), retries({ resumes: 0.5 })]).toEqual([
      true,
      false,
      false
    ])
  })

  it("lets some runs wait, or none", () => {
    expect([0, 1, -1].map((maxQueuedRuns) => accepts({ maxQueuedRuns }))).toEqual([true, true, false])
  })

  it("gives some time or time without end, but never none", () => {
    const startMs = (limit: unknown) => accepts({ timeouts: { ...defaultPolicy.timeouts, startMs: limit } })
    expect([startMs(1), startMs(null), startMs(0), startMs(-1)]).toEqual([true, true, false, false])
  })
})

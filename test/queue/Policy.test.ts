import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { defaultPolicy, Policy } from "../../src/queue/Policy.ts"

const accepts = (change: object): boolean =>
  Schema.decodeUnknownResult(Policy)({ ...defaultPolicy, ...change })._tag === "Success"

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

  it("limits a tag in one of three forms, and not in two at once", () => {
    const one = (limit: object) => accepts({ tagLimits: [{ key: "team", limit: 1, ...limit }] })
    expect([one({}), one({ value: "" }), one({ each: true }), one({ each: false, value: "red" })]).toEqual([
      true,
      true,
      true,
      true
    ])
    expect([one({ each: true, value: "red" }), one({ key: "" }), one({ limit: -1 })]).toEqual([
      false,
      false,
      false
    ])
  })

  it("gives some time or time without end, but never none", () => {
    const startMs = (limit: unknown) => accepts({ timeouts: { ...defaultPolicy.timeouts, startMs: limit } })
    expect([startMs(1), startMs(null), startMs(0), startMs(-1)]).toEqual([true, true, false, false])
  })
})

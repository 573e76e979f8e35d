import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { arbitraryScenario } from "./arbitraryScenario.ts"
import { play } from "./Driver.ts"
import { firstMismatch, formatMismatch } from "./firstMismatch.ts"
import { playNaively } from "./NaiveDaemon.ts"
import type { Scenario } from "./Scenario.ts"

const agree = (scenario: Scenario): void => {
  const mismatch = firstMismatch(scenario, playNaively(scenario, { leak: false }), play(scenario))
  if (mismatch) expect.fail(formatMismatch(mismatch))
}

describe("the queue and the plain model of it decide alike", () => {
  it("whatever the policy and whatever happens", () => {
    fc.assert(fc.property(arbitraryScenario({ maxSteps: 100 }), agree), { numRuns: 3_000 })
  })

  it("through long histories", () => {
    fc.assert(fc.property(arbitraryScenario({ maxSteps: 500 }), agree), { numRuns: 60 })
  })

  it("where a pool gets its limit after runs that use it have started", () => {
    const pools = { root: { db: 1 }, all: ["db"], unconstrained_root: false }
    const steps: Scenario["steps"] = [
      { submit: { id: "r1", tags: {}, pools } },
      { tick: true },
      { set_limit: { pool: "db", limit: 1 } },
      { submit: { id: "r2", tags: {}, pools } },
      { tick: true }
    ]
    for (const granularity of ["op", "run"] as const) {
      const blocking = { block_op_concurrency_limited_runs: { enabled: true } }
      agree({ config: { ...blocking, pools: { granularity, limits: {} } }, steps })
    }
  })
})

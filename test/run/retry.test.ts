import { describe, expect, it } from "vitest"
import type { Run } from "../../src/run/Run.ts"
import type { RunSpec } from "../../src/run/RunSpec.ts"
import { againSpec, retrySpec } from "../../src/run/retry.ts"
import { fact, retries, timeouts } from "./facts.ts"
import { runOf } from "./given.ts"

const runWith = (spec: Partial<RunSpec>, root?: string): Run => {
  const asked = { id: "r", job: "work", ...spec }
  const run = runOf([fact("RunSubmitted", { spec: asked, timeouts, retries, ...(root && { root }) })])
  if (!run) throw new Error("a life begins with a submission")
  return { ...run, id: asked.id }
}

describe("work that is done again", () => {
  const first = runWith({ input: [1], priority: 3, notBefore: 99, tags: { team: "red" } })

  it("is the same work, at once, under another name, with its lineage on its tags", () => {
    const tags = { team: "red", "dagster/parent_run_id": "r", "dagster/root_run_id": "r" }
    expect(againSpec(first, "again")).toEqual({
      id: "again",
      job: "work",
      input: [1],
      priority: 3,
      parent: "r",
      tags
    })
  })

  it("has a number only where the rules have made it", () => {
    const retry = runWith({ ...retrySpec(first, 0, 1, 7, () => false) }, "r")
    expect(retry.spec).toMatchObject({ id: "r-retry1", parent: "r", tags: { "dagster/retry_number": "1" } })
    const byHand = againSpec(retry, "again")
    expect(byHand).toMatchObject({ parent: "r-retry1", tags: { "dagster/root_run_id": "r" } })
    expect(byHand.tags).not.toHaveProperty("dagster/retry_number")
    expect(byHand.tags).not.toHaveProperty("dagster/is_resume_retry")
    // The name goes by the first of them all, however long the line.
    const next = retrySpec(retry, 0, 2, 9, () => false)
    expect(next).toMatchObject({ id: "r-retry2", parent: "r-retry1", tags: { "dagster/root_run_id": "r" } })
  })
})

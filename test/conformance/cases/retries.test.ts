/**
 * When Dagster does failed runs again, by the ids of its cases.
 */
import { describe, expect, it } from "vitest"
import type { RunSpec } from "../../../src/run/RunSpec.ts"
import {
  cancel,
  ended,
  exited,
  factsOf,
  lineOf,
  lost,
  retrying,
  rules,
  started,
  statesOf,
  submit,
  under
} from "../../queue/commands.ts"
import type { World } from "../../simulation/World.ts"

const max = (runs: string): Partial<RunSpec> => ({ tags: { "dagster/max_retries": runs } })

/** The run starts and fails. */
const fail = (world: World, run: string, outcome = exited) => world.turn(started(run), ended(run, outcome))

describe("a run that fails", () => {
  it("is not done again unless someone says so (RR-1, RR-2)", () => {
    for (const policy of [{}, retrying({ runs: 0 })]) {
      const world = under(policy)
      world.turn(submit("a"))
      fail(world, "a")
      expect(statesOf(world)).toEqual({ a: "failed" })
    }
  })

  it("is done again as a run of its own that names its lineage (RR-3)", () => {
    const world = under({})
    world.turn(submit("a", { ...max("2"), priority: 7, input: { day: 1 }, notBefore: world.now }))
    expect(factsOf(fail(world, "a"))).toEqual([
      "RunStarted a",
      "RunFailed a",
      "RunSubmitted a-retry1",
      "RunQueued a-retry1",
      "RunAdmitted a-retry1"
    ])
    expect(world.queue.run("a-retry1")).toMatchObject({ root: "a", retry: 1, priority: 7 })
    expect(world.queue.run("a-retry1").spec).toEqual({
      id: "a-retry1",
      job: "work",
      priority: 7,
      input: { day: 1 },
      parent: "a",
      tags: {
        "dagster/max_retries": "2",
        "dagster/parent_run_id": "a",
        "dagster/root_run_id": "a",
        "dagster/retry_number": "1",
        "dagster/is_resume_retry": "true"
      }
    })
  })

  it("is done again as often as it may, over all its descendants (RR-4)", () => {
    const world = under({})
    world.turn(submit("a", max("2")))
    for (const run of ["a", "a-retry1", "a-retry2"]) fail(world, run)
    expect(statesOf(world)).toEqual({ a: "failed", "a-retry1": "failed", "a-retry2": "failed" })
    expect(world.queue.run("a-retry2")).toMatchObject({
      root: "a",
      retry: 2,
      spec: { parent: "a-retry1", tags: { "dagster/parent_run_id": "a-retry1", "dagster/root_run_id": "a" } }
    })
  })

  it("has one try fewer for each time that someone did it again by hand (RR-5)", () => {
    const world = under(retrying({ runs: 2 }))
    world.turn(submit("a"))
    world.turn(submit("by hand", { parent: "a" }))
    fail(world, "a")
    fail(world, "a-retry2")
    expect(statesOf(world)).toEqual({ a: "failed", "by hand": "launching", "a-retry2": "failed" })
  })

  it.each(["abc", "", "-1", "1.5"])("is not done again where its tag says %j (RR-6)", (text) => {
    const world = under(retrying({ runs: 3 }))
    world.turn(submit("a", max(text)))
    fail(world, "a")
    expect(statesOf(world)).toEqual({ a: "failed" })
  })

  it("by its own work is not done again where only other failures are (RR-7)", () => {
    const onOp = (value: string) => ({ tags: { "dagster/retry_on_asset_or_op_failure": value } })
    const world = under(retrying({ runs: 1, ofWork: false }))
    world.turn(submit("a"), submit("b", onOp("true")), submit("c"), submit("d", onOp("neither")))
    fail(world, "a")
    fail(world, "b")
    fail(world, "c", lost)
    fail(world, "d", { _tag: "Threw", message: "no" })
    expect(Object.keys(statesOf(world))).toEqual(["a", "b", "c", "d", "b-retry1", "c-retry1"])
    const other = under(retrying({ runs: 1, ofWork: true }))
    other.turn(submit("a", onOp("False")), submit("b", onOp("neither")))
    fail(other, "a")
    fail(other, "b")
    expect(Object.keys(statesOf(other))).toEqual(["a", "b", "b-retry1"])
  })

  it("is done again once, however often its end is told (RR-9)", () => {
    const world = under(retrying({ runs: 5 }))
    world.turn(submit("a"))
    world.turn(started("a"), ended("a", exited), ended("a", exited))
    world.turn(ended("a", exited))
    expect(Object.keys(statesOf(world))).toEqual(["a", "a-retry1"])
  })

  it("is done again in the very turn, so that no crash can come between (RR-10)", () => {
    const world = under({ maxConcurrentRuns: 1, ...retrying({ runs: 1 }) })
    world.turn(submit("a"), submit("b"))
    const { turn } = fail(world, "a")
    expect(new Set(turn.events.map((event) => event.turn)).size).toBe(1)
    expect([statesOf(world), lineOf(world)]).toEqual([
      { a: "failed", b: "launching", "a-retry1": "queued" },
      ["a-retry1"]
    ])
    world.restart()
    expect(lineOf(world)).toEqual(["a-retry1"])
  })

  it("is resumed from its failure unless its strategy is to do all steps (RR-11)", () => {
    const world = under(retrying({ runs: 1 }))
    const strategies = ["FROM_FAILURE", "ALL_STEPS", "unheard of"]
    world.turn(
      ...strategies.map((name, index) => submit(`r${index}`, { tags: { "dagster/retry_strategy": name } }))
    )
    const resumes = strategies.map((_, index) => {
      fail(world, `r${index}`)
      return world.queue.run(`r${index}-retry1`).spec.tags?.["dagster/is_resume_retry"]
    })
    expect(resumes).toEqual(["true", "false", "true"])
  })

  it("before retries were turned on is not done again (RR-14)", () => {
    const world = under({})
    world.turn(submit("a"), submit("b"))
    fail(world, "a")
    world.turn(rules(retrying({ runs: 3 })))
    world.restart()
    // What holds for a run was settled when it was submitted.
    fail(world, "b")
    expect(statesOf(world)).toEqual({ a: "failed", b: "failed" })
  })
})

it("a run that was canceled is not done again (RR-8)", () => {
  const world = under(retrying({ runs: 3 }))
  world.turn(submit("a"))
  world.turn(started("a"), cancel("a"), ended("a", exited))
  expect(statesOf(world)).toEqual({ a: "canceled" })
})

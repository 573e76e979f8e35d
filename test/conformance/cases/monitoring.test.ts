/**
 * What Dagster's monitoring does about runs that hang or whose workers are gone, by the ids of its cases. Its timeouts
 * are looked at every two minutes; here each is due at its own millisecond.
 */
import { describe, expect, it } from "vitest"
import type { Timeouts } from "../../../src/run/RunEvent.ts"
import type { RunSpec } from "../../../src/run/RunSpec.ts"
import {
  cancel,
  ended,
  factsOf,
  lost,
  retrying,
  started,
  statesOf,
  submit,
  under
} from "../../queue/commands.ts"
import type { World } from "../../simulation/World.ts"

const timeouts: Timeouts = { startMs: 180_000, runtimeMs: 750_000, cancelMs: 180_000 }
const stoppedByForce = { _tag: "Terminated", message: "stopped" } as const

const launched = (spec: Partial<RunSpec> = {}, limits: Partial<Timeouts> = {}): World => {
  const world = under({ timeouts: { ...timeouts, ...limits }, ...retrying({ resumes: 3 }) })
  world.turn(submit("a", spec))
  return world
}

/** So many seconds later: what time has decided. */
const later = (world: World, seconds: number): ReadonlyArray<string> => {
  world.now += seconds * 1000
  return factsOf(world.turn())
}

describe("a run that is launching", () => {
  it("is left alone while it has time (RM-1)", () => {
    expect(later(launched(), 179)).toEqual([])
  })

  it("is stopped when its time is over, and fails by that (RM-2)", () => {
    const world = launched()
    expect(later(world, 1_000)).toEqual(["RunCancelRequested a"])
    world.turn(ended("a", stoppedByForce))
    expect(world.queue.run("a").end).toEqual({
      state: "failed",
      cause: { _tag: "StartTimeout", limitMs: 180_000 },
      worker: stoppedByForce
    })
  })
})

describe("a run that is being stopped", () => {
  it("is left alone while it has time (RM-3)", () => {
    const world = launched()
    world.now += 1_000
    world.turn(cancel("a"))
    expect([later(world, 179), statesOf(world)]).toEqual([[], { a: "canceling" }])
  })

  it("is canceled without its worker's word when its time is over (RM-4)", () => {
    const world = launched()
    world.turn(cancel("a"))
    expect([later(world, 1_000), statesOf(world)]).toEqual([["RunCanceled a"], { a: "canceled" }])
  })
})

describe("a run that has started", () => {
  it("is left alone while its worker works (RM-5)", () => {
    const world = launched()
    world.turn(started("a"))
    expect([later(world, 700), world.launches]).toEqual([[], [{ run: "a", attempt: 1 }]])
  })

  it("is resumed as often as it may where its worker is lost, and then fails (RM-6)", () => {
    const world = launched()
    for (const attempt of [1, 2, 3, 4]) world.turn(started("a", attempt), ended("a", lost, attempt))
    expect(world.launches.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4])
    expect(world.queue.run("a")).toMatchObject({ state: "failed", resumes: 3, end: { cause: lost } })
  })

  it("is not resumed for a loss that is told after its end (RM-9)", () => {
    const world = launched()
    world.turn(started("a"), ended("a"))
    world.turn(ended("a", lost))
    expect([statesOf(world), world.launches]).toEqual([{ a: "succeeded" }, [{ run: "a", attempt: 1 }]])
  })
})

describe("a run that may run for so long", () => {
  const max = (value: string) => ({ tags: { "dagster/max_runtime": value } })
  const maxSeconds = (value: string) => ({ tags: { "dagster/max_runtime_seconds": value } })

  it("is stopped once that is over, be it by either tag or by what holds for all (RM-7)", () => {
    const world = launched(max("500"))
    world.turn(submit("b", maxSeconds("500")), submit("c", max("1000")), submit("d"))
    world.turn(...["a", "b", "c", "d"].map((run) => started(run)))
    expect(later(world, 499)).toEqual([])
    expect(later(world, 1)).toEqual(["RunCancelRequested a", "RunCancelRequested b"])
    world.turn(ended("a", stoppedByForce), ended("b", stoppedByForce))
    for (const run of ["a", "b"])
      expect(world.queue.run(run).end).toMatchObject({
        state: "failed",
        cause: { _tag: "RuntimeExceeded", limitMs: 500_000 }
      })
    expect(later(world, 250)).toEqual(["RunCancelRequested d"])
    expect(later(world, 250)).toContain("RunCancelRequested c")
  })

  it("goes by the first tag where it has both, and by its own field before either", () => {
    const tags = { "dagster/max_runtime_seconds": "7", "dagster/max_runtime": "500.5" }
    const limitOf = (spec: Partial<RunSpec>) => launched(spec).queue.run("a").timeouts.runtimeMs
    expect([limitOf({ tags }), limitOf({ tags, maxRuntimeMs: 3 })]).toEqual([500_500, 3])
  })

  it("fails once, by force, where its worker cannot be stopped (RM-8)", () => {
    const world = launched(max("500"))
    world.turn(started("a"))
    expect(later(world, 501)).toEqual(["RunCancelRequested a"])
    expect(later(world, 180)).toEqual(["RunFailed a"])
    expect(later(world, 180)).toEqual([])
    expect(world.log.find(({ type }) => type === "RunCancelRequested")?.data).toMatchObject({
      cause: { _tag: "RuntimeExceeded", limitMs: 500_000 }
    })
  })

  it.each(["soon", "", "-5", "0", "1e3", "Infinity"])(
    "runs as long as it likes where its tag says %j (RM-11)",
    (text) => {
      const world = launched(max(text))
      world.turn(started("a"))
      expect([world.queue.run("a").timeouts.runtimeMs, later(world, 1e6)]).toEqual([null, []])
    }
  )
})

it("where there is no time limit, none is over (RM-12)", () => {
  const world = launched({}, { startMs: null, cancelMs: null, runtimeMs: null })
  expect(later(world, 1e6)).toEqual([])
  world.turn(started("a"))
  expect(later(world, 1e6)).toEqual([])
  world.turn(cancel("a"))
  expect([later(world, 1e6), statesOf(world)]).toEqual([[], { a: "canceling" }])
})

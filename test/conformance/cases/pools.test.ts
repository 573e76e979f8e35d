/**
 * What Dagster's own suite asks of pools in its queue, by the ids of the cases there.
 */
import { describe, expect, it } from "vitest"
import { defaultPools } from "../../../src/queue/Policy.ts"
import {
  admittedIn,
  claim,
  ended,
  free,
  lineOf,
  poolRules,
  rules,
  setPool,
  started,
  submit,
  tagged,
  under,
  using
} from "../../queue/commands.ts"
import type { World } from "../../simulation/World.ts"

const later = (world: World, ms: number): ReadonlyArray<string> => {
  world.now += ms
  return admittedIn(world.turn())
}

const onFoo = ["1", "2", "3"].map((run) => submit(run, using("foo")))

describe("pools whose slots are claimed by steps", () => {
  it("hold runs back while they are full, and let one in as soon as they grow (QD-20)", () => {
    const world = under(poolRules({ foo: 1 }))
    expect(onFoo.map((run) => admittedIn(world.turn(run)))).toEqual([["1"], [], []])
    expect(later(world, 10_000)).toEqual([])
    expect(admittedIn(world.turn(setPool("foo", 2)))).toEqual(["2"])
  })

  it("hold back only those that use them (QD-21)", () => {
    const world = under(poolRules({ foo: 0, bar: 1 }))
    expect(admittedIn(world.turn(submit("1", using("foo"))))).toEqual([])
    expect(admittedIn(world.turn(submit("2", using("bar"))))).toEqual(["2"])
  })

  it("hold no run back that can begin with a step in no pool (QD-22)", () => {
    const world = under(poolRules({ foo: 0 }))
    const pools = { root: { foo: 1 }, unconstrainedRoot: true }
    expect(admittedIn(world.turn(submit("1", { pools })))).toEqual(["1"])
  })

  it("count a run that is launching, and no longer once it has started where that is how it was set (QD-23)", () => {
    const world = under(poolRules({ foo: 1 }, { settleMs: 0 }))
    expect(admittedIn(world.turn(...onFoo.slice(0, 2)))).toEqual(["1"])
    expect(later(world, 10_000)).toEqual([])
    expect(admittedIn(world.turn(started("1")))).toEqual(["2"])
  })

  it("let in some runs ahead of their slots where a buffer says so (QD-24)", () => {
    const world = under(poolRules({ foo: 1 }, { buffer: 1 }))
    expect(admittedIn(world.turn(...onFoo))).toEqual(["1", "2"])
    expect(later(world, 10_000)).toEqual([])
  })

  it("count a run that has started for a while, since its first steps have yet to claim (QD-25)", () => {
    const world = under(poolRules({ foo: 1 }, { settleMs: 1_000 }))
    expect(admittedIn(world.turn(...onFoo))).toEqual(["1"])
    expect(admittedIn(world.turn(started("1")))).toEqual([])
    expect(later(world, 999)).toEqual([])
    expect(later(world, 1)).toEqual(["2"])
  })

  it("hold back together with a tag limit, each for itself (QD-26)", () => {
    const tagLimits = [{ key: "database", value: "tiny", limit: 0 }]
    const world = under({ ...poolRules({ foo: 0 }), tagLimits })
    expect(admittedIn(world.turn(submit("1", { ...using("foo"), ...tagged("database", "tiny") })))).toEqual(
      []
    )
    expect(lineOf(world)).toEqual(["1"])
  })

  it("count what steps have and wait for, however long ago their run has started (QD-28)", () => {
    const world = under(poolRules({ foo: 1 }))
    world.turn(submit("1", using("foo")))
    world.turn(started("1"), claim("1/a", "foo"))
    expect(later(world, 6_000)).toEqual([])
    expect(admittedIn(world.turn(submit("2", using("foo"))))).toEqual([])
    expect(admittedIn(world.turn(free("1/a")))).toEqual(["2"])
  })

  it("hold nobody back for the tag limit of a run that they block (QX-10)", () => {
    const world = under({ ...poolRules({ foo: 0 }), tagLimits: [{ key: "k", limit: 1 }] })
    const first = submit("1", { ...using("foo"), ...tagged("k", "x") })
    expect(admittedIn(world.turn(first, submit("2", tagged("k", "x"))))).toEqual(["2"])
  })

  it("let a run in where one of the pools of its first steps has room (QX-17)", () => {
    const world = under(poolRules({ foo: 0, bar: 1 }))
    expect(admittedIn(world.turn(submit("1", using("foo", "bar"))))).toEqual(["1"])
  })

  it("hold back until a backlog of steps has drained (QX-21)", () => {
    const world = under(poolRules({ foo: 1 }))
    world.turn(submit("long"))
    world.turn(started("long"), ...["a", "b", "c"].map((step) => claim(`long/${step}`, "foo")))
    expect(later(world, 60_000)).toEqual([])
    expect(admittedIn(world.turn(submit("new", using("foo"))))).toEqual([])
    const drained = ["a", "b", "c"].map((step) => admittedIn(world.turn(free(`long/${step}`))))
    expect(drained).toEqual([[], [], ["new"]])
  })
})

describe("pools whose slots are held by runs", () => {
  const wholeRuns = { granularity: "run" } as const

  it("let as many runs in as they have slots, from launch to end (QD-27)", () => {
    const world = under(poolRules({ foo: 1 }, wholeRuns))
    expect(admittedIn(world.turn(...onFoo))).toEqual(["1"])
    expect(admittedIn(world.turn(started("1")))).toEqual([])
    expect(admittedIn(world.turn(ended("1")))).toEqual(["2"])
    expect(admittedIn(world.turn(setPool("foo", 2)))).toEqual(["3"])
  })

  it("hold a run back if any of its pools is full, be it of a first step or not (QX-18)", () => {
    const world = under(poolRules({ foo: 0, bar: 1 }, wholeRuns))
    const later = { root: { bar: 1 }, all: ["bar", "foo"], unconstrainedRoot: true }
    expect(admittedIn(world.turn(submit("1", using("foo", "bar")), submit("2", { pools: later })))).toEqual(
      []
    )
    expect(admittedIn(world.turn(submit("3", using("bar"))))).toEqual(["3"])
  })

  it("count a run however long ago it has started (QX-19)", () => {
    const world = under(poolRules({ foo: 1 }, wholeRuns))
    world.turn(...onFoo.slice(0, 1))
    world.turn(started("1"))
    world.now += 1e9
    expect(admittedIn(world.turn(...onFoo.slice(1)))).toEqual([])
  })

  it("have as many more slots as the buffer says (QX-20)", () => {
    const world = under(poolRules({ foo: 1 }, { ...wholeRuns, buffer: 1 }))
    expect(admittedIn(world.turn(...onFoo))).toEqual(["1", "2"])
  })
})

describe.each(["run", "op"] as const)("a pool without a limit of its own, counted by %s", (granularity) => {
  it("holds nobody back where there is no default (QX-22)", () => {
    const world = under(poolRules({}, { granularity }))
    expect(admittedIn(world.turn(...onFoo))).toEqual(["1", "2", "3"])
  })

  it("has as many slots as the default says (QX-23)", () => {
    const world = under(poolRules({}, { granularity, defaultLimit: 1 }))
    expect(admittedIn(world.turn(...onFoo))).toEqual(["1"])
  })

  it("has as many as the default says now, when that changes (QX-24)", () => {
    const world = under(poolRules({}, { granularity, defaultLimit: 1 }))
    world.turn(...onFoo)
    const pools = { ...defaultPools, granularity, defaultLimit: 3 }
    expect(admittedIn(world.turn(rules({ pools })))).toEqual(["2", "3"])
  })
})

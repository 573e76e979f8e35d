/**
 * What Dagster's own suite asks of the slots that steps claim, by the ids of the cases there. Its steps ask again and
 * again until they have a slot; here a step asks once, and is given it when its turn has come.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { defaultPools, poolLimit } from "../../../src/queue/Policy.ts"
import { Command } from "../../../src/queue/QueueCommand.ts"
import type { RunSpec } from "../../../src/run/RunSpec.ts"
import {
  claim,
  ended,
  exited,
  free,
  poolRules,
  rules,
  setPool,
  started,
  submit,
  under
} from "../../queue/commands.ts"
import type { World } from "../../simulation/World.ts"

type Limits = Readonly<Record<string, number>>

/** A world in which these runs have started. */
const running = (limits: Limits, ...runs: ReadonlyArray<string>): World =>
  runningUnder(poolRules(limits), runs)

const runningUnder = (
  policy: ReturnType<typeof poolRules>,
  runs: ReadonlyArray<string>,
  spec: (run: string) => Partial<RunSpec> = () => ({})
): World => {
  const world = under(policy)
  world.turn(...runs.map((run) => submit(run, spec(run))))
  world.turn(...runs.map((run) => started(run)))
  return world
}

const claimsOf = ({ queue }: World) =>
  [...queue.runs.values()].flatMap(({ id, claims = [] }) =>
    claims.map(({ step, granted }) => ({ name: `${id}/${step}`, granted }))
  )

/** Who has slots, and who waits for them. */
const has = (world: World) => claimsOf(world).flatMap(({ name, granted }) => (granted ? [name] : []))
const waits = (world: World) => claimsOf(world).flatMap(({ name, granted }) => (granted ? [] : [name]))

/** Steps of the only run, each in a turn of its own, ask for slots of foo. */
const ask = (world: World, ...steps: ReadonlyArray<string | readonly [string, object]>): void => {
  for (const step of steps)
    world.turn(typeof step === "string" ? claim(`r/${step}`, "foo") : claim(`r/${step[0]}`, "foo", step[1]))
}

const decodes = (command: object): boolean => Result.isSuccess(Schema.decodeUnknownResult(Command)(command))

describe("slots of a pool", () => {
  it("are given while there are some, and go on to who waits when a run ends (PS-1)", () => {
    const world = running({ foo: 3, bar: 1 }, "1", "2", "3")
    world.turn(claim("1/a", "foo"), claim("2/b", "foo"), claim("1/c", "foo"), claim("2/d", "bar"))
    expect(waits(world)).toEqual([])
    world.turn(claim("3/e", "foo"), claim("3/f", "bar"))
    expect(waits(world)).toEqual(["3/e", "3/f"])
    world.turn(ended("2"))
    expect([has(world), waits(world)]).toEqual([["1/a", "1/c", "3/e", "3/f"], []])
    world.turn(claim("3/g", "foo"), claim("1/h", "foo"))
    expect(waits(world)).toEqual(["1/h", "3/g"])
  })

  it("go first to the higher priority, then to who has waited longer (PS-2)", () => {
    const world = running({ foo: 5 }, "r")
    ask(world, "1", "2", "3", "4", "5", "a", ["b", { priority: 2 }], "c")
    world.turn(free("r/1"))
    expect(waits(world)).toEqual(["r/a", "r/c"])
    ask(world, "d")
    world.turn(free("r/2"))
    expect(waits(world)).toEqual(["r/c", "r/d"])
    world.turn(free("r/3"), free("r/4"), free("r/5"))
    ask(world, "e")
    expect(has(world)).toEqual(["r/a", "r/b", "r/c", "r/d", "r/e"])
  })

  it("are handed on by one who has done nothing with them (PS-3)", () => {
    const world = running({ foo: 1 }, "r")
    ask(world, "a", "b", "c", "d", "e")
    world.turn(setPool("foo", 2))
    expect(has(world)).toEqual(["r/a", "r/b"])
    world.turn(free("r/b"))
    expect([has(world), waits(world)]).toEqual([
      ["r/a", "r/c"],
      ["r/d", "r/e"]
    ])
  })

  it("are not fewer than none (PS-4)", () => {
    const set = (limit: unknown) => decodes({ _tag: "SetPoolLimit", pool: "foo", limit })
    expect([set(-1), set(1.5), set(0), set(1), set(null)]).toEqual([false, false, true, true, true])
  })

  it("are taken from nobody when the pool shrinks (PS-5)", () => {
    const world = running({ foo: 5 }, "r")
    ask(world, "a", "b", "c")
    world.turn(setPool("foo", 1))
    expect(has(world)).toEqual(["r/a", "r/b", "r/c"])
    world.turn(free("r/a"), free("r/b"), claim("r/d", "foo"))
    expect(waits(world)).toEqual(["r/d"])
    world.turn(free("r/c"))
    expect(has(world)).toEqual(["r/d"])
  })

  it("are given to as many as fit when the pool grows (PS-6)", () => {
    const world = running({ foo: 1 }, "r")
    ask(world, "a", "b", "c", "d", "e")
    expect(waits(world)).toHaveLength(4)
    world.turn(setPool("foo", 4))
    expect(waits(world)).toEqual(["r/e"])
    expect(world.queue.pools.of("foo")).toEqual({ granted: 4, claimed: 5 })
  })

  it("are given back by a run that ends, with its places in line (PS-7)", () => {
    const world = running({ foo: 1 }, "one", "two")
    world.turn(claim("one/a", "foo"), claim("two/b", "foo"), claim("one/c", "foo"))
    world.turn(ended("one"))
    expect([has(world), waits(world)]).toEqual([["two/b"], []])
    world.turn(ended("two"))
    expect([...world.queue.pools.claimed()]).toEqual([])
  })

  it("serve a hundred steps, and never more at once than there are (PS-8)", () => {
    const world = running({ foo: 5 }, "r")
    world.turn(...Array.from({ length: 100 }, (_, step) => claim(`r/${step}`, "foo")))
    let served = 0
    while (waits(world).length > 0) {
      const holders = has(world)
      expect(holders).toHaveLength(5)
      served += holders.length
      world.turn(...holders.map(free))
    }
    expect(served + has(world).length).toBe(100)
    world.turn(...has(world).map(free))
    expect(world.queue.pools.of("foo")).toEqual({ granted: 0, claimed: 0 })
  })

  it("can be none: then a step waits until the limit is taken away (PS-9, PC-9)", () => {
    const world = running({ foo: 0 }, "r")
    ask(world, "a", "b")
    expect(waits(world)).toEqual(["r/a", "r/b"])
    world.turn(setPool("foo", null))
    expect([has(world), world.queue.policy.pools?.limits]).toEqual([["r/a", "r/b"], {}])
  })

  it("are told from no limit at all (PS-10)", () => {
    const { policy } = running({ none: 0, one: 1 }).queue
    expect(["unknown", "none", "one"].map((pool) => poolLimit(policy, pool))).toEqual([undefined, 0, 1])
  })

  it("are as many as the default says where the pool has no limit of its own (PS-11, PC-8)", () => {
    const world = runningUnder(poolRules({}, { defaultLimit: 1 }), ["r"])
    ask(world, "a", "b")
    expect([has(world), waits(world)]).toEqual([["r/a"], ["r/b"]])
  })

  it("follow a change of the default, at once (PS-12)", () => {
    const world = runningUnder(poolRules({}, { defaultLimit: 1 }), ["r"])
    ask(world, "a", "b", "c")
    const change = (defaultLimit: number | null) =>
      world.turn(rules({ maxConcurrentRuns: null, pools: { ...defaultPools, defaultLimit } }))
    change(2)
    expect(waits(world)).toEqual(["r/c"])
    change(null)
    expect(waits(world)).toEqual([])
  })
})

describe("a step that takes several slots", () => {
  it("waits until all of them are free (PS-13)", () => {
    const world = running({ foo: 4 }, "r")
    ask(world, ["a", { slots: 3 }], "b", "c")
    expect([has(world), waits(world)]).toEqual([["r/a", "r/b"], ["r/c"]])
  })

  it("is not starved by lighter ones behind it; one of higher priority goes before it (PS-14)", () => {
    const world = running({ foo: 4 }, "r")
    ask(world, ["a", { slots: 3 }], ["b", { slots: 3 }], "c")
    expect(waits(world)).toEqual(["r/b", "r/c"])
    ask(world, ["d", { priority: 1 }])
    expect(has(world)).toEqual(["r/a", "r/d"])
    world.turn(free("r/a"))
    expect(has(world)).toEqual(["r/b", "r/d"])
  })

  it("takes at least one, and is refused where it takes more than there are (PS-15)", () => {
    const world = running({ foo: 4 }, "r")
    const { replies } = world.turn(claim("r/a", "foo", { slots: 5 }), claim("r/a", "foo", { slots: 4 })).turn
    expect(replies[0]).toEqual(
      Result.fail({
        _tag: "CommandInvalid",
        command: "ClaimSlot",
        run: "r",
        issue: "a step needs 5 slots of pool foo, which has 4"
      })
    )
    expect(has(world)).toEqual(["r/a"])
    expect(decodes({ _tag: "ClaimSlot", run: "r", attempt: 1, step: "a", pool: "foo", slots: 0 })).toBe(false)
  })

  it("has one place in line, with its first priority, however often it asks (PS-16)", () => {
    const world = running({ foo: 1 }, "r")
    ask(world, "a", "b", "c", ["c", { priority: 9 }])
    expect(waits(world)).toEqual(["r/b", "r/c"])
    world.turn(free("r/a"))
    expect(waits(world)).toEqual(["r/c"])
  })
})

describe("within a run", () => {
  it.each([
    ["succeeds", "PC-1", undefined],
    ["fails", "PC-3", exited]
  ])("nothing is left of what steps have and wait for when it %s (%s)", (_, __, outcome) => {
    const world = running({ foo: 2 }, "r")
    ask(world, "a", "b", "c")
    expect(waits(world)).toEqual(["r/c"])
    world.turn(free("r/a"))
    expect(has(world)).toEqual(["r/b", "r/c"])
    world.turn(ended("r", outcome))
    expect(world.queue.pools.of("foo")).toEqual({ granted: 0, claimed: 0 })
  })

  it("every claim succeeds on a pool that nobody limits (PC-2, PC-7)", () => {
    const world = running({}, "r")
    ask(world, "a", "b", ["c", { slots: 1_000 }])
    expect(has(world)).toEqual(["r/a", "r/b", "r/c"])
  })

  it("the step of the highest priority is next (PC-10)", () => {
    const world = running({ foo: 1 }, "r")
    ask(world, "a", "b", ["c", { priority: 1_000 }], ["d", { priority: -1 }])
    world.turn(free("r/a"))
    expect([has(world), waits(world)]).toEqual([["r/c"], ["r/b", "r/d"]])
  })

  it("every claim succeeds where whole runs hold the slots (PC-14)", () => {
    const world = runningUnder(poolRules({ foo: 1 }, { granularity: "run" }), ["r"])
    ask(world, "a", "b", ["c", { slots: 5 }])
    expect([has(world), world.queue.slots.taken("pool:foo")]).toEqual([["r/a", "r/b", "r/c"], 0])
  })
})

describe("between runs", () => {
  it("the step of the run of the higher priority is next (PC-11)", () => {
    const world = runningUnder(poolRules({ foo: 1 }), ["R", "H"], (run) => ({
      priority: run === "H" ? 1_000 : 0
    }))
    world.turn(claim("R/a", "foo"), claim("R/b", "foo"), claim("H/c", "foo"))
    world.turn(free("R/a"))
    expect([has(world), waits(world)]).toEqual([["H/c"], ["R/b"]])
  })

  it("priorities of run and step add up (PC-12)", () => {
    const world = runningUnder(poolRules({ foo: 0 }), ["L", "R"], (run) => ({
      priority: run === "L" ? -1_000 : 0
    }))
    for (const run of ["L", "R"])
      world.turn(
        claim(`${run}/low`, "foo", { priority: -1 }),
        claim(`${run}/high`, "foo", { priority: 1_000 })
      )
    world.turn(setPool("foo", 1))
    const order = ["", "", "", ""].map(() => {
      const [holder = "nobody/"] = has(world)
      world.turn(free(holder))
      return holder
    })
    expect(order).toEqual(["R/high", "L/high", "R/low", "L/low"])
  })
})

describe("the slots of a run that has ended", () => {
  it("are free in the very turn, with no sweep to wait for (RC-1, RC-2)", () => {
    const world = running({ foo: 1 }, "r", "next")
    world.turn(claim("r/a", "foo"), claim("next/b", "foo"))
    const { turn } = world.turn(ended("r"))
    expect(turn.events.map(({ type }) => type)).toEqual(["RunSucceeded", "SlotGranted"])
  })

  it("are not free a moment before (RC-3)", () => {
    const world = running({ foo: 1 }, "r", "next")
    world.turn(claim("r/a", "foo"), claim("next/b", "foo"))
    world.now += 1e9
    world.turn()
    expect(waits(world)).toEqual(["next/b"])
  })
})

import * as Result from "effect/Result"
import { describe, expect, it } from "vitest"
import { defaultPools } from "../../src/queue/Policy.ts"
import { contents } from "../../src/queue/RunQueue.ts"
import { fold, type World } from "../simulation/World.ts"
import {
  admittedIn,
  cancel,
  claim,
  ended,
  factsOf,
  free,
  lost,
  poolRules,
  retrying,
  rules,
  setPool,
  started,
  submit,
  under,
  unreachable,
  using
} from "./commands.ts"

const running = (policy: ReturnType<typeof poolRules>, ...runs: ReadonlyArray<string>): World => {
  const world = under(policy)
  world.turn(...runs.map((run) => submit(run)))
  world.turn(...runs.map((run) => started(run)))
  return world
}

const granted = ({ queue }: World): ReadonlyArray<string> =>
  [...queue.runs.values()].flatMap(({ id, claims = [] }) =>
    claims.flatMap((one) => (one.granted ? [`${id}/${one.step} ${one.pool}`] : []))
  )

describe("a claim", () => {
  it("is answered in its turn: the step has its slots, or waits", () => {
    const world = running(poolRules({ db: 1 }), "r")
    const { replies } = world.turn(claim("r/a", "db"), claim("r/b", "db")).turn
    const claims = replies.map(Result.map(({ run }) => run?.claims?.map(({ granted }) => granted)))
    expect(claims).toEqual([Result.succeed([true, false]), Result.succeed([true, false])])
    const facts = world.log.filter(({ type }) => type === "SlotClaimed").map(({ data }) => data)
    expect(facts).toEqual([
      { attempt: 1, step: "a", pool: "db", slots: 1, priority: 0, granted: true },
      { attempt: 1, step: "b", pool: "db", slots: 1, priority: 0, granted: false }
    ])
  })

  it("that waits goes before one that comes when a slot becomes free, unless that has a higher priority", () => {
    const world = running(poolRules({ db: 1 }), "r")
    world.turn(claim("r/a", "db"), claim("r/b", "db"))
    world.turn(free("r/a"), claim("r/c", "db"))
    expect(granted(world)).toEqual(["r/b db"])
    world.turn(free("r/b"), claim("r/d", "db", { priority: 1 }))
    expect(granted(world)).toEqual(["r/d db"])
  })

  it("that is taken back lets those behind it have what it waited for", () => {
    const world = running(poolRules({ db: 3 }), "r")
    world.turn(claim("r/a", "db", { slots: 2 }), claim("r/heavy", "db", { slots: 2 }), claim("r/b", "db"))
    expect(granted(world)).toEqual(["r/a db"])
    expect(factsOf(world.turn(free("r/heavy")))).toEqual(["SlotReleased r", "SlotGranted r"])
    expect(granted(world)).toEqual(["r/a db", "r/b db"])
    // And then the pool is not looked at again until something changes.
    expect([...world.queue.pools.loose]).toEqual([])
  })

  it("of several slots waits until all of them are free, and counts for as many", () => {
    const world = running(poolRules({ db: 4 }), "r")
    world.turn(claim("r/a", "db", { slots: 2 }), claim("r/b", "db"), claim("r/heavy", "db", { slots: 3 }))
    world.turn(free("r/b"))
    expect(granted(world)).toEqual(["r/a db"])
    expect(world.queue.pools.of("db")).toEqual({ granted: 2, claimed: 5 })
    world.turn(rules(poolRules({ db: 5 })))
    expect(world.queue.pools.of("db")).toEqual({ granted: 5, claimed: 5 })
    expect(world.queue.slots.taken("pool:db")).toBe(5)
    world.turn(free("r/a"), free("r/heavy"))
    expect([...world.queue.pools.claimed()]).toEqual([])
  })

  it("is of one pool: a step can have slots of several, and gives them back together", () => {
    const world = running(poolRules({ db: 1, gpu: 1 }), "r", "other")
    world.turn(claim("other/x", "gpu"), claim("r/a", "db"), claim("r/a", "gpu"))
    expect(granted(world)).toEqual(["r/a db", "other/x gpu"])
    world.turn(free("other/x"))
    expect(granted(world)).toEqual(["r/a db", "r/a gpu"])
    expect(factsOf(world.turn(free("r/a")))).toEqual(["SlotReleased r", "SlotReleased r"])
    expect([...world.queue.pools.claimed()]).toEqual([])
  })

  it("waits on while its run is stopped, may be granted, and is gone with the run", () => {
    const world = running(poolRules({ db: 1 }), "r", "other")
    world.turn(claim("other/x", "db"), claim("r/a", "db"))
    world.turn(cancel("r"))
    expect(factsOf(world.turn(free("other/x")))).toEqual(["SlotReleased other", "SlotGranted r"])
    world.turn(claim("other/y", "db"))
    expect(factsOf(world.turn(ended("r", lost)))).toEqual(["RunCanceled r", "SlotGranted other"])
  })

  it("does not outlive the worker that made it: another attempt claims anew", () => {
    const world = running({ ...poolRules({ db: 1 }), ...retrying({ resumes: 1 }) }, "r", "other")
    world.turn(claim("r/a", "db"), claim("other/x", "db"))
    expect(factsOf(world.turn(ended("r", lost)))).toEqual(["RunResumed r", "SlotGranted other"])
    world.turn(started("r", 2), claim("r/a", "db", { attempt: 2 }))
    expect(granted(world)).toEqual(["other/x db"])
  })

  it("keeps the priority that it was made with, and its place, over a restart", () => {
    const world = running(poolRules({ db: 1 }), "r")
    const steps = [
      claim("r/b", "db", { priority: -1 }),
      claim("r/c", "db", { priority: 2 }),
      claim("r/d", "db")
    ]
    world.turn(claim("r/a", "db"), ...steps)
    expect(contents(fold(world.log))).toEqual(contents(world.queue))
    world.restart()
    const order = ["a", "c", "d"].map((step) => {
      world.turn(free(`r/${step}`))
      return granted(world)
    })
    expect(order).toEqual([["r/c db"], ["r/d db"], ["r/b db"]])
  })

  it("for more than the pool has is refused, but waits where the pool has none: it may have some later", () => {
    const world = running(poolRules({ db: 2, none: 0 }), "r")
    const { replies } = world.turn(claim("r/a", "db", { slots: 3 }), claim("r/b", "none", { slots: 3 })).turn
    expect(replies.map(Result.isSuccess)).toEqual([false, true])
    world.turn(setPool("none", 3))
    expect(granted(world)).toEqual(["r/b none"])
  })
})

describe("a run with a step that is heavier than its pool", () => {
  const heavy = { pools: { all: ["db"], slots: { db: 3 } } }
  const accepted = (policy: ReturnType<typeof poolRules>) =>
    under(policy).turn(submit("a", heavy)).turn.replies.map(Result.isSuccess)

  it("is refused at once, rather than waiting for ever", () => {
    const { replies, events } = under(poolRules({ db: 2 })).turn(submit("a", heavy)).turn
    const issue = "a step needs 3 slots of pool db, which has 2"
    expect([replies, events]).toEqual([
      [Result.fail({ _tag: "CommandInvalid", command: "SubmitRun", run: "a", issue })],
      []
    ])
  })

  it("is accepted where the pool is large enough, has no limit, has none yet, or counts runs", () => {
    expect(accepted(poolRules({ db: 3 }))).toEqual([true])
    expect(accepted(poolRules({}))).toEqual([true])
    expect(accepted(poolRules({ db: 0 }))).toEqual([true])
    expect(accepted(poolRules({ db: 2 }, { granularity: "run" }))).toEqual([true])
  })
})

describe("what is reserved for a run", () => {
  it("is as many slots as its first steps need, and stands in its admission", () => {
    const world = under(poolRules({ db: 5 }, { settleMs: 700 }))
    const { turn } = world.turn(submit("a", { pools: { root: { db: 3, free: 2 }, unconstrainedRoot: true } }))
    expect(turn.events.at(-1)?.data).toEqual({
      attempt: 1,
      decision: { place: 1, taken: [] },
      policy: 1,
      slots: [],
      reserved: { pools: { db: 3, free: 2 }, forMs: 700 }
    })
    expect(world.queue.slots.taken("pool:db")).toBe(3)
  })

  it("counts for a pool that has no limit until later", () => {
    const world = under(poolRules({}))
    world.turn(submit("a", using("db")))
    world.turn(setPool("db", 1))
    expect(admittedIn(world.turn(submit("b", using("db"))))).toEqual([])
  })

  it("counts beside what steps claim, until it has settled", () => {
    const world = under(poolRules({ db: 3 }))
    world.turn(submit("a", using("db")))
    world.turn(started("a"), claim("a/x", "db"))
    expect(world.queue.slots.taken("pool:db")).toBe(2)
    world.now += defaultPools.settleMs
    expect(factsOf(world.turn())).toEqual(["RunSettled a"])
    expect(world.queue.slots.taken("pool:db")).toBe(1)
  })

  it.each([
    ["ends", [ended("a")]],
    ["is stopped", [cancel("a")]],
    ["could not be launched", [ended("a", unreachable)]]
  ])("is free for others in the turn in which the run %s", (_, commands) => {
    const world = under(poolRules({ db: 1 }))
    world.turn(submit("a", using("db")), submit("b", using("db")))
    expect(admittedIn(world.turn(...commands))).toEqual(["b"])
  })

  it("is nothing where pools do not hold runs back", () => {
    for (const change of [{ blocking: false }, { granularity: "run" as const }]) {
      const world = under(poolRules({ db: 1 }, change))
      world.turn(submit("a", using("db")))
      expect(world.queue.run("a")).not.toHaveProperty("reserved")
    }
    const world = under(poolRules({ db: 1 }, { blocking: false }))
    expect(admittedIn(world.turn(submit("a", using("db")), submit("b", using("db"))))).toEqual(["a", "b"])
    world.turn(started("a"), started("b"), claim("a/x", "db"), claim("b/x", "db"))
    expect(granted(world)).toEqual(["a/x db"])
  })

  it("counts on under other rules", () => {
    const world = under(poolRules({ db: 1 }))
    world.turn(submit("a", using("db")), submit("b", using("db")))
    expect(admittedIn(world.turn(rules(poolRules({ db: 1 }, { settleMs: 1 }))))).toEqual([])
    expect(admittedIn(world.turn(rules(poolRules({ db: 2 }))))).toEqual(["b"])
    world.turn(rules({}))
    expect(world.queue.slots.taken("pool:db")).toBe(0)
    world.turn(rules(poolRules({ db: 2 })))
    expect(admittedIn(world.turn(submit("c", using("db"))))).toEqual([])
    expect(contents(fold(world.log))).toEqual(contents(world.queue))
  })
})

describe("a run whose first steps use several pools", () => {
  const both = submit("both", using("a", "b"))

  it("waits while all of them are full, and goes when any has room", () => {
    for (const pool of ["a", "b"]) {
      const world = under(poolRules({ a: 0, b: 0 }))
      expect(admittedIn(world.turn(both))).toEqual([])
      expect(admittedIn(world.turn(setPool(pool, 1)))).toEqual(["both"])
    }
  })

  it("goes where a step gives back what it had of any of them", () => {
    for (const pool of ["a", "b"]) {
      const world = running(poolRules({ a: 1, b: 1 }), "r")
      world.turn(claim("r/a", "a"), claim("r/b", "b"), both)
      expect(world.queue.run("both").state).toBe("queued")
      expect(admittedIn(world.turn(free(`r/${pool}`)))).toEqual(["both"])
    }
  })

  it("is not held back where one of them has no limit", () => {
    expect(admittedIn(under(poolRules({ a: 0 })).turn(both))).toEqual(["both"])
  })

  it("is not held back by the pools of later steps", () => {
    const world = under(poolRules({ a: 0 }))
    expect(admittedIn(world.turn(submit("r", { pools: { all: ["a"] } })))).toEqual(["r"])
  })
})

describe("the limit of a pool", () => {
  it("is set for itself, under a policy of a new number; all else stays as it was", () => {
    const world = under({ maxConcurrentRuns: 3, ...retrying({ runs: 2 }) })
    const { policy } = world.queue
    const { turn } = world.turn({ _tag: "SetPoolLimit", pool: "db", limit: 4, reason: "more" })
    expect(turn.events.map(({ data }) => data)).toMatchObject([
      { number: 2, policy: { ...policy, pools: { ...defaultPools, limits: { db: 4 } } }, reason: "more" }
    ])
    world.turn(setPool("gpu", 0))
    expect(world.queue.policy.pools?.limits).toEqual({ db: 4, gpu: 0 })
    world.turn(setPool("db", null))
    expect(world.queue.policy.pools?.limits).toEqual({ gpu: 0 })
  })

  it("is no limit for a pool whose name an object has by nature", () => {
    const runs = ["a", "b"].map((run) => submit(run, using("toString")))
    expect(admittedIn(under(poolRules({})).turn(...runs))).toEqual(["a", "b"])
    expect(admittedIn(under(poolRules({}, { defaultLimit: 1 })).turn(...runs))).toEqual(["a"])
  })

  it("leaves as it was how pools are counted", () => {
    const world = under(poolRules({ db: 1 }, { granularity: "run", buffer: 2, defaultLimit: 7 }))
    const { pools } = world.queue.policy
    world.turn(setPool("gpu", 3))
    expect(world.queue.policy.pools).toEqual({ ...pools, limits: { db: 1, gpu: 3 } })
  })

  it("is not set where it is so already", () => {
    const world = under(poolRules({ db: 4 }))
    expect(factsOf(world.turn(setPool("db", 4), setPool("gpu", null)))).toEqual([])
    expect(factsOf(under({}).turn(setPool("toString", null)))).toEqual([])
  })

  it("counts runs or steps, whichever is in force: what waits for a slot goes on where none is needed", () => {
    const world = running(poolRules({ db: 1 }), "r")
    world.turn(claim("r/a", "db"), claim("r/b", "db"))
    world.turn(rules(poolRules({ db: 1 }, { granularity: "run" })))
    expect(granted(world)).toEqual(["r/a db", "r/b db"])
    world.turn(rules(poolRules({ db: 1 })))
    expect(admittedIn(world.turn(submit("new", using("db"))))).toEqual([])
    expect(admittedIn(world.turn(free("r/a"), free("r/b")))).toEqual(["new"])
  })
})

import { describe, expect, it } from "vitest"
import { explain } from "../../src/queue/explain.ts"
import { settings } from "../../src/settings.ts"
import type { World } from "../simulation/World.ts"
import { claim, drain, ended, poolRules, started, submit, tagged, under, using } from "./commands.ts"

const why = ({ queue, now }: World, run: string) => explain(queue, run, now)

describe("a run that waits", () => {
  it("is told which limit is full, how much of it is held, by whom, and how many are ahead", () => {
    const world = under({ maxConcurrentRuns: 2 })
    world.turn(submit("a"), submit("b"), submit("c"), submit("d"))
    expect(why(world, "d")).toEqual({
      run: "d",
      state: "queued",
      since: world.now,
      place: 2,
      front: ["c"],
      waiting: 2,
      policy: 1,
      reasons: [
        {
          _tag: "LimitFull",
          limit: "runs",
          size: 2,
          held: 2,
          holders: ["a", "b"],
          holding: 2,
          ahead: 1,
          since: world.now
        }
      ]
    })
  })

  it("is told every limit that is full, and none that has room", () => {
    const world = under({
      maxConcurrentRuns: 9,
      tagLimits: [
        { key: "db", limit: 1 },
        { key: "team", each: true, limit: 1 },
        { key: "gpu", limit: 0 }
      ]
    })
    world.turn(submit("a", { tags: { db: "x", team: "red" } }))
    world.turn(submit("b", { tags: { db: "y", team: "red", gpu: "1" } }))
    expect(why(world, "b")?.reasons).toMatchObject([
      { limit: "tag:db", size: 1, held: 1, holders: ["a"] },
      { limit: "each:team=red", size: 1, held: 1, holders: ["a"] },
      { limit: "tag:gpu", size: 0, held: 0, holders: [] }
    ])
  })

  it("counts as ahead only those that need the same slot, also those whose time has not come", () => {
    const world = under({
      tagLimits: [
        { key: "db", limit: 0 },
        { key: "team", limit: 0 }
      ]
    })
    world.turn(
      submit("a", tagged("db", "x")),
      submit("b", tagged("team", "red")),
      submit("c", { tags: { db: "x", team: "red" } }),
      submit("later", { priority: 1, notBefore: world.now + 10, ...tagged("db", "x") }),
      submit("d", tagged("db", "y")),
      submit("behind", { priority: -1, ...tagged("db", "x") })
    )
    expect(why(world, "d")).toMatchObject({ place: 5, waiting: 6, reasons: [{ limit: "tag:db", ahead: 3 }] })
  })

  it("is told more held than there is where a limit was lowered, and not all holders by name", () => {
    const world = under({ maxConcurrentRuns: 20 })
    world.turn(...Array.from({ length: 21 }, (_, index) => submit(`r${index}`)))
    world.turn({ _tag: "SetPolicy", policy: { ...world.queue.policy, maxConcurrentRuns: 1 } })
    const [reason] = why(world, "r20")?.reasons ?? []
    expect(reason).toMatchObject({ size: 1, held: 20 })
    expect(reason).toHaveProperty(
      "holders",
      Array.from({ length: settings.holdersShown }, (_, index) => `r${index}`)
    )
  })

  it("is told of every pool, where none of those has room that its first steps could begin with", () => {
    const world = under(poolRules({ db: 2, gpu: 0 }, { buffer: 1 }))
    world.turn(submit("a", using("db")), submit("b", using("gpu")))
    world.turn(started("a"), claim("a/x", "db", { slots: 2 }))
    world.turn(submit("c", using("db", "gpu")))
    expect(why(world, "c")?.reasons).toEqual([
      {
        _tag: "PoolsFull",
        pools: [
          { pool: "db", size: 3, taken: 3 },
          { pool: "gpu", size: 1, taken: 1 }
        ]
      }
    ])
  })

  it("is told of no pool, where one of them has room but something else is in its way", () => {
    const world = under({ ...poolRules({ db: 0, gpu: 1 }), maxConcurrentRuns: 0 })
    world.turn(submit("a", using("db", "gpu")))
    expect(why(world, "a")?.reasons).toMatchObject([{ _tag: "LimitFull", limit: "runs" }])
  })

  it("is told of a full pool that holds whole runs as of any limit, with its holders", () => {
    const world = under(poolRules({ db: 1 }, { granularity: "run" }))
    world.turn(submit("a", using("db")), submit("b", using("db")), submit("c", using("db")))
    expect(why(world, "c")?.reasons).toMatchObject([
      { _tag: "LimitFull", limit: "pool:db", size: 1, held: 1, holders: ["a"], ahead: 1 }
    ])
  })

  it("is told how many values there are, where those are counted, and who holds them", () => {
    const world = under({ tagLimits: [{ key: "db", distinct: true, limit: 1 }] })
    world.turn(submit("a", tagged("db", "x")), submit("b", tagged("db", "x")), submit("c", tagged("db", "y")))
    expect(why(world, "c")?.reasons).toMatchObject([
      { limit: "distinct:db", size: 1, held: 1, holders: ["a", "b"], holding: 2 }
    ])
  })

  it("is told which run of its key is in flight", () => {
    const world = under({})
    const unique = { key: "nightly", collision: "queue" } as const
    world.turn(submit("a", { unique }), submit("b", { unique }))
    expect(why(world, "b")?.reasons).toMatchObject([
      { limit: "key:nightly", size: 1, held: 1, holders: ["a"] }
    ])
  })

  it("is told until when, if its time has not come", () => {
    const world = under({})
    const at = world.now + 10
    world.turn(submit("a", { notBefore: at }))
    expect(why(world, "a")?.reasons).toEqual([{ _tag: "NotBefore", at }])
  })

  it("is told who is ahead once its time has come, though no turn has seen it come", () => {
    const world = under({ strict: true })
    const at = world.now + 10
    world.turn(drain, submit("a"), submit("b", { notBefore: at }))
    expect(explain(world.queue, "b", at)?.reasons).toMatchObject([
      { _tag: "AdmissionClosed" },
      { _tag: "Behind", run: "a" }
    ])
  })

  it("is told that nobody admits runs, if so", () => {
    const world = under({})
    world.turn(drain, submit("a"))
    expect(why(world, "a")?.reasons).toEqual([{ _tag: "AdmissionClosed", since: world.now }])
    world.restart()
    expect(why(world, "a")).toMatchObject({ state: "launching", reasons: [] })
  })
})

describe("a run that does not wait", () => {
  it("needs no reason", () => {
    const world = under({ maxConcurrentRuns: 1 })
    world.turn(submit("a"), submit("b"))
    expect(why(world, "a")).toEqual({ run: "a", state: "launching", waiting: 1, policy: 1, reasons: [] })
    world.turn(ended("a"))
    expect(why(world, "a")).toEqual({ run: "a", state: "succeeded", waiting: 0, policy: 1, reasons: [] })
  })

  it("has no explanation where there is no such run", () => {
    expect(why(under({}), "nobody")).toBeUndefined()
  })
})

it("asking changes nothing: who asks twice hears the same", () => {
  const world = under({ maxConcurrentRuns: 1 })
  world.turn(submit("a"), submit("b"), submit("c", { notBefore: world.now + 10 }))
  world.now += 10
  const first = why(world, "b")
  why(world, "c")
  expect(why(world, "b")).toEqual(first)
})

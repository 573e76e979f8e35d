import { describe, expect, it } from "vitest"
import { settings } from "../../src/settings.ts"
import type { World } from "../simulation/World.ts"
import {
  admittedIn,
  cancel,
  drain,
  ended,
  rules,
  started,
  submit,
  tagged,
  under,
  unreachable
} from "./commands.ts"

const states = ({ queue }: World) =>
  Object.fromEntries(Array.from(queue.runs.values(), ({ id, state }) => [id, state]))

describe("a run that is submitted", () => {
  it("starts in the same turn if it fits", () => {
    const { turn } = under({ maxConcurrentRuns: 1 }).turn(submit("a"))
    expect(turn.events.map(({ type }) => type)).toEqual(["RunSubmitted", "RunQueued", "RunAdmitted"])
    expect(turn.events[2]?.data).toEqual({
      attempt: 1,
      decision: { place: 1, taken: [[1, 1]] },
      policy: 1,
      slots: ["runs"]
    })
  })

  it("waits while the limit on all runs is full, and starts in the very turn in which a slot is free", () => {
    const world = under({ maxConcurrentRuns: 2 })
    expect(admittedIn(world.turn(submit("a"), submit("b"), submit("c")))).toEqual(["a", "b"])
    expect(admittedIn(world.turn(started("a"), started("b")))).toEqual([])
    expect(admittedIn(world.turn(ended("b")))).toEqual(["c"])
  })

  it("starts as it comes where runs do not stand in line, whatever the limits", () => {
    const world = under({ mode: "immediate", maxConcurrentRuns: 0, tagLimits: [{ key: "team", limit: 0 }] })
    const { turn } = world.turn(submit("a", tagged("team", "red")))
    expect(turn.events.map(({ type }) => type)).toEqual(["RunSubmitted", "RunAdmitted"])
  })

  it("never starts under a limit of 0", () => {
    expect(admittedIn(under({ maxConcurrentRuns: 0 }).turn(submit("a")))).toEqual([])
    const world = under({ tagLimits: [{ key: "team", value: "red", limit: 0 }] })
    expect(admittedIn(world.turn(submit("a", tagged("team", "red")), submit("b")))).toEqual(["b"])
  })

  it("starts without bound where no limit is set", () => {
    const many = Array.from({ length: 50 }, (_, index) => submit(`r${index}`))
    expect(admittedIn(under({ maxConcurrentRuns: null }).turn(...many))).toHaveLength(50)
  })

  it("is still being counted while it is stopped", () => {
    const world = under({ maxConcurrentRuns: 1 })
    world.turn(submit("a"), submit("b"))
    expect(admittedIn(world.turn(cancel("a")))).toEqual([])
    expect(admittedIn(world.turn(ended("a", { _tag: "Terminated", message: "stopped" })))).toEqual(["b"])
  })
})

describe("a limit on a tag", () => {
  it("counts all that carry the tag, together", () => {
    const world = under({ tagLimits: [{ key: "db", limit: 1 }] })
    expect(
      admittedIn(world.turn(submit("a", tagged("db", "x")), submit("b", tagged("db", "y")), submit("c")))
    ).toEqual(["a", "c"])
  })

  it("counts those of one value alone", () => {
    const world = under({ tagLimits: [{ key: "db", value: "x", limit: 1 }] })
    const runs = ["x", "x", "y", "y"].map((value, index) => submit(`${value}${index}`, tagged("db", value)))
    expect(admittedIn(world.turn(...runs))).toEqual(["x0", "y2", "y3"])
  })

  it("counts each value apart", () => {
    const world = under({ tagLimits: [{ key: "db", each: true, limit: 1 }] })
    const runs = ["x", "x", "y", "y"].map((value, index) => submit(`${value}${index}`, tagged("db", value)))
    expect(admittedIn(world.turn(...runs))).toEqual(["x0", "y2"])
    expect(admittedIn(world.turn(ended("x0")))).toEqual(["x1"])
  })

  it("holds beside all others: a run starts only with room under every one", () => {
    const world = under({
      maxConcurrentRuns: 3,
      tagLimits: [
        { key: "db", limit: 2 },
        { key: "db", value: "x", limit: 1 },
        { key: "team", each: true, limit: 1 }
      ]
    })
    const moment = world.turn(
      submit("a", { tags: { db: "x", team: "red" } }),
      submit("x is full", { tags: { db: "x", team: "blue" } }),
      submit("red is full", { tags: { db: "y", team: "red" } }),
      submit("b", { tags: { db: "y", team: "blue" } }),
      submit("db is full", { tags: { db: "y", team: "green" } }),
      submit("c"),
      submit("all are full")
    )
    expect(admittedIn(moment)).toEqual(["a", "b", "c"])
  })

  it("tells runs apart whatever stands in their tags", () => {
    const world = under({
      tagLimits: [
        { key: "a", each: true, limit: 1 },
        { key: "b", limit: 1 },
        { key: "a=x", limit: 3 }
      ]
    })
    const moment = world.turn(
      submit("r1", { tags: { a: "x", b: "" } }),
      submit("r2", { tags: { a: "x\ntag:b" } }),
      submit("r3", { tags: { a: "x=y", "a=x": "y" } }),
      submit("r4", { tags: { "a=x": "y" } })
    )
    expect(admittedIn(moment)).toEqual(["r1", "r2", "r3", "r4"])
  })
})

describe("a run that is blocked", () => {
  it("does not block those behind it", () => {
    const world = under({ tagLimits: [{ key: "db", limit: 1 }] })
    world.turn(submit("a", tagged("db", "x")))
    expect(admittedIn(world.turn(submit("b", { priority: 9, ...tagged("db", "x") }), submit("c")))).toEqual([
      "c"
    ])
  })

  it("uses up nothing of the limits that have room for it", () => {
    const world = under({
      maxConcurrentRuns: 2,
      tagLimits: [
        { key: "db", limit: 0 },
        { key: "team", limit: 1 }
      ]
    })
    const blocked = { priority: 9, tags: { db: "x", team: "red" } }
    expect(
      admittedIn(world.turn(submit("blocked", blocked), submit("a", tagged("team", "red")), submit("b")))
    ).toEqual(["a", "b"])
  })

  it("is passed over only as long as it is blocked: then it goes before those behind it", () => {
    const world = under({ maxConcurrentRuns: 2, tagLimits: [{ key: "db", limit: 1 }] })
    world.turn(submit("a", tagged("db", "x")), submit("b", tagged("db", "x")), submit("c"), submit("d"))
    expect(states(world)).toEqual({ a: "launching", b: "queued", c: "launching", d: "queued" })
    expect(admittedIn(world.turn(ended("a")))).toEqual(["b"])
  })
})

describe("a run with a time before which it must not start", () => {
  it("waits for it, and starts at it", () => {
    const world = under({})
    const { now } = world
    expect(admittedIn(world.turn(submit("a", { notBefore: now + 10 })))).toEqual([])
    expect(world.queue.wakesAt).toBe(now + 10)
    world.now = now + 9
    expect(admittedIn(world.turn())).toEqual([])
    world.now = now + 10
    expect(admittedIn(world.turn())).toEqual(["a"])
  })

  it("holds nobody back meanwhile, and then takes the place that its priority gives it", () => {
    const world = under({ maxConcurrentRuns: 1 })
    world.turn(submit("late", { priority: 9, notBefore: world.now + 10 }), submit("a"), submit("b"))
    expect(states(world)).toMatchObject({ late: "queued", a: "launching", b: "queued" })
    world.now += 10
    expect(admittedIn(world.turn(ended("a")))).toEqual(["late"])
  })

  it("waits for it still where the clock was set back while another limit blocked it", () => {
    const world = under({ maxConcurrentRuns: 1 })
    world.turn(submit("a"), submit("b", { notBefore: world.now + 10 }))
    world.now += 10
    world.turn()
    world.now -= 5
    expect(admittedIn(world.turn(ended("a")))).toEqual([])
    world.now += 5
    expect(admittedIn(world.turn())).toEqual(["b"])
  })

  it("can be canceled before it has come", () => {
    const world = under({})
    world.turn(submit("a", { notBefore: world.now + 10 }))
    world.turn(cancel("a"))
    world.now += 10
    expect([admittedIn(world.turn()), world.queue.wakesAt]).toEqual([[], undefined])
  })
})

describe("a run whose launcher could not be reached", () => {
  it("gives its slot to others, waits a while, and keeps its place among those that wait", () => {
    const world = under({ maxConcurrentRuns: 1 })
    world.turn(submit("a"), submit("b"), submit("c"))
    expect(admittedIn(world.turn(ended("a", unreachable)))).toEqual(["b"])
    world.now += settings.launchRetryDelayMs
    expect(admittedIn(world.turn(ended("b")))).toEqual(["a"])
    expect(world.queue.run("a")).toMatchObject({ state: "launching", attempt: 2 })
  })
})

describe("a change of policy", () => {
  const tenRuns = Array.from({ length: 10 }, (_, index) =>
    submit(`r${index}`, tagged("n", String(index % 2)))
  )

  it("that raises a limit lets in at once whoever fits now, in order", () => {
    const world = under({ maxConcurrentRuns: 2 })
    world.turn(...tenRuns)
    expect(admittedIn(world.turn(rules({ maxConcurrentRuns: 5 })))).toEqual(["r2", "r3", "r4"])
  })

  it("that lowers a limit revokes nothing that runs; no other starts until there is room", () => {
    const world = under({ maxConcurrentRuns: 3 })
    world.turn(...tenRuns)
    expect(admittedIn(world.turn(rules({ maxConcurrentRuns: 1 })))).toEqual([])
    expect(Object.values(states(world)).filter((state) => state === "launching")).toHaveLength(3)
    expect(["r0", "r1", "r2"].map((run) => admittedIn(world.turn(ended(run))))).toEqual([[], [], ["r3"]])
  })

  it("that sets a new limit counts the runs that are in progress already", () => {
    const world = under({ maxConcurrentRuns: 3 })
    world.turn(...tenRuns)
    world.turn(rules({ maxConcurrentRuns: 10, tagLimits: [{ key: "n", value: "0", limit: 3 }] }))
    // r0 and r2 run; of the even ones only r4 fits beside them.
    expect([...world.queue.slots.holders("tag:n=0")]).toEqual(["r0", "r2", "r4"])
    expect(world.queue.slots.holders("runs").size).toBe(8)
  })

  it("that drops a limit lets go those whom it held back", () => {
    const world = under({ tagLimits: [{ key: "n", limit: 1 }] })
    world.turn(...tenRuns)
    expect(admittedIn(world.turn(rules({})))).toHaveLength(9)
  })

  it("that names another order puts all that wait in that order", () => {
    const world = under({ maxConcurrentRuns: 1 }, { newest: (a, b) => b.order - a.order })
    world.turn(...tenRuns)
    world.turn(rules({ maxConcurrentRuns: 1, order: "newest" }))
    expect(admittedIn(world.turn(ended("r0")))).toEqual(["r9"])
  })

  it("is named, by its number, in each admission under it", () => {
    const world = under({ maxConcurrentRuns: 1 })
    world.turn(...tenRuns.slice(0, 1))
    const { turn } = world.turn(rules({ maxConcurrentRuns: 2 }), ...tenRuns.slice(1, 2))
    const numbers = world.log.flatMap((event) => (event.type === "RunAdmitted" ? [event.data.policy] : []))
    expect([numbers, turn.events[0]?.data]).toEqual([[1, 2], expect.objectContaining({ number: 2 })])
  })
})

describe("a coordinator that is draining, or that only takes commands for a later one", () => {
  it("admits nothing, but records what it is asked and follows what runs", () => {
    const world = under({ maxConcurrentRuns: 1 })
    world.turn(submit("a"), submit("b"))
    world.turn(drain)
    expect(admittedIn(world.turn(ended("a"), submit("c")))).toEqual([])
    expect(states(world)).toEqual({ a: "succeeded", b: "queued", c: "queued" })
    expect(admittedIn(world.restart(false))).toEqual([])
  })

  it("leaves the line as it is to the next one", () => {
    const world = under({ maxConcurrentRuns: 1 })
    world.turn(drain, submit("a"), submit("b", { priority: 1 }))
    expect(admittedIn(world.restart())).toEqual(["b"])
  })

  it("need not be woken for runs that it will not admit", () => {
    const world = under({})
    world.turn(drain, submit("a", { notBefore: world.now + 10 }))
    expect(world.queue.wakesAt).toBeUndefined()
  })
})

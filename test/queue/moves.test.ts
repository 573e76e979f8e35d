import { describe, expect, it } from "vitest"
import { explain } from "../../src/queue/explain.ts"
import { contents } from "../../src/queue/RunQueue.ts"
import { fold, type World } from "../simulation/World.ts"
import {
  admittedIn,
  cancel,
  ended,
  factsOf,
  hold,
  letGo,
  lineOf,
  rules,
  setPriority,
  statesOf,
  submit,
  toTop,
  under,
  unreachable
} from "./commands.ts"

/** One runs, and these wait behind it. */
const waiting = (...runs: ReadonlyArray<string>): World => {
  const world = under({ maxConcurrentRuns: 1 }, { newest: (a, b) => b.order - a.order })
  world.turn(submit("busy"), ...runs.map((run) => submit(run)))
  return world
}

describe("another priority", () => {
  it("is another place in line, among equals by age", () => {
    const world = waiting("a", "b", "c")
    world.turn(setPriority("c", 1), setPriority("a", -1))
    expect(lineOf(world)).toEqual(["c", "b", "a"])
    world.turn(setPriority("b", 1))
    expect(lineOf(world)).toEqual(["b", "c", "a"])
    expect(admittedIn(world.turn(ended("busy")))).toEqual(["b"])
  })

  it("counts in the very turn in which a slot becomes free", () => {
    const world = waiting("a", "b")
    expect(admittedIn(world.turn(ended("busy"), setPriority("b", 1)))).toEqual(["b"])
  })

  it("holds for the next attempt, too", () => {
    const world = under({ maxConcurrentRuns: 0 })
    world.turn(submit("a"), setPriority("a", 5))
    world.turn(rules({ maxConcurrentRuns: 1 }))
    world.turn(submit("b", { priority: 4 }), ended("a", unreachable))
    expect(world.queue.run("a")).toMatchObject({ priority: 5, attempt: 1, state: "queued" })
  })
})

describe("a run that is moved to the top", () => {
  it("goes before all others, whatever their priority; the last one that was moved first", () => {
    const world = waiting("a", "b", "c")
    world.turn(setPriority("a", 1_000_000), toTop("b"))
    world.turn(toTop("c"))
    expect(lineOf(world)).toEqual(["c", "b", "a"])
    world.turn(toTop("b"))
    expect(lineOf(world)).toEqual(["b", "c", "a"])
    expect(admittedIn(world.turn(ended("busy")))).toEqual(["b"])
  })

  it("goes before all others in any order that a policy names, and over a restart", () => {
    const world = waiting("a", "b", "c")
    world.turn(toTop("b"))
    world.turn(rules({ maxConcurrentRuns: 1, order: "newest" }))
    expect(lineOf(world)).toEqual(["b", "c", "a"])
    world.restart()
    expect(lineOf(world)).toEqual(["b", "c", "a"])
  })

  it("starts no sooner than its limits let it, and holds nobody back meanwhile", () => {
    const world = under({ tagLimits: [{ key: "db", limit: 0 }] })
    world.turn(submit("a", { tags: { db: "x" } }))
    world.turn(toTop("a"))
    expect(admittedIn(world.turn(submit("b")))).toEqual(["b"])
  })
})

describe("a run that is held", () => {
  it("is not admitted though there is room, holds nobody back, and keeps its place", () => {
    const world = waiting("a", "b", "c")
    world.turn(hold("a"))
    expect(admittedIn(world.turn(ended("busy")))).toEqual(["b"])
    expect(lineOf(world)).toEqual(["a", "c"])
    world.turn(letGo("a"))
    expect(admittedIn(world.turn(ended("b")))).toEqual(["a"])
  })

  it("starts in the very turn in which it is released, if there is room", () => {
    const world = under({})
    world.turn(submit("a"), hold("a"))
    world.now += 1e9
    expect(admittedIn(world.turn())).toEqual([])
    expect(factsOf(world.turn(letGo("a")))).toEqual(["RunReleased a", "RunAdmitted a"])
  })

  it("can be moved and canceled all the same", () => {
    const world = waiting("a", "b")
    world.turn(hold("a"), hold("b"))
    world.turn(setPriority("b", 1))
    expect(lineOf(world)).toEqual(["b", "a"])
    world.turn(toTop("a"), cancel("b"))
    expect([lineOf(world), admittedIn(world.turn(ended("busy")))]).toEqual([["a"], []])
    expect(admittedIn(world.turn(letGo("a")))).toEqual(["a"])
  })

  it("is held over a restart and under other rules", () => {
    const world = waiting("a")
    world.turn(hold("a"))
    world.turn(rules({}))
    expect(contents(fold(world.log))).toEqual(contents(world.queue))
    world.restart()
    expect(statesOf(world)).toMatchObject({ a: "queued" })
  })

  it("waits for its time, too: the coordinator is woken for it only once it is released", () => {
    const world = under({})
    world.turn(submit("a", { notBefore: world.now + 10 }), hold("a"))
    expect(world.queue.wakesAt).toBeUndefined()
    world.turn(letGo("a"))
    expect(world.queue.wakesAt).toBe(world.now + 10)
    world.now += 10
    expect(admittedIn(world.turn())).toEqual(["a"])
  })

  it("is told who holds it, and why", () => {
    const world = under({})
    world.turn(submit("a"), hold("a"))
    expect(explain(world.queue, "a", world.now)?.reasons).toEqual([
      { _tag: "Held", by: "ann", reason: "outage", since: world.now }
    ])
  })
})

import { describe, expect, it } from "vitest"
import type { World } from "../simulation/World.ts"
import { cancel, ended, rules, started, submit, under } from "./commands.ts"

const timeouts = { startMs: 1_000, runtimeMs: 5_000, cancelMs: 2_000 }

/** Lets so much time pass, and a turn happen; tells what befell whom. */
const later = (world: World, ms: number): ReadonlyArray<string> => {
  world.now += ms
  return world.turn().turn.events.map(({ type, run }) => `${type} ${run}`)
}

describe("a run that is not launched in time", () => {
  it("is stopped at its limit and not a moment before, and fails once it is gone", () => {
    const world = under({ timeouts })
    world.turn(submit("a"))
    expect(later(world, 999)).toEqual([])
    expect(later(world, 1)).toEqual(["RunCancelRequested a"])
    world.turn(ended("a", { _tag: "Terminated", message: "stopped" }))
    expect(world.queue.run("a").end).toMatchObject({
      state: "failed",
      cause: { _tag: "StartTimeout", limitMs: 1_000 }
    })
  })
})

describe("a run that runs for too long", () => {
  it("is stopped, holds its slots until it is gone, and fails", () => {
    const world = under({ maxConcurrentRuns: 1, timeouts })
    world.turn(submit("a"), submit("b"))
    world.turn(started("a"))
    expect(later(world, 5_000)).toEqual(["RunCancelRequested a"])
    expect(later(world, 1_999)).toEqual([])
    expect(later(world, 1)).toEqual(["RunFailed a", "RunAdmitted b"])
    expect(world.queue.run("a").end).toMatchObject({ state: "failed", cause: { _tag: "RuntimeExceeded" } })
  })

  it("goes by its own limit, where it names one", () => {
    const world = under({ timeouts })
    world.turn(submit("a", { maxRuntimeMs: 10 }))
    world.turn(started("a"))
    expect(later(world, 10)).toEqual(["RunCancelRequested a"])
  })
})

describe("a run that does not stop when asked", () => {
  it("is canceled without its worker's word", () => {
    const world = under({ timeouts })
    world.turn(submit("a"))
    world.turn(cancel("a"))
    expect(later(world, 2_000)).toEqual(["RunCanceled a"])
  })
})

describe("time", () => {
  it("decides about several runs in the order of their deadlines", () => {
    const world = under({ timeouts })
    world.turn(submit("slow"))
    world.turn(started("slow"))
    world.now += 4_500
    world.turn(submit("new"), submit("newer"))
    expect(later(world, 9_000)).toEqual([
      "RunCancelRequested slow",
      "RunCancelRequested new",
      "RunCancelRequested newer"
    ])
  })

  it("waits for a run that waits, however long", () => {
    const world = under({ maxConcurrentRuns: 0, timeouts })
    world.turn(submit("a"))
    expect(later(world, 1e9)).toEqual([])
    expect(world.queue.wakesAt).toBeUndefined()
  })

  it("tells when it will next decide something", () => {
    const world = under({ timeouts })
    world.turn(submit("a"), submit("b", { notBefore: world.now + 300 }))
    expect(world.queue.wakesAt).toBe(world.now + 300)
    world.turn(cancel("b"))
    expect(world.queue.wakesAt).toBe(world.now + 1_000)
    world.turn(started("a"))
    expect(world.queue.wakesAt).toBe(world.now + 5_000)
    world.turn(ended("a"))
    expect(world.queue.wakesAt).toBeUndefined()
  })

  it("goes by the limits that were in force when the run was submitted", () => {
    const world = under({ timeouts })
    world.turn(submit("a"))
    world.turn(rules({ timeouts: { startMs: 1, runtimeMs: 1, cancelMs: 1 } }))
    expect(later(world, 999)).toEqual([])
    expect(later(world, 1)).toEqual(["RunCancelRequested a"])
  })

  it("gives up on no launch that has time without limit", () => {
    const world = under({ timeouts: { startMs: null, runtimeMs: null, cancelMs: null } })
    world.turn(submit("a"))
    expect([later(world, 1e12), world.queue.wakesAt]).toEqual([[], undefined])
  })

  it("goes on counting over a restart", () => {
    const world = under({ timeouts })
    world.turn(submit("a"))
    world.now += 999
    world.restart()
    expect(later(world, 1)).toEqual(["RunCancelRequested a"])
  })
})

import { describe, expect, it } from "vitest"
import { durationsOf } from "../../src/history/durations.ts"
import { estimate, random } from "../../src/history/estimate.ts"
import { contents } from "../../src/queue/RunQueue.ts"
import { settings } from "../../src/settings.ts"
import { drain, ended, hold, pause, rules, submit, under } from "../queue/commands.ts"
import type { World } from "../simulation/World.ts"
import { passDay, shareWithin } from "./traffic.ts"

const guess = ({ queue, now }: World, run: string) => estimate(queue, run, now, 1)

/** A world in which runs of these jobs took so long, one after the other. */
const worldAfter = (
  took: ReadonlyArray<readonly [job: string, ms: number]>,
  policy = { maxConcurrentRuns: 1 }
) => {
  const world = under(policy)
  for (const [nth, [job, ms]] of took.entries()) {
    world.turn(submit(`past${nth}`, { job }))
    world.now += ms
    world.turn(ended(`past${nth}`))
  }
  return world
}

describe("the range of a start", () => {
  it("is where those ahead end, if they take as long as others of their job took", () => {
    const world = worldAfter([
      ["load", 1_000],
      ["train", 60_000]
    ])
    world.turn(submit("a", { job: "load" }), submit("b", { job: "train" }), submit("c", { job: "load" }))
    expect(guess(world, "c")).toMatchObject({
      _tag: "Between",
      from: world.now + 61_000,
      to: world.now + 61_000,
      basis: 2
    })
  })

  it("takes into account how long a run has been on, and that none took longer", () => {
    const world = worldAfter([
      ["load", 1_000],
      ["load", 9_000]
    ])
    world.turn(submit("a", { job: "load" }), submit("b"))
    world.now += 4_000
    expect(guess(world, "b")).toMatchObject({ from: world.now + 5_000, to: world.now + 5_000 })
    world.now += 6_000
    const told = guess(world, "b")
    expect(told).toHaveProperty(
      "from",
      expect.toSatisfy((at: number) => at > world.now)
    )
    expect(told).toHaveProperty(
      "to",
      expect.toSatisfy((at: number) => at <= world.now + 10_000)
    )
  })

  it("says so where it has to draw from other jobs, and counts only what it draws from", () => {
    const world = worldAfter([
      ["load", 1_000],
      ["train", 5_000]
    ])
    world.turn(submit("a", { job: "load" }), submit("b"))
    expect(guess(world, "b")).toMatchObject({ _tag: "Between", basis: 1 })
    expect(guess(world, "b")).not.toHaveProperty("guesses")
    world.turn(submit("c", { job: "new", priority: 1 }))
    expect(guess(world, "b")).toMatchObject({ _tag: "Between", basis: 2, guesses: true })
  })

  it("heeds limits, moments and more urgent runs as admission does", () => {
    const world = worldAfter([["load", 1_000]], { maxConcurrentRuns: 2 })
    const at = world.now + 60_000
    world.turn(submit("a", { job: "load", notBefore: at }))
    expect(guess(world, "a")).toMatchObject({ from: at, to: at })
    world.turn(pause({ _tag: "Queue" }, at + 5_000))
    expect(guess(world, "a")).toMatchObject({ from: at + 5_000, to: at + 5_000 })
  })

  it("is the same for the same seed, and asking changes nothing", () => {
    const world = worldAfter(Array.from({ length: 20 }, (_, at) => ["load", 1_000 * at] as const))
    world.turn(...["a", "b", "c", "d"].map((id) => submit(id, { job: "load" })))
    const before = contents(world.queue)
    expect(guess(world, "d")).toEqual(guess(world, "d"))
    expect(contents(world.queue)).toEqual(before)
  })
})

describe("there is no range", () => {
  it("before any run has finished", () => {
    const world = under({ maxConcurrentRuns: 1 })
    world.turn(submit("a"), submit("b"))
    expect(guess(world, "b")).toEqual({ _tag: "NoHistory" })
  })

  it.each([
    ["it is held", (world: World) => world.turn(hold("b"))],
    ["it is paused until someone resumes it", (world: World) => world.turn(pause({ _tag: "Queue" }))],
    ["nobody coordinates", (world: World) => world.turn(drain)],
    ["the limit has no slots", (world: World) => world.turn(rules({ maxConcurrentRuns: 0 }))]
  ])("where %s", (_, happens) => {
    const world = worldAfter([["work", 1_000]])
    world.turn(submit("a"), submit("b"))
    happens(world)
    expect(guess(world, "b")).toEqual({ _tag: "NotByItself" })
  })

  it("where its longest wait passes first", () => {
    const world = worldAfter([["work", 1_000]])
    world.turn(submit("a"), submit("b", { maxQueuedMs: 10 }))
    expect(guess(world, "b")).toEqual({ _tag: "NotByItself" })
  })

  it("where too many are ahead of it", () => {
    const world = worldAfter([["work", 1_000]])
    const max = settings.aheadEstimatedMax
    world.turn(...Array.from({ length: max + 3 }, (_, at) => submit(`r${at}`)))
    expect(guess(world, `r${max + 2}`)).toEqual({ _tag: "TooFarBack", ahead: max + 1, max })
    expect(guess(world, "r5")).toMatchObject({ _tag: "Between" })
  })

  it("where it does not wait, or is not there", () => {
    const world = worldAfter([["work", 1_000]])
    world.turn(submit("a"))
    expect(guess(world, "a")).toBeUndefined()
    expect(guess(world, "nobody")).toBeUndefined()
  })
})

describe("what runs took", () => {
  it("is kept of the last ones of each job; of runs without one, of each command", () => {
    const world = under({ maxConcurrentRuns: null })
    const many = settings.durationsKept + 50
    for (let nth = 0; nth < 2 * many; nth++) {
      world.turn(submit(`r${nth}`))
      world.now += nth
      world.turn(ended(`r${nth}`))
    }
    world.turn({ _tag: "SubmitRun", spec: { id: "x", command: ["ls"] } }, submit("never started", {}))
    world.turn(ended("x"))
    const { byKind, all } = durationsOf(world.queue)
    expect(byKind.get("work")).toEqual(
      Array.from({ length: settings.durationsKept }, (_, at) => 2 * many - settings.durationsKept + at)
    )
    expect(byKind.get('["ls"]')).toEqual([0])
    expect(all).toHaveLength(settings.durationsKept + 1)
  })
})

it("the numbers drawn are spread evenly, and are the same for a seed", () => {
  const draws = Array.from({ length: 10_000 }, random(7))
  expect(draws).toEqual(Array.from({ length: 10_000 }, random(7)))
  expect(draws.reduce((sum, one) => sum + one, 0) / draws.length).toBeCloseTo(0.5, 2)
  expect(new Set(draws.map((one) => Math.floor(one * 10))).size).toBe(10)
})

describe("of runs that were given a range of 8 times in 10", () => {
  const days = [
    { everyMs: 90_000, policy: { maxConcurrentRuns: 4 } },
    { everyMs: 75_000, policy: { maxConcurrentRuns: 4 } },
    { everyMs: 150_000, policy: { maxConcurrentRuns: 2 } }
  ]
  const judgedWith = (urgent: number) =>
    days.flatMap((day) => [1, 2].flatMap((seed) => passDay({ ...day, runs: 200, seed, urgent })))

  it("more than six in ten start within it, and not so many that it says nothing, first come first served", () => {
    const judged = judgedWith(0)
    expect(judged.length).toBeGreaterThan(100)
    expect(shareWithin(judged)).toBeGreaterThan(0.6)
    expect(shareWithin(judged)).toBeLessThan(0.95)
  })

  it("fewer do where one in five goes before those that came earlier: what is yet to come is not foreseen", () => {
    const judged = judgedWith(0.2)
    expect(shareWithin(judged)).toBeGreaterThan(0.5)
    expect(shareWithin(judged)).toBeLessThan(0.8)
  })
})

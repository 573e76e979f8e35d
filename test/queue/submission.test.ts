import * as Result from "effect/Result"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Reply } from "../../src/queue/turn.ts"
import { settings } from "../../src/settings.ts"
import {
  admittedIn,
  cancel,
  ended,
  exited,
  factsOf,
  hold,
  lineOf,
  retrying,
  rules,
  started,
  statesOf,
  submit,
  under,
  unreachable
} from "./commands.ts"

describe("a queue that is as long as it may be", () => {
  it("refuses another run, and says how many wait", () => {
    const world = under({ maxConcurrentRuns: 1, maxQueuedRuns: 2 })
    for (const run of ["a", "b", "c"]) world.turn(submit(run))
    const { replies, events } = world.turn(submit("d")).turn
    const refusal = { _tag: "QueueFull", command: "SubmitRun", run: "d", waiting: 2, max: 2 } as const
    expect([replies, events]).toEqual([[Result.fail(refusal)], []])
  })

  it("takes one again as soon as one has left it", () => {
    for (const leave of [cancel("b"), ended("a")]) {
      const world = under({ maxConcurrentRuns: 1, maxQueuedRuns: 1 })
      for (const run of ["a", "b", "c"]) world.turn(submit(run))
      world.turn(leave)
      expect(world.turn(submit("d")).turn.replies.map(Result.isSuccess)).toEqual([true])
    }
  })

  it("takes one that has made its own room", () => {
    const world = under({ maxConcurrentRuns: 0, maxQueuedRuns: 1 })
    const unique = { key: "nightly", collision: "replace" } as const
    world.turn(submit("a", { unique }))
    expect(factsOf(world.turn(submit("b", { unique })))).toEqual([
      "RunCanceled a",
      "RunSubmitted b",
      "RunQueued b"
    ])
    expect(world.turn(submit("c")).turn.replies.map(Result.isFailure)).toEqual([true])
  })

  it("that refuses a run leaves in their places those that were to make room for it", () => {
    const world = under({ maxConcurrentRuns: 1, maxQueuedRuns: 1 })
    const unique = { key: "nightly", collision: "cancel" } as const
    world.turn(submit("a", { unique }))
    world.turn(submit("b"))
    expect(factsOf(world.turn(submit("c", { unique })))).toEqual([])
    expect(statesOf(world)).toEqual({ a: "launching", b: "queued" })
  })

  it("throws nobody out, and takes back what the rules themselves put in line", () => {
    const world = under({ maxConcurrentRuns: 2, maxQueuedRuns: 1, ...retrying({ runs: 1 }) })
    world.turn(submit("a"))
    world.turn(submit("b"))
    world.turn(submit("c"))
    world.turn(rules({ maxConcurrentRuns: 0, maxQueuedRuns: 0 }))
    world.turn(ended("a", unreachable), started("b"), ended("b", exited))
    expect(lineOf(world)).toEqual(["a", "c", "b-retry1"])
  })
})

describe("what comes to a bounded queue in one turn", () => {
  const runs = fc.array(
    fc.record(
      { priority: fc.integer({ min: -1, max: 1 }), notBefore: fc.constantFrom(0, 2_000_000) },
      { requiredKeys: [] }
    ),
    { maxLength: 12 }
  )

  it("is refused only where it would be if each came in a turn of its own", () => {
    fc.assert(
      fc.property(runs, fc.nat(4), fc.nat(4), (specs, maxConcurrentRuns, maxQueuedRuns) => {
        const policy = { maxConcurrentRuns, maxQueuedRuns }
        const commands = specs.map((spec, at) => submit(`r${at}`, spec))
        const refusals = (replies: ReadonlyArray<Reply>) => replies.map(Result.isFailure)
        const alone = under(policy)
        const one = commands.flatMap((command) => refusals(alone.turn(command).turn.replies))
        expect(refusals(under(policy).turn(...commands).turn.replies)).toEqual(one)
      })
    )
  })

  it("stands in line by priority as far as there is room, and only then is let in", () => {
    const world = under({ maxConcurrentRuns: 1, maxQueuedRuns: 2 })
    const burst = world.turn(
      submit("low"),
      submit("high", { priority: 1 }),
      submit("more"),
      submit("too many")
    )
    expect(admittedIn(burst)).toEqual(["high"])
    expect(burst.turn.replies.map(Result.isFailure)).toEqual([false, false, false, true])
  })
})

describe("a run that waits for longer than it may", () => {
  const timeouts = { startMs: null, runtimeMs: null, cancelMs: null, queueMs: 1_000 }

  it("fails at that very moment, held or not", () => {
    const world = under({ maxConcurrentRuns: 0, timeouts })
    world.turn(submit("a"), submit("b"), hold("b"))
    expect(world.queue.wakesAt).toBe(world.now + 1_000)
    world.now += 999
    expect(factsOf(world.turn())).toEqual([])
    world.now += 1
    expect(factsOf(world.turn())).toEqual(["RunFailed a", "RunFailed b"])
    expect(world.queue.run("a").end).toEqual({
      state: "failed",
      cause: { _tag: "QueueTimeout", limitMs: 1_000 }
    })
  })

  it("goes by its own limit, where it names one, before that of all", () => {
    const world = under({ maxConcurrentRuns: 0, timeouts })
    world.turn(submit("short", { maxQueuedMs: 10 }), submit("long", { maxQueuedMs: 5_000 }), submit("usual"))
    const failed = [10, 990, 4_000].map((ms) => {
      world.now += ms
      return factsOf(world.turn())
    })
    expect(failed).toEqual([["RunFailed short"], ["RunFailed usual"], ["RunFailed long"]])
  })

  it("is none that goes by no limit, its own or that of all", () => {
    const world = under({ maxConcurrentRuns: 0 })
    world.turn(submit("a", { maxQueuedMs: 10 }), submit("b"))
    world.now += 1e9
    expect(factsOf(world.turn())).toEqual(["RunFailed a"])
    expect(world.queue.run("b").timeouts).not.toHaveProperty("queueMs")
  })

  it("does not wait before its time: that counts from when it might start", () => {
    const world = under({ maxConcurrentRuns: 0, timeouts })
    world.turn(submit("a", { notBefore: world.now + 500 }))
    expect(world.queue.wakesAt).toBe(world.now + 500)
    world.now += 1_499
    expect(factsOf(world.turn())).toEqual([])
    world.now += 1
    expect(factsOf(world.turn())).toEqual(["RunFailed a"])
  })

  it("waits anew where it is back in line, whether it has a location or not", () => {
    for (const tags of [{}, { "dagster/code_location": "east" }]) {
      const world = under({ timeouts, ...retrying({ launches: 1, launchDelayMs: 500 }) })
      world.turn(submit("a", { tags }))
      world.now += 5_000
      world.turn(ended("a", unreachable))
      expect(statesOf(world)).toEqual({ a: "queued" })
      world.now += 500
      expect(admittedIn(world.turn())).toEqual(["a"])
    }
  })

  it("starts rather than fails where it gets its slot in time", () => {
    const world = under({ maxConcurrentRuns: 1, timeouts })
    world.turn(submit("a"), submit("b"))
    world.now += 999
    expect(admittedIn(world.turn(ended("a")))).toEqual(["b"])
    world.now += 1e9
    expect(factsOf(world.turn())).toEqual([])
  })

  it("makes room in the queue", () => {
    const world = under({ maxConcurrentRuns: 0, maxQueuedRuns: 1, timeouts })
    world.turn(submit("a"))
    world.now += 1_000
    world.turn()
    expect(world.turn(submit("b")).turn.replies.map(Result.isSuccess)).toEqual([true])
  })
})

describe("a run that is done again", () => {
  it("has a name of its own, also where its first one's fills all the room", () => {
    const long = "x".repeat(125)
    const world = under(retrying({ runs: 2 }))
    world.turn(submit(long))
    world.turn(started(long), ended(long, exited))
    const [, first = ""] = [...world.queue.runs.keys()]
    expect(first).toMatch(/^x{80}-retry1-\d+$/)
    world.turn(started(first), ended(first, exited))
    const [, , second] = [...world.queue.runs.keys()]
    expect(second).toMatch(/^x{80}-retry2-\d+$/)
    expect(world.queue.run(second ?? "")).toMatchObject({ root: long, retry: 2, spec: { parent: first } })
  })

  it("has the name of its first one as long as there is room for it", () => {
    const fits = "x".repeat(settings.runIdLengthMax - "-retry1".length)
    for (const [root, name] of [
      [fits, `${fits}-retry1`],
      [`${fits}y`, expect.stringMatching(/^x{80}-retry1-\d+$/)]
    ]) {
      const world = under(retrying({ runs: 1 }))
      world.turn(submit(root))
      world.turn(started(root), ended(root, exited))
      expect([...world.queue.runs.keys()]).toEqual([root, name])
    }
  })

  it("has another name where someone has taken its own", () => {
    const world = under(retrying({ runs: 1 }))
    world.turn(submit("a"), submit("a-retry1"))
    world.turn(started("a"), ended("a", exited))
    expect(Object.keys(statesOf(world))).toEqual(["a", "a-retry1", expect.stringMatching(/^a-retry1-\d+$/)])
  })

  it("is nobody's wish: its submission names the rules, and the report that led to it", () => {
    const world = under(retrying({ runs: 1 }))
    world.turn(submit("a"))
    const { asked, turn } = world.turn(started("a"), ended("a", exited))
    const child = turn.events.find(({ type }) => type === "RunSubmitted")
    expect(child).toMatchObject({ actor: "signalbox", cause: asked[1]?.id, data: { root: "a", retry: 1 } })
  })

  it("is done again under the rules of its own time, not under those of its parent's", () => {
    const world = under(retrying({ runs: 1 }))
    world.turn(submit("a"))
    world.turn(rules({ ...retrying({ runs: 5, launches: 7 }), maxConcurrentRuns: 3 }))
    world.turn(started("a"), ended("a", exited))
    expect(world.queue.run("a").retries.runs).toBe(1)
    expect(world.queue.run("a-retry1").retries).toMatchObject({ runs: 5, launches: 7 })
  })

  it("is done again where time ended it, and belongs to the first of its kind", () => {
    const timeouts = { startMs: null, runtimeMs: 1_000, cancelMs: 500 }
    const world = under({ timeouts, ...retrying({ runs: 1, ofWork: false }) })
    world.turn(submit("first"), submit("a", { parent: "first" }), submit("lonely", { parent: "elsewhere" }))
    expect(["first", "a", "lonely"].map((run) => world.queue.run(run).root)).toEqual([
      "first",
      "first",
      "elsewhere"
    ])
    world.turn(started("first"))
    world.now += 1_000
    world.turn()
    world.now += 500
    // Two of its group there are already: by hand, and itself.
    expect(factsOf(world.turn())).toEqual(["RunFailed first"])
    world.turn(submit("b"))
    world.turn(started("b"))
    world.now += 1_000
    world.turn()
    expect(factsOf(world.turn(ended("b", exited)))).toContain("RunSubmitted b-retry1")
  })
})

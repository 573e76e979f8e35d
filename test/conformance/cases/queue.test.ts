/**
 * What Dagster's own suite asks of its queue, by the ids of the cases there.
 */
import * as Result from "effect/Result"
import { describe, expect, it } from "vitest"
import {
  admittedIn,
  cancel,
  ended,
  from,
  lineOf,
  refused,
  retrying,
  rules,
  started,
  statesOf,
  submit,
  tagged,
  under,
  unreachable
} from "../../queue/commands.ts"
import type { World } from "../../simulation/World.ts"

/** A world in which so many runs are in progress: launching, started, being stopped, in turn. */
const withInProgress = (count: number): World => {
  const world = under({ maxConcurrentRuns: null })
  for (let index = 0; index < count; index++) {
    const run = `busy${index}`
    world.turn(submit(run))
    if (index % 3 > 0) world.turn(started(run))
    if (index % 3 > 1) world.turn(cancel(run))
  }
  return world
}

const some = (count: number) => Array.from({ length: count }, (_, index) => submit(`r${index + 1}`))
const prio = (value: string) => ({ tags: { "dagster/priority": value } })

describe("the limit on all runs", () => {
  it.each([
    [0, 4],
    [1, 3],
    [5, 0]
  ])(
    "counts whatever is launching, started or being stopped: with %i of 4 in progress, %i start (QD-3)",
    (busy, room) => {
      const world = withInProgress(busy)
      expect(admittedIn(world.turn(rules({ maxConcurrentRuns: 4 }), ...some(5)))).toHaveLength(room)
    }
  )

  it("holds nobody back where there is none (QD-4, QX-2)", () => {
    const world = withInProgress(5)
    expect(admittedIn(world.turn(...some(6)))).toHaveLength(6)
    expect(admittedIn(under({ maxConcurrentRuns: null }).turn(...some(1)))).toEqual(["r1"])
  })

  it("lets nobody in where it is 0 (QX-1)", () => {
    expect(admittedIn(under({ maxConcurrentRuns: 0 }).turn(...some(3)))).toEqual([])
  })
})

describe("the order", () => {
  it("is by priority; no tag is 0, and -1 is below it (QD-5)", () => {
    const moment = under({}).turn(submit("d"), submit("l", prio("-1")), submit("h", prio("3")))
    expect(admittedIn(moment)).toEqual(["h", "d", "l"])
  })

  it("takes a priority that is no number for 0 (QD-6)", () => {
    expect(admittedIn(under({}).turn(submit("a", prio("foobar"))))).toEqual(["a"])
  })

  it("reads numbers as Python does: blanks and a sign are fine, a fraction is 0, size has no end (QX-7)", () => {
    const texts = ["1.5", "+3", " 3 ", "9999999999999999999", "2"]
    const moment = under({}).turn(...texts.map((text, index) => submit(`r${index}`, prio(text))))
    expect(admittedIn(moment).map((run) => texts[Number(run.slice(1))])).toEqual([
      "9999999999999999999",
      "+3",
      " 3 ",
      "2",
      "1.5"
    ])
  })

  it("is by age among equals: the two oldest of five take two places (QX-8)", () => {
    expect(admittedIn(under({ maxConcurrentRuns: 2 }).turn(...some(5)))).toEqual(["r1", "r2"])
  })

  it("lets the newest in first where its priority is higher (QX-9)", () => {
    const world = under({ maxConcurrentRuns: 1 })
    expect(admittedIn(world.turn(...some(4), submit("new", { priority: 5 })))).toEqual(["new"])
  })
})

describe("a limit on a tag", () => {
  const runs = (key: string, ...values: ReadonlyArray<string>) =>
    values.map((value, index) => submit(`${index + 1}`, tagged(key, value)))

  it("on one value counts that value alone (QD-7)", () => {
    const world = under({ tagLimits: [{ key: "database", value: "tiny", limit: 1 }] })
    expect(admittedIn(world.turn(...runs("database", "tiny", "tiny", "large")))).toEqual(["1", "3"])
    expect(lineOf(world)).toEqual(["2"])
  })

  it("on a key that does not count each value apart counts them together (QD-8)", () => {
    const world = under({ tagLimits: [{ key: "database", each: false, limit: 2 }] })
    expect(admittedIn(world.turn(...runs("database", "tiny", "tiny", "large")))).toEqual(["1", "2"])
    expect(lineOf(world)).toEqual(["3"])
  })

  it("holds beside another on another tag (QD-9)", () => {
    const world = under({
      tagLimits: [
        { key: "database", value: "tiny", limit: 1 },
        { key: "user", value: "johann", limit: 2 }
      ]
    })
    const moment = world.turn(
      submit("1", { tags: { database: "tiny", user: "johann" } }),
      submit("2", tagged("database", "tiny")),
      submit("3", tagged("user", "johann")),
      submit("4", tagged("user", "johann"))
    )
    expect([admittedIn(moment), lineOf(world)]).toEqual([
      ["1", "3"],
      ["2", "4"]
    ])
  })

  it("on a key holds beside one on a value of it (QD-10)", () => {
    const tagLimits = [
      { key: "foo", limit: 2 },
      { key: "foo", value: "bar", limit: 1 }
    ]
    const moment = under({ tagLimits }).turn(...runs("foo", "bar", "bar", "other", "other"))
    expect(admittedIn(moment)).toEqual(["1", "3"])
  })

  it("counts each value apart where it is told so, over several turns (QD-11)", () => {
    const world = under({ tagLimits: [{ key: "foo", each: true, limit: 1 }] })
    expect(admittedIn(world.turn(...runs("foo", "bar", "bar")))).toEqual(["1"])
    const others = [submit("3", tagged("foo", "other")), submit("4", tagged("foo", "other"))]
    expect(admittedIn(world.turn(...others))).toEqual(["3"])
  })

  it("on each value holds beside a tighter one on all (QD-12)", () => {
    const tagLimits = [
      { key: "foo", each: true, limit: 1 },
      { key: "foo", limit: 2 }
    ]
    const moment = under({ tagLimits }).turn(...runs("foo", "bar", "bar", "other", "other-2"))
    expect(admittedIn(moment)).toEqual(["1", "3"])
  })

  it("on each value holds beside one on a value (QD-13)", () => {
    const tagLimits = [
      { key: "foo", each: true, limit: 2 },
      { key: "foo", value: "bar", limit: 1 }
    ]
    const moment = under({ tagLimits }).turn(...runs("foo", "bar", "baz", "bar", "baz", "baz"))
    expect(admittedIn(moment)).toEqual(["1", "2", "4"])
  })

  it("is met whatever other tags a run carries before it (QD-18)", () => {
    const world = under({ maxConcurrentRuns: 2, tagLimits: [{ key: "test", limit: 1 }] })
    const tags = { "other-tag": "value", test: "value" }
    expect(admittedIn(world.turn(submit("1", { tags }), submit("2", { tags })))).toEqual(["1"])
  })

  it("goes to the run of the higher priority, whichever came first (QD-19)", () => {
    const world = under({ maxConcurrentRuns: 2, tagLimits: [{ key: "test", limit: 1 }] })
    const of = (priority: number) => ({ priority, ...tagged("test", "value") })
    expect(admittedIn(world.turn(submit("low", of(-100)), submit("high", of(100))))).toEqual(["high"])
  })

  it("is the last one of its form (QX-4)", () => {
    const tagLimits = [
      { key: "foo", limit: 1 },
      { key: "foo", limit: 3 }
    ]
    expect(admittedIn(under({ tagLimits }).turn(...runs("foo", "a", "b", "c", "d")))).toHaveLength(3)
  })

  it("can be on the empty value (QX-5)", () => {
    const world = under({ tagLimits: [{ key: "foo", value: "", limit: 1 }] })
    expect(admittedIn(world.turn(...runs("foo", "", "", "x")))).toEqual(["1", "3"])
  })

  it("does not count a run without the tag (QX-6)", () => {
    const world = under({ tagLimits: [{ key: "foo", limit: 1 }] })
    expect(admittedIn(world.turn(...some(3), submit("a", tagged("foo", "x"))))).toHaveLength(4)
  })

  it("has room for the second run where the first waits for its paused location (QX-11)", () => {
    const world = under({ tagLimits: [{ key: "k", limit: 1 }] })
    world.turn(submit("bad", from("x")))
    world.turn(ended("bad", unreachable), cancel("bad"))
    const tags = (location: string) => ({ tags: { k: "1", "dagster/code_location": location } })
    expect(admittedIn(world.turn(submit("1", tags("x")), submit("2", tags("y"))))).toEqual(["2"])
  })
})

describe("a run whose launch goes wrong", () => {
  it("fails, and does not keep the others from starting (QD-15)", () => {
    const world = under(retrying({ launches: 0 }))
    world.turn(submit("bad", from("east")), submit("good", from("east")), submit("bad code", from("east")))
    world.turn(ended("bad", refused), started("good"), ended("bad code", unreachable))
    expect(statesOf(world)).toEqual({ bad: "failed", good: "started", "bad code": "failed" })
  })

  it("is launched again as often as it may, and its location is left alone meanwhile (QD-16)", () => {
    const world = under(retrying({ launches: 2, launchDelayMs: 60_000 }))
    const begin = world.now
    const at = (seconds: number) => {
      world.now = begin + seconds * 1000
      return admittedIn(world.turn())
    }
    world.turn(submit("bad", from("east")), submit("good", from("east")), submit("code", from("east")))
    world.turn(ended("bad", refused), started("good"), ended("code", unreachable))
    expect(statesOf(world)).toEqual({ bad: "failed", good: "started", code: "queued" })
    const same = submit("good same", { ...from("east"), priority: 5 })
    expect(admittedIn(world.turn(same, submit("good other", from("west"))))).toEqual(["good other"])
    expect(at(10)).toEqual([])
    expect(lineOf(world)).toEqual(["good same", "code"])
    expect(at(131)).toEqual(["good same", "code"])
    world.turn(ended("code", unreachable, 2))
    expect(lineOf(world)).toEqual(["code"])
    expect(at(252)).toEqual(["code"])
    world.turn(ended("code", unreachable, 3))
    expect(world.queue.run("code").state).toBe("failed")
    expect(at(373)).toEqual([])
  })

  it("starts at last where its location has come back (QD-17)", () => {
    const world = under(retrying({ launches: 1, launchDelayMs: 5_000 }))
    world.turn(submit("code", from("east")))
    world.turn(ended("code", unreachable))
    expect(world.queue.run("code").state).toBe("queued")
    world.now += 6_000
    expect(admittedIn(world.turn())).toEqual(["code"])
    world.turn(started("code", 2), ended("code", undefined, 2))
    expect(world.queue.run("code").state).toBe("succeeded")
  })

  it("waits by itself where it has no location (QX-14)", () => {
    const world = under(retrying({ launches: 1, launchDelayMs: 5_000 }))
    world.turn(submit("a"))
    world.turn(ended("a", unreachable))
    expect([world.queue.run("a").state, world.queue.pauses.all]).toEqual(["queued", []])
    expect(admittedIn(world.turn(submit("b")))).toEqual(["b"])
    world.now += 5_000
    expect(admittedIn(world.turn())).toEqual(["a"])
  })

  it("keeps those of its location that come after it in the queue (QX-15)", () => {
    const world = under({ maxConcurrentRuns: 1, ...retrying({ launches: 1 }) })
    world.turn(...["1", "2", "3"].map((run) => submit(run, from("east"))))
    expect(admittedIn(world.turn(ended("1", unreachable)))).toEqual([])
    expect(lineOf(world)).toEqual(["1", "2", "3"])
  })

  it("that was canceled before its turn is not launched at all (QX-12)", () => {
    const world = under({ maxConcurrentRuns: 1 })
    world.turn(submit("a"), submit("b"))
    expect(admittedIn(world.turn(ended("a"), cancel("b")))).toEqual([])
    expect(world.queue.run("b").state).toBe("canceled")
  })
})

describe("a coordinator", () => {
  it("puts what is submitted in line and launches nothing itself (QC-4)", () => {
    const world = under({ maxConcurrentRuns: 0 })
    world.turn(submit("a"))
    expect([statesOf(world), world.launches]).toEqual([{ a: "queued" }, []])
  })

  it("cancels at once what waits, and knows nothing of what was never submitted (QC-6, QC-9)", () => {
    const world = under({ maxConcurrentRuns: 0 })
    world.turn(submit("a"))
    const { replies } = world.turn(cancel("a"), cancel("nobody")).turn
    expect([statesOf(world), replies.map(Result.isSuccess)]).toEqual([{ a: "canceled" }, [true, false]])
  })

  it("without a queue launches what is submitted as it comes (DC-1)", () => {
    const world = under({ mode: "immediate", maxConcurrentRuns: 0 })
    world.turn(submit("a"))
    expect([statesOf(world), world.launches]).toEqual([{ a: "launching" }, [{ run: "a", attempt: 1 }]])
  })
})

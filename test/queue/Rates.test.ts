import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { explain } from "../../src/queue/explain.ts"
import { type Rate, Rates } from "../../src/queue/Rates.ts"
import { admittedIn, ended, rules, submit, tagged, under, unreachable } from "./commands.ts"

const timeouts = { startMs: null, runtimeMs: null, cancelMs: null }

const someRate = fc.record<Rate>({
  limit: fc.constant("rate"),
  starts: fc.integer({ min: 1, max: 7 }),
  periodMs: fc.integer({ min: 1, max: 40 }),
  burst: fc.integer({ min: 1, max: 5 })
})

/** Whether one more start now keeps to the rate in every stretch of time that ends with it. */
const isAllowed = ({ starts, periodMs, burst }: Rate, past: ReadonlyArray<number>, now: number): boolean =>
  past.every((time, nth) => (past.length - nth + 1 - burst) * periodMs <= (now - time) * starts)

describe("a rate", () => {
  it("lets one more start if and only if no stretch of time has more than burst + length × limit / period", () => {
    fc.assert(
      fc.property(someRate, fc.array(fc.nat(20), { maxLength: 60 }), (rate, waits) => {
        const rates = new Rates()
        const past: Array<number> = []
        let now = 1_000
        for (const wait of waits) {
          now += wait
          const readyAt = rates.readyAt(rate)
          expect(readyAt <= now).toBe(isAllowed(rate, past, now))
          if (readyAt > now) {
            expect(isAllowed(rate, past, readyAt)).toBe(true)
            expect(isAllowed(rate, past, readyAt - 1)).toBe(false)
          } else {
            rates.take([rate], now)
            past.push(now)
          }
        }
      })
    )
  })

  it("is exact where the period is no multiple of the starts, however long it goes on", () => {
    const rate = { limit: "rate", starts: 7, periodMs: 1_000, burst: 2 }
    const rates = new Rates()
    let now = 0
    for (let start = 0; start < 7_000; start++) {
      now = Math.max(now, rates.readyAt(rate))
      rates.take([rate], now)
    }
    // 7,000 starts take 1,000 s, and with a burst of 2 the next may come 1000/7 ms before that.
    expect(rates.readyAt(rate)).toBe(999_858)
  })

  it("takes no room once it is at rest", () => {
    const rates = new Rates()
    const rate = (limit: string) => ({ limit, starts: 1, periodMs: 100, burst: 1 })
    for (let nth = 0; nth < 1_000; nth++) rates.take([rate(`r${nth}`)], nth)
    expect([...rates.entries()]).toHaveLength(100)
    rates.take([rate("last")], 5_000)
    expect([...rates.entries()].map(([limit]) => limit)).toEqual(["last"])
  })

  it("keeps spare starts for others, and never has more to give than its burst", () => {
    const rates = new Rates()
    const rate = { limit: "rate", starts: 1, periodMs: 100, burst: 2 }
    expect([0, 1, 2].map((spare) => rates.readyAt(rate, spare))).toEqual([0, 0, Number.POSITIVE_INFINITY])
    rates.take([rate], 1_000)
    expect([0, 1].map((spare) => rates.readyAt(rate, spare))).toEqual([1_000, 1_100])
  })
})

describe("a rate limit", () => {
  it("starts runs evenly, and a burst of them after a rest; the queue knows when the next may start", () => {
    const world = under({ rateLimits: [{ limit: 2, periodMs: 1_000, burst: 3 }], timeouts })
    const begin = world.now
    expect(admittedIn(world.turn(..."abcde".split("").map((id) => submit(id))))).toEqual(["a", "b", "c"])
    expect(world.queue.wakesAt).toBe(begin + 500)
    world.now = begin + 499
    expect(admittedIn(world.turn())).toEqual([])
    world.now = begin + 500
    expect(admittedIn(world.turn())).toEqual(["d"])
    expect(world.queue.wakesAt).toBe(begin + 1_000)
    world.now = begin + 9_000
    expect(admittedIn(world.turn())).toEqual(["e"])
    expect(world.queue.wakesAt).toBeUndefined()
  })

  it("has a rate for each value where it says so, and looks only at those of its tags", () => {
    const rate = { key: "host", each: true, where: { env: "prod" }, limit: 1, periodMs: 1_000 }
    const world = under({ rateLimits: [rate] })
    const on = (host: string, env = "prod") => ({ tags: { host, env } })
    const asked = [
      submit("a", on("x")),
      submit("b", on("x")),
      submit("c", on("y")),
      submit("d", on("x", "dev")),
      submit("e")
    ]
    expect(admittedIn(world.turn(...asked))).toEqual(["a", "c", "d", "e"])
    world.now += 1_000
    expect(admittedIn(world.turn())).toEqual(["b"])
  })

  it("counts for a value of its tag alone, or for all that carry the tag", () => {
    const world = under({
      rateLimits: [
        { key: "team", value: "red", limit: 1, periodMs: 1_000 },
        { key: "host", limit: 1, periodMs: 2_000 }
      ]
    })
    const red = { team: "red" }
    const first = [
      submit("a", { tags: red }),
      submit("b", { tags: red }),
      submit("c", tagged("team", "blue"))
    ]
    expect(admittedIn(world.turn(...first))).toEqual(["a", "c"])
    const then = [submit("d", tagged("host", "x")), submit("e", tagged("host", "y"))]
    expect(admittedIn(world.turn(...then))).toEqual(["d"])
    world.now += 1_000
    expect(admittedIn(world.turn())).toEqual(["b"])
    world.now += 1_000
    expect(admittedIn(world.turn())).toEqual(["e"])
  })

  it("uses up nothing where another limit holds a run back: all that it needs together, or none", () => {
    const world = under({ maxConcurrentRuns: 1, rateLimits: [{ limit: 1, periodMs: 1_000 }] })
    const begin = world.now
    expect(admittedIn(world.turn(submit("a"), submit("b")))).toEqual(["a"])
    world.now = begin + 5_000
    expect(admittedIn(world.turn())).toEqual([])
    expect(admittedIn(world.turn(ended("a")))).toEqual(["b"])
  })

  it("counts a launch that is tried again once more", () => {
    const world = under({ rateLimits: [{ limit: 1, periodMs: 60_000 }] })
    world.turn(submit("a"))
    world.turn(ended("a", unreachable))
    world.now += 59_999
    expect(admittedIn(world.turn())).toEqual([])
    world.now += 1
    expect(admittedIn(world.turn())).toEqual(["a"])
  })

  it("goes on through a restart and through other rules; one whose numbers change begins anew", () => {
    const rate = { limit: 1, periodMs: 10_000 }
    const world = under({ rateLimits: [rate] })
    world.turn(submit("a"), submit("b"), submit("c"))
    world.restart()
    expect(admittedIn(world.turn(rules({ rateLimits: [rate], maxConcurrentRuns: 7 })))).toEqual([])
    expect(admittedIn(world.turn(rules({ rateLimits: [{ ...rate, limit: 2 }] })))).toEqual(["b"])
  })

  it("is a reason to wait, with the moment at which it is none", () => {
    const world = under({ rateLimits: [{ key: "host", each: true, limit: 1, periodMs: 5_000 }] })
    world.turn(submit("a", tagged("host", "x")), submit("b", tagged("host", "x")))
    const rate = { limit: "rate(1/5000ms,1):host~x", starts: 1, periodMs: 5_000, burst: 1 }
    expect(explain(world.queue, "b", world.now)?.reasons).toEqual([
      { _tag: "RateReached", ...rate, at: world.now + 5_000 }
    ])
  })

  it("holds nobody back who does not stand in line", () => {
    const world = under({ mode: "immediate", rateLimits: [{ limit: 1, periodMs: 5_000 }] })
    expect(admittedIn(world.turn(submit("a"), submit("b")))).toEqual(["a", "b"])
  })
})

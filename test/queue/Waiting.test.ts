import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Limits, poolName } from "../../src/queue/Limits.ts"
import { byPriority } from "../../src/queue/order.ts"
import { defaultPolicy, defaultPools, type TagLimit } from "../../src/queue/Policy.ts"
import { Rates } from "../../src/queue/Rates.ts"
import { Shares } from "../../src/queue/Shares.ts"
import type { Needs } from "../../src/queue/Slots.ts"
import { type Slot, Slots } from "../../src/queue/Slots.ts"
import { Waiting } from "../../src/queue/Waiting.ts"
import type { Run } from "../../src/run/Run.ts"
import type { RunSpec } from "../../src/run/RunSpec.ts"
import { retries, timeouts } from "../run/facts.ts"

const runWith = (order: number, more: Partial<Run> & Pick<Partial<RunSpec>, "tags" | "pools"> = {}): Run => {
  const { tags = {}, pools, ...rest } = more
  const id = `r${order}`
  return {
    id,
    spec: { id, job: "work", tags, ...(pools && { pools }) },
    timeouts,
    retries,
    root: id,
    actor: "ann",
    state: "queued",
    order,
    priority: 0,
    top: 0,
    attempt: 0,
    notBefore: 0,
    unreached: 0,
    resumes: 0,
    since: 0,
    submittedAt: 0,
    ...rest
  }
}

const rootsOf = ({ spec }: Run): ReadonlyArray<string> => Object.keys(spec.pools?.root ?? {})

/** Those that wait and those that hold slots, under some limits; and the same again as plain lists. */
class Station {
  now = 1_000
  readonly slots: Slots
  readonly waiting: Waiting
  readonly line: Array<Run> = []
  readonly inProgress: Array<Run> = []
  private readonly limits: Limits

  constructor(
    maxConcurrentRuns: number | null,
    tagLimits: ReadonlyArray<TagLimit>,
    slots = new Slots(),
    poolLimits = {}
  ) {
    const pools = { ...defaultPools, limits: poolLimits }
    this.limits = new Limits({ ...defaultPolicy, maxConcurrentRuns, tagLimits, pools }, [])
    this.slots = slots
    const room = { slots, rates: new Rates(), shares: new Shares() }
    this.waiting = new Waiting(byPriority, (run) => this.needsOf(run), room)
  }

  private needsOf(run: Run): Needs {
    return this.limits.needsOf(run.spec)
  }

  slotsFor(run: Run): ReadonlyArray<Slot> {
    return this.needsOf(run).slots
  }

  add(run: Run): void {
    this.line.push(run)
    this.line.sort(byPriority)
    this.waiting.add(run, this.now)
  }

  leave(nth: number): void {
    const [run] = this.line.splice(nth % this.line.length, 1)
    if (run) this.waiting.remove(run)
  }

  end(nth: number): void {
    const [run] = this.inProgress.splice(nth % this.inProgress.length, 1)
    if (!run) return
    for (const { limit } of this.slots.release(run.id)) this.waiting.loosen(limit)
    this.reserve(run, -1)
  }

  private reserve(run: Run, by: number): void {
    for (const pool of rootsOf(run)) {
      this.slots.count(poolName(pool), by)
      if (by < 0) this.waiting.loosen(poolName(pool))
    }
  }

  /** Lets one in, if the index finds one. */
  admitNext(): Run | undefined {
    this.waiting.wake(this.now)
    const run = this.waiting.next(this.now)
    if (!run) return undefined
    this.waiting.remove(run)
    this.slots.take(run.id, this.slotsFor(run))
    this.reserve(run, 1)
    this.line.splice(this.line.indexOf(run), 1)
    this.inProgress.push(run)
    return run
  }

  /** Who is next by looking at everyone. */
  naiveNext(): Run | undefined {
    const slots = this.inProgress.flatMap((run) => this.slotsFor(run))
    const hasRoom = ({ limit, size, unit }: Slot): boolean => {
      const held = slots.filter((slot) => slot.limit === limit)
      const units = new Set(held.map((slot) => slot.unit))
      return unit === undefined ? held.length < size : size > 0 && (units.has(unit) || units.size < size)
    }
    const reserved = this.inProgress.flatMap(rootsOf).map(poolName)
    const isOpen = ({ limit, size }: Slot) => reserved.filter((pool) => pool === limit).length < size
    return this.line.find((run) => {
      const { anyOf } = this.needsOf(run)
      const canBegin = anyOf.length === 0 || anyOf.some(isOpen)
      return run.notBefore <= this.now && this.slotsFor(run).every(hasRoom) && canBegin
    })
  }
}

type Doing =
  | {
      readonly do: "add"
      readonly runs: ReadonlyArray<Parameters<typeof runWith>[1] & { readonly startsIn: number }>
    }
  | { readonly do: "leave" | "end" | "wait"; readonly much: number }

const value = fc.constantFrom("x", "y", "z")
const newcomer = fc.record({
  priority: fc.integer({ min: -1, max: 1 }),
  startsIn: fc.constantFrom(0, 0, 0, 5, 50),
  tags: fc.record({ a: value, b: value }, { requiredKeys: [] }),
  pools: fc.constantFrom(
    ...[[], [], ["p"], ["q"], ["p", "q"], ["q", "p"], ["p", "free"]].map((pools) => ({
      root: Object.fromEntries(pools.map((pool) => [pool, 1]))
    }))
  )
})
const doing: fc.Arbitrary<Doing> = fc.oneof(
  fc.record({ do: fc.constant("add" as const), runs: fc.array(newcomer, { maxLength: 60, size: "max" }) }),
  fc.record({ do: fc.constantFrom("leave", "end", "end", "end"), much: fc.nat(999) }),
  fc.record({ do: fc.constant("wait" as const), much: fc.integer({ min: -20, max: 30 }) })
)
const limits = fc.array(
  fc.oneof(
    fc.record({ key: fc.constantFrom("a", "b"), limit: fc.nat(9) }),
    fc.record({ key: fc.constantFrom("a", "b"), value, limit: fc.nat(5) }),
    fc.record({ key: fc.constantFrom("a", "b"), each: fc.constant(true), limit: fc.nat(5) }),
    fc.record({ key: fc.constantFrom("a", "b"), distinct: fc.constant(true), limit: fc.nat(3) })
  ),
  { maxLength: 5 }
)

describe("those who wait", () => {
  it("are let in as if everyone were looked at each time", () => {
    fc.assert(
      fc.property(
        fc.option(fc.nat(20)),
        limits,
        fc.record({ p: fc.nat(4), q: fc.nat(4) }, { requiredKeys: [] }),
        fc.array(doing, { maxLength: 60, size: "max" }),
        (total, rules, pools, all) => {
          const station = new Station(total, rules, new Slots(), pools)
          let orders = 0
          for (const one of all) {
            if (one.do === "add")
              for (const { startsIn, ...more } of one.runs)
                station.add(runWith(++orders, { ...more, notBefore: station.now + startsIn }))
            else if (one.do === "wait") station.now += one.much
            else if (one.do === "end") station.end(one.much)
            else station.leave(one.much)
            for (let naive = station.naiveNext(); naive; naive = station.naiveNext())
              expect(station.admitNext()?.id).toBe(naive.id)
            expect(station.admitNext()).toBeUndefined()
            expect(station.waiting.line.size).toBe(station.line.length)
          }
        }
      ),
      { numRuns: 200 }
    )
  })

  it("are not looked at for a slot that none of their kind waits for", () => {
    let looks = 0
    class Watched extends Slots {
      override isFull(slot: Slot): boolean {
        looks++
        return super.isFull(slot)
      }
    }
    const station = new Station(null, [{ key: "a", each: true, limit: 1 }], new Watched())
    for (let order = 0; order < 2_000; order++)
      station.add(runWith(order, { tags: { a: String(order % 1_000) } }))
    while (station.admitNext());
    expect([station.inProgress.length, station.line.length]).toEqual([1_000, 1_000])
    looks = 0
    station.end(7)
    expect(station.admitNext()?.id).toBe("r1007")
    expect(station.admitNext()).toBeUndefined()
    expect(looks).toBeLessThan(10)
  })

  it("are let in again where two limits block them in turn", () => {
    const station = new Station(1, [{ key: "a", limit: 1 }])
    for (const order of [1, 2, 3]) station.add(runWith(order, { tags: order === 2 ? {} : { a: "x" } }))
    expect(station.admitNext()?.id).toBe("r1")
    expect(station.admitNext()).toBeUndefined()
    station.end(0)
    expect(station.admitNext()?.id).toBe("r2")
    expect(station.admitNext()).toBeUndefined()
    station.end(0)
    expect(station.admitNext()?.id).toBe("r3")
  })

  it("know when the next of them may start whose time has not come", () => {
    const station = new Station(null, [])
    expect(station.waiting.wakesAt).toBeUndefined()
    station.add(runWith(1, { notBefore: 1_020 }))
    station.add(runWith(2, { notBefore: 1_010 }))
    expect([station.admitNext(), station.waiting.wakesAt]).toEqual([undefined, 1_010])
    station.now = 1_010
    expect([station.admitNext()?.id, station.waiting.wakesAt]).toEqual(["r2", 1_020])
    station.leave(0)
    expect(station.waiting.wakesAt).toBeUndefined()
  })
})

import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { limitsOver } from "../../src/history/limitsOver.ts"
import { Limits, limitName } from "../../src/queue/Limits.ts"
import { defaultPolicy, defaultPools, jobKey, type Policy, type TagLimit } from "../../src/queue/Policy.ts"
import type { RunSpec } from "../../src/run/RunSpec.ts"

const specOf = (tags?: Record<string, string>): RunSpec => ({ id: "r", job: "work", ...(tags && { tags }) })

const slotsUnder = (rules: Partial<Policy>, tags?: Record<string, string>) =>
  new Limits({ ...defaultPolicy, maxConcurrentRuns: null, ...rules }, []).needsOf(specOf(tags)).slots

const team = (limit: number, form: Partial<TagLimit> = {}): TagLimit => ({ key: "team", limit, ...form })

const key = fc.constantFrom("a", "b", "a=x", jobKey)
const value = fc.constantFrom("x", "y", "", "x=y", "work")
const size = fc.nat(3)
const where = fc.record({ a: value, b: value, [jobKey]: value }, { requiredKeys: [] })
const among = { key, where, limit: size }
const optional: { requiredKeys: Array<"key" | "limit"> } = { requiredKeys: ["key", "limit"] }
const tagLimit: fc.Arbitrary<TagLimit> = fc.oneof(
  fc.record({ ...among, value }, optional),
  fc.record({ ...among, each: fc.boolean() }, optional),
  fc.record({ ...among, distinct: fc.boolean() }, optional)
)
const pool = fc.constantFrom("p", "q", "toString")
const pools = fc.record({
  granularity: fc.constantFrom("run" as const, "op" as const),
  limits: fc.dictionary(pool, size),
  defaultLimit: fc.option(size),
  blocking: fc.boolean(),
  buffer: size,
  settleMs: size
})
const policy: fc.Arbitrary<Policy> = fc.record(
  {
    mode: fc.constantFrom("queued", "queued", "immediate"),
    maxConcurrentRuns: fc.option(size),
    tagLimits: fc.array(tagLimit, { maxLength: 5 }),
    pools,
    timeouts: fc.constant(defaultPolicy.timeouts)
  },
  { requiredKeys: ["mode", "maxConcurrentRuns", "tagLimits", "timeouts"] }
)
const spec: fc.Arbitrary<RunSpec> = fc.record(
  {
    id: fc.constant("r"),
    job: fc.constantFrom("work", "x"),
    tags: fc.record({ a: value, b: value, "a=x": value, [jobKey]: value }, { requiredKeys: [] }),
    pools: fc.record(
      { root: fc.dictionary(pool, fc.constant(1)), all: fc.array(pool, { maxLength: 3 }) },
      { requiredKeys: [] }
    ),
    unique: fc.record({ key: fc.constantFrom("k", "runs"), collision: fc.constant("queue" as const) })
  },
  { requiredKeys: ["id"] }
)

describe("a run needs", () => {
  it("a slot of the limit on all runs", () => {
    expect(slotsUnder({ maxConcurrentRuns: 3 })).toEqual([{ limit: "runs", size: 3 }])
    expect(slotsUnder({ maxConcurrentRuns: null })).toEqual([])
  })

  it("a slot of each limit on a tag that it has, and of none on a tag that it has not", () => {
    const tagLimits = [team(1), { key: "db", limit: 2 }]
    expect(slotsUnder({ tagLimits }, { team: "red", db: "" })).toEqual([
      { limit: "tag:team", size: 1 },
      { limit: "tag:db", size: 2 }
    ])
    expect(slotsUnder({ tagLimits }, { db: "big" })).toEqual([{ limit: "tag:db", size: 2 }])
    expect(slotsUnder({ tagLimits }, { Team: "red" })).toEqual([])
    expect(slotsUnder({ tagLimits })).toEqual([])
  })

  it("a slot of a limit on one value only if it has that value, letter for letter", () => {
    const tagLimits = [team(1, { value: "red" }), team(2, { value: "" })]
    expect(slotsUnder({ tagLimits }, { team: "red" })).toEqual([{ limit: "tag:team=red", size: 1 }])
    expect(slotsUnder({ tagLimits }, { team: "" })).toEqual([{ limit: "tag:team=", size: 2 }])
    expect(slotsUnder({ tagLimits }, { team: "Red" })).toEqual([])
  })

  it("a slot of its own value's limit where each value is counted apart", () => {
    const tagLimits = [team(1, { each: true })]
    expect(slotsUnder({ tagLimits }, { team: "red" })).toEqual([{ limit: "each:team=red", size: 1 }])
    expect(slotsUnder({ tagLimits }, { team: "blue" })).toEqual([{ limit: "each:team=blue", size: 1 }])
  })

  it("a slot of every limit that it meets, of whatever form", () => {
    const tagLimits = [team(5), team(3, { value: "red" }), team(2, { each: true })]
    expect(slotsUnder({ maxConcurrentRuns: 9, tagLimits }, { team: "red" })).toEqual([
      { limit: "runs", size: 9 },
      { limit: "tag:team", size: 5 },
      { limit: "tag:team=red", size: 3 },
      { limit: "each:team=red", size: 2 }
    ])
  })

  it("the last of limits of the same key and form, as with Dagster", () => {
    const red = { value: "red" }
    const tagLimits = [
      team(5),
      team(9, red),
      team(7, { each: true }),
      team(1),
      team(2, red),
      team(3, { each: true })
    ]
    expect(slotsUnder({ tagLimits }, { team: "red" }).map(({ size }) => size)).toEqual([1, 2, 3])
    expect(slotsUnder({ tagLimits: [team(1, { each: false }), team(4)] }, { team: "red" })).toEqual([
      { limit: "tag:team", size: 4 }
    ])
  })

  it("a slot of its value where the values are counted, which it shares with the runs of that value", () => {
    const tagLimits = [team(2, { distinct: true })]
    expect(slotsUnder({ tagLimits }, { team: "red" })).toEqual([
      { limit: "distinct:team", size: 2, unit: "red" }
    ])
  })

  it("a slot of a limit among some runs only if it is one of them", () => {
    const tagLimits = [team(1, { where: { db: "x", [jobKey]: "work" } }), team(2, { where: {} })]
    expect(slotsUnder({ tagLimits }, { team: "red", db: "x" })).toEqual([
      { limit: "tag[db=x,signalbox/job=work]:team", size: 1 },
      { limit: "tag:team", size: 2 }
    ])
    for (const tags of [{ team: "red" }, { team: "red", db: "y" }])
      expect(slotsUnder({ tagLimits }, tags)).toEqual([{ limit: "tag:team", size: 2 }])
    expect(slotsUnder({ tagLimits }, { db: "x" })).toEqual([])
  })

  it("one slot of limits that differ only in how they say that they are for all", () => {
    const tagLimits = [team(1), team(2, { where: {} }), team(3, { each: false, distinct: false })]
    expect(slotsUnder({ tagLimits }, { team: "red" })).toEqual([{ limit: "tag:team", size: 3 }])
    const [ab, ba] = [
      { a: "1", b: "2" },
      { b: "2", a: "1" }
    ]
    const twice = [team(1, { where: ab }), team(2, { where: ba })]
    expect(slotsUnder({ tagLimits: twice }, { team: "red", ...ab })).toEqual([
      { limit: "tag[a=1,b=2]:team", size: 2 }
    ])
  })

  it("a slot of the limit on its job, whatever its tags pretend", () => {
    const tagLimits = [{ key: jobKey, value: "work", limit: 1 }]
    const slots = [{ limit: "tag:signalbox/job=work", size: 1 }]
    expect(slotsUnder({ tagLimits })).toEqual(slots)
    expect(slotsUnder({ tagLimits }, { [jobKey]: "play" })).toEqual(slots)
  })

  it("the slot of its key, also where runs do not stand in line", () => {
    const unique = { key: "nightly", collision: "queue" } as const
    const under = (mode: Policy["mode"]) =>
      new Limits({ ...defaultPolicy, mode }, []).needsOf({ ...specOf(), unique }).slots
    const own = { limit: "key:nightly", size: 1 }
    expect(under("queued")).toEqual([{ limit: "runs", size: 10 }, own])
    expect(under("immediate")).toEqual([own])
  })

  it("no slot of a pool that does not hold runs back", () => {
    const pools = { ...defaultPools, granularity: "run", limits: { db: 0 } } as const
    const withPool = { ...specOf(), pools: { all: ["db"] } }
    const slots = (change: Partial<Policy>) =>
      new Limits({ ...defaultPolicy, maxConcurrentRuns: null, pools, ...change }, []).needsOf(withPool).slots
    expect(slots({})).toEqual([{ limit: "pool:db", size: 0 }])
    expect(slots({ pools: { ...pools, blocking: false } })).toEqual([])
    expect(slots({ mode: "immediate" })).toEqual([])
    expect(slots({ pools: { ...pools, granularity: "op" } })).toEqual([])
  })

  it("nothing where runs do not stand in line", () => {
    expect(
      slotsUnder({ mode: "immediate", maxConcurrentRuns: 1, tagLimits: [team(0)] }, { team: "red" })
    ).toEqual([])
  })

  it("what a naive reading of the policy says, whatever the policy and the run", () => {
    fc.assert(
      fc.property(policy, spec, (rules, spec) => {
        const naive = limitsOver(rules, spec).map(({ name, size }) => ({ limit: name, size }))
        const slots = new Limits(rules, []).needsOf(spec).slots.map(({ limit, size }) => ({ limit, size }))
        expect(slots).toHaveLength(naive.length)
        expect(new Set(slots)).toEqual(new Set(naive))
      }),
      { numRuns: 1000 }
    )
  })

  it("no tag that an object has by nature", () => {
    expect(
      slotsUnder(
        {
          tagLimits: [
            { key: "toString", limit: 0 },
            { key: "__proto__", limit: 0 }
          ]
        },
        {}
      )
    ).toEqual([])
  })
})

describe("the name of a limit", () => {
  it("is told from that of any other, whatever stands in the key and the value", () => {
    const longer = (texts: ReadonlyArray<string>) =>
      texts.flatMap((text) => ["a", "=", '"'].map((unit) => text + unit))
    const [ones, twos] = [longer([""]), longer(longer([""]))]
    const keys = [...ones, ...twos, ...longer(twos)]
    const names = (["tag", "each"] as const).flatMap((form) =>
      keys.flatMap((key) => [undefined, "", ...ones, ...twos].map((value) => limitName(form, key, value)))
    )
    expect(new Set(names).size).toBe(2 * 39 * 14)
  })

  it("is told from that of any other, whatever it is limited among", () => {
    const texts = ["a", "b", "=", ",", "]:a", "a=b", '"']
    const wheres = texts.flatMap((key) => texts.map((text) => ({ [key]: text })))
    const pairs = texts.map((text) => ({ a: text, b: text }))
    const all = [undefined, ...wheres, ...pairs]
    const names = texts.flatMap((key) => all.map((where) => limitName("tag", key, "x", where)))
    expect(new Set(names).size).toBe(texts.length * all.length)
  })

  it("shows the key as it is, save where it could be taken for a key and a value", () => {
    expect(limitName("tag", "team")).toBe("tag:team")
    expect(limitName("each", "dagster/team", "a=b")).toBe("each:dagster/team=a=b")
    expect(limitName("tag", "a=b", "c")).toBe('tag:"a=b"=c')
  })
})

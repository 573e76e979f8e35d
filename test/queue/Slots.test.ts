import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { limitsOver } from "../../src/history/Invariants.ts"
import { defaultPolicy, type Policy, type TagLimit } from "../../src/queue/Policy.ts"
import { Limits, limitName, Slots } from "../../src/queue/Slots.ts"
import { policy, tags } from "../simulation/histories.ts"

const slotsUnder = (rules: Partial<Policy>, tags?: Record<string, string>) =>
  new Limits({ ...defaultPolicy, maxConcurrentRuns: null, ...rules }).slotsFor(tags)

const team = (limit: number, form: Partial<TagLimit> = {}): TagLimit => ({ key: "team", limit, ...form })

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

  it("nothing where runs do not stand in line", () => {
    expect(
      slotsUnder({ mode: "immediate", maxConcurrentRuns: 1, tagLimits: [team(0)] }, { team: "red" })
    ).toEqual([])
  })

  it("what a naive reading of the policy says, whatever the policy and the tags", () => {
    fc.assert(
      fc.property(policy, fc.option(tags, { nil: undefined }), (rules, tags) => {
        const naive = limitsOver(rules, tags).map(({ name, size }) => ({ limit: name, size }))
        expect(new Set(new Limits(rules).slotsFor(tags))).toEqual(new Set(naive))
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

  it("shows the key as it is, save where it could be taken for a key and a value", () => {
    expect(limitName("tag", "team")).toBe("tag:team")
    expect(limitName("each", "dagster/team", "a=b")).toBe("each:dagster/team=a=b")
    expect(limitName("tag", "a=b", "c")).toBe('tag:"a=b"=c')
  })
})

describe("slots", () => {
  const slot = (limit: string, size: number) => ({ limit, size })

  it("are taken and given back all together", () => {
    const slots = new Slots()
    const needed = [slot("runs", 1), slot("tag:team", 2)]
    slots.take("a", needed)
    expect(slots.of("a")).toEqual(needed)
    expect([slots.isFull(slot("runs", 1)), slots.isFull(slot("tag:team", 2))]).toEqual([true, false])
    expect(slots.release("a")).toEqual(needed)
    expect([slots.of("a"), [...slots.entries()], slots.size]).toEqual([[], [], 0])
  })

  it("name their holders in the order in which they took them", () => {
    const slots = new Slots()
    for (const run of ["c", "a", "b"]) slots.take(run, [slot("runs", 2)])
    slots.release("a")
    slots.take("a", [slot("runs", 2)])
    expect([...slots.holders("runs")]).toEqual(["c", "b", "a"])
    expect([...slots.runs()]).toEqual(["c", "b", "a"])
    expect([...slots.holders("tag:team")]).toEqual([])
  })

  it("are full where as many are held as there are, or more, and where there are none", () => {
    const slots = new Slots()
    expect(slots.isFull(slot("runs", 0))).toBe(true)
    for (const run of ["a", "b"]) slots.take(run, [slot("runs", 3)])
    expect([1, 2, 3].map((size) => slots.isFull(slot("runs", size)))).toEqual([true, true, false])
    expect(slots.firstFull([slot("tag:team", 1), slot("runs", 2), slot("none", 0)])).toEqual(slot("runs", 2))
    expect(slots.firstFull([slot("tag:team", 1), slot("runs", 3)])).toBeUndefined()
  })

  it("are counted for a run that needs none: it is in progress all the same", () => {
    const slots = new Slots()
    slots.take("a", [])
    expect([slots.size, [...slots.runs()]]).toEqual([1, ["a"]])
    slots.release("nobody")
    expect(slots.release("a")).toEqual([])
    expect(slots.size).toBe(0)
  })
})

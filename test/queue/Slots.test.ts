import { describe, expect, it } from "vitest"
import type { Needs } from "../../src/queue/Slots.ts"
import { type Slot, Slots } from "../../src/queue/Slots.ts"

describe("slots", () => {
  const slot = (limit: string, size: number) => ({ limit, size })
  const needs = (slots: ReadonlyArray<Slot>, more: Partial<Needs> = {}): Needs => ({
    slots,
    gates: [],
    anyOf: [],
    reserves: undefined,
    rates: [],
    inOrder: [],
    share: undefined,
    ...more
  })

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
    expect(slots.blocking(needs([slot("tag:team", 1), slot("runs", 2), slot("none", 0)]))).toEqual([
      slot("runs", 2)
    ])
    expect(slots.blocking(needs([slot("tag:team", 1), slot("runs", 3)]))).toBeUndefined()
  })

  it("that stand for values are shared by the runs of one value", () => {
    const slots = new Slots()
    const of = (unit: string, size = 2) => ({ ...slot("distinct:db", size), unit })
    slots.take("a", [of("x")])
    slots.take("b", [of("x")])
    expect([slots.taken("distinct:db"), slots.isFull(of("y"))]).toEqual([1, false])
    slots.take("c", [of("y")])
    expect(["x", "y", "z"].map((unit) => slots.isFull(of(unit)))).toEqual([false, false, true])
    slots.release("a")
    expect(slots.isFull(of("z"))).toBe(true)
    slots.release("b")
    expect([slots.taken("distinct:db"), slots.isFull(of("z"))]).toEqual([1, false])
    expect(slots.isFull(of("y", 0))).toBe(true)
  })

  it("that nobody holds are taken all the same where they are counted so", () => {
    const slots = new Slots()
    slots.take("a", [slot("pool:db", 3)])
    slots.count("pool:db", 2)
    expect([slots.taken("pool:db"), slots.isFull(slot("pool:db", 3))]).toEqual([3, true])
    slots.count("pool:db", -1)
    expect([slots.taken("pool:db"), slots.isFull(slot("pool:db", 3))]).toEqual([2, false])
    expect([...slots.holders("pool:db")]).toEqual(["a"])
  })

  it("are behind a gate that can be closed, whatever room there is", () => {
    const slots = new Slots()
    const gate = slot("location:east", Number.POSITIVE_INFINITY)
    const wanted = needs([slot("runs", 1)], { gates: [gate] })
    expect(slots.blocking(wanted)).toBeUndefined()
    slots.close("location:east")
    expect(slots.blocking(wanted)).toEqual([gate])
    expect(slots.blocking(needs([slot("runs", 1)]))).toBeUndefined()
    slots.open("location:east")
    expect(slots.blocking(wanted)).toBeUndefined()
  })

  it("of which one is enough block only where all are full", () => {
    const slots = new Slots()
    const anyOf = [slot("pool:a", 1), slot("pool:b", 1)]
    slots.count("pool:a", 1)
    expect(slots.blocking(needs([], { anyOf }))).toBeUndefined()
    slots.count("pool:b", 1)
    expect(slots.blocking(needs([], { anyOf }))).toEqual(anyOf)
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

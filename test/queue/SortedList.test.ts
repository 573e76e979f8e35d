import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { SortedList } from "../../src/queue/SortedList.ts"

const ascending = (a: number, b: number): number => a - b

/** The same list, kept as one sorted array. */
interface Model {
  items: ReadonlyArray<number>
}

type Step = fc.Command<Model, SortedList<number>>

const agrees = ({ items }: Model, list: SortedList<number>): void => {
  expect(list.size).toBe(items.length)
  expect(list.first).toBe(items[0])
}

const add = (item: number): Step => ({
  check: ({ items }) => !items.includes(item),
  run: (model, list) => {
    model.items = [...model.items, item].toSorted(ascending)
    list.add(item)
    agrees(model, list)
  },
  toString: () => `add ${item}`
})

const remove = (item: number): Step => ({
  check: ({ items }) => items.includes(item),
  run: (model, list) => {
    model.items = model.items.filter((other) => other !== item)
    list.remove(item)
    agrees(model, list)
  },
  toString: () => `remove ${item}`
})

/** Takes out all from one item up to another: whole chunks go. */
const removeRange = (from: number, length: number): Step => ({
  check: ({ items }) => items.some((item) => item >= from && item < from + length),
  run: (model, list) => {
    const gone = model.items.filter((item) => item >= from && item < from + length)
    model.items = model.items.filter((item) => !gone.includes(item))
    for (const item of gone) list.remove(item)
    agrees(model, list)
  },
  toString: () => `removeRange ${from} ${length}`
})

/** Puts in all from one item up to another: chunks are split. */
const addRange = (from: number, length: number): Step => ({
  check: () => true,
  run: (model, list) => {
    const range = Array.from({ length }, (_, index) => from + index)
    const fresh = range.filter((item) => !model.items.includes(item))
    model.items = [...model.items, ...fresh].toSorted(ascending)
    for (const item of fresh) list.add(item)
    agrees(model, list)
  },
  toString: () => `addRange ${from} ${length}`
})

const rank = (item: number): Step => ({
  check: () => true,
  run: ({ items }, list) => {
    expect(list.rank(item)).toBe(items.filter((other) => other < item).length)
  },
  toString: () => `rank ${item}`
})

const item = fc.integer({ min: -100, max: 4_100 })
const length = fc.integer({ min: 1, max: 1_500 })
const steps = fc.commands(
  [
    item.map(add),
    item.map(remove),
    item.map(rank),
    fc.tuple(item, length).map(([from, many]) => addRange(from, many)),
    fc.tuple(item, length).map(([from, many]) => removeRange(from, many))
  ],
  { maxCommands: 60, size: "max" }
)

describe("a sorted list", () => {
  it("is, after any changes, what a sorted array would be, with thousands of items as with none", () => {
    const preloaded = fc.uniqueArray(fc.integer({ min: 0, max: 4_000 }), { maxLength: 3_000, size: "max" })
    fc.assert(
      fc.property(preloaded, steps, (items, changes) => {
        const model: Model = { items: items.toSorted(ascending) }
        const list = new SortedList(ascending)
        for (const one of items) list.add(one)
        fc.modelRun(() => ({ model, real: list }), changes)
        expect([...list]).toEqual(model.items)
      }),
      { numRuns: 40 }
    )
  })

  it("has no first item when it is empty", () => {
    const list = new SortedList(ascending)
    expect([list.size, list.first, list.rank(7), ...list]).toEqual([0, undefined, 0])
  })

  it("does not take out what is not in, but says so: an order that loses items is broken", () => {
    const list = new SortedList(ascending)
    expect(() => list.remove(1)).toThrow("not where its order puts it")
    list.add(1)
    list.add(3)
    for (const missing of [0, 2, 4]) expect(() => list.remove(missing)).toThrow("not where its order puts it")
    const lost = new SortedList<number>(() => Number.NaN)
    lost.add(1)
    expect(() => lost.remove(1)).toThrow("not where its order puts it")
    expect([...list, list.size]).toEqual([1, 3, 2])
  })
})

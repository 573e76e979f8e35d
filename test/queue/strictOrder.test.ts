import { describe, expect, it } from "vitest"
import { explain } from "../../src/queue/explain.ts"
import {
  admittedIn,
  ended,
  from,
  hold,
  letGo,
  pause,
  resume,
  setPriority,
  submit,
  tagged,
  under
} from "./commands.ts"

const gpu = tagged("gpu", "1")
const policy = { maxConcurrentRuns: 3, tagLimits: [{ key: "gpu", limit: 1 }] }

describe("strict order", () => {
  it("lets a run that cannot start hold back all behind it", () => {
    const world = under({ ...policy, strict: true })
    expect(admittedIn(world.turn(submit("a", gpu), submit("b", gpu), submit("c")))).toEqual(["a"])
    expect(admittedIn(world.turn(ended("a")))).toEqual(["b", "c"])
  })

  it("says who goes first", () => {
    const world = under({ ...policy, strict: true })
    world.turn(submit("a", gpu), submit("b", gpu), submit("c"))
    expect(explain(world.queue, "c", world.now)?.reasons).toEqual([
      { _tag: "Behind", sequence: "queue", run: "b" }
    ])
  })

  it("lets those before it go first that come later", () => {
    const world = under({ ...policy, strict: true })
    world.turn(submit("a", gpu), submit("b", gpu), submit("c"))
    expect(admittedIn(world.turn(submit("d", { priority: 1 })))).toEqual(["d"])
    expect(admittedIn(world.turn(setPriority("c", 1)))).toEqual(["c"])
  })

  it("is not held up by what is held, paused, not due, or under a limit of 0", () => {
    const world = under({ tagLimits: [{ key: "off", limit: 0 }], strict: true })
    world.turn(
      pause({ _tag: "Tag", key: "team", value: "red" }),
      pause({ _tag: "Location", location: "there" })
    )
    const asked = [
      submit("later", { notBefore: world.now + 1_000 }),
      submit("paused", tagged("team", "red")),
      submit("there", from("there")),
      submit("off", tagged("off", "1"))
    ]
    expect(admittedIn(world.turn(...asked))).toEqual([])
    expect(admittedIn(world.turn(submit("a")))).toEqual(["a"])
    world.now += 1_000
    expect(admittedIn(world.turn())).toEqual(["later"])
    expect(admittedIn(world.turn(resume({ _tag: "Location", location: "there" })))).toEqual(["there"])
  })

  it("takes back in who is let go, at its place", () => {
    const world = under({ ...policy, strict: true })
    world.turn(submit("a", gpu), submit("b", gpu), hold("b"))
    expect(admittedIn(world.turn(submit("c")))).toEqual(["c"])
    expect(admittedIn(world.turn(letGo("b"), submit("d")))).toEqual([])
    expect(admittedIn(world.turn(ended("a")))).toEqual(["b", "d"])
  })
})

describe("order by a tag", () => {
  it("lets a run that cannot start hold back those of its value, and nobody else", () => {
    const world = under({ ...policy, inOrderBy: ["order"] })
    const asked = [
      submit("a1", { tags: { order: "a", gpu: "1" } }),
      submit("a2", { tags: { order: "a", gpu: "1" } }),
      submit("a3", { tags: { order: "a" } }),
      submit("b1", { tags: { order: "b" } })
    ]
    expect(admittedIn(world.turn(...asked))).toEqual(["a1", "b1"])
    expect(explain(world.queue, "a3", world.now)?.reasons).toEqual([
      { _tag: "Behind", sequence: "order:order=a", run: "a2" }
    ])
    expect(admittedIn(world.turn(ended("a1")))).toEqual(["a2", "a3"])
  })

  it("has runs end in order, too, where one of a value runs at a time", () => {
    const world = under({ inOrderBy: ["order"], tagLimits: [{ key: "order", each: true, limit: 1 }] })
    const asked = ["a1", "a2", "a3"].map((id) => submit(id, tagged("order", "a")))
    expect(admittedIn(world.turn(...asked))).toEqual(["a1"])
    expect(admittedIn(world.turn(ended("a1")))).toEqual(["a2"])
    expect(admittedIn(world.turn(ended("a2")))).toEqual(["a3"])
  })

  it("holds for several tags at once", () => {
    const world = under({ ...policy, inOrderBy: ["x", "y"] })
    const asked = [
      submit("a", gpu),
      submit("b", { tags: { gpu: "1", x: "1" } }),
      submit("c", { tags: { x: "1", y: "1" } }),
      submit("d", { tags: { y: "1" } })
    ]
    expect(admittedIn(world.turn(...asked))).toEqual(["a"])
    expect(admittedIn(world.turn(ended("a")))).toEqual(["b", "c", "d"])
  })
})

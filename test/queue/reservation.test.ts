import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { explain } from "../../src/queue/explain.ts"
import { admittedIn, cancel, ended, submit, tagged, under } from "./commands.ts"

/** A heavy run needs two limits that light ones hold in turn. */
const limits = [
  { key: "cpu", limit: 1 },
  { key: "disk", limit: 1 }
]
const cpu = tagged("cpu", "1")
const disk = tagged("disk", "1")
const heavy = { tags: { cpu: "1", disk: "1" } }

describe("a reservation", () => {
  it("is not there for those who have not waited so long: light runs slip by", () => {
    const world = under({ tagLimits: limits, reserveAfterMs: 1_000 })
    world.turn(submit("c1", cpu), submit("d1", disk), submit("heavy", heavy))
    world.now += 999
    expect(admittedIn(world.turn(ended("c1"), submit("c2", cpu)))).toEqual(["c2"])
  })

  it("keeps what comes free for the first in line once it has waited so long", () => {
    const world = under({ tagLimits: limits, reserveAfterMs: 1_000 })
    world.turn(submit("c1", cpu), submit("d1", disk), submit("heavy", heavy))
    world.now += 1_000
    expect(admittedIn(world.turn(ended("c1"), submit("c2", cpu)))).toEqual([])
    expect(explain(world.queue, "c2", world.now)?.reasons).toEqual([
      { _tag: "Reserved", limit: "tag:cpu", for: "heavy" }
    ])
    expect(admittedIn(world.turn(submit("other")))).toEqual(["other"])
    expect(admittedIn(world.turn(ended("d1")))).toEqual(["heavy"])
  })

  it("is over with the run that it was for, and what was kept is there for those who have just come", () => {
    const world = under({ tagLimits: limits, reserveAfterMs: 1_000 })
    world.turn(submit("c1", cpu), submit("d1", disk), submit("heavy", heavy))
    world.now += 1_000
    expect(admittedIn(world.turn(ended("c1"), submit("c2", cpu)))).toEqual([])
    expect(admittedIn(world.turn(cancel("heavy")))).toEqual(["c2"])
  })

  it("leaves to others what there is more of than one", () => {
    const world = under({
      tagLimits: [
        { key: "cpu", limit: 2 },
        { key: "disk", limit: 1 }
      ],
      reserveAfterMs: 0
    })
    world.turn(submit("c1", cpu), submit("c2", cpu), submit("d1", disk), submit("heavy", heavy))
    expect(admittedIn(world.turn(submit("c3", cpu), submit("c4", cpu), ended("c1"), ended("c2")))).toEqual([
      "c3"
    ])
  })

  it("keeps a start of a rate, too", () => {
    const rateLimits = [{ key: "cpu", limit: 1, periodMs: 1_000 }]
    const world = under({ tagLimits: [{ key: "disk", limit: 1 }], rateLimits, reserveAfterMs: 0 })
    world.turn(submit("d1", disk), submit("heavy", heavy))
    expect(admittedIn(world.turn(submit("c1", cpu)))).toEqual([])
    expect(admittedIn(world.turn(ended("d1")))).toEqual(["heavy"])
    expect(world.queue.wakesAt).toBe(world.now + 1_000)
    world.now += 1_000
    expect(admittedIn(world.turn())).toEqual(["c1"])
  })

  it("bounds the wait: the first in line starts once of each of its limits one slot has come free", () => {
    const light = fc.constantFrom(cpu, disk)
    fc.assert(
      fc.property(fc.array(fc.tuple(light, fc.boolean()), { maxLength: 30 }), (moments) => {
        const world = under({ tagLimits: limits, reserveAfterMs: 0 })
        world.turn(submit("cpu0", cpu), submit("disk0", disk), submit("heavy", heavy))
        for (const [nth, [kind]] of moments.entries())
          expect(admittedIn(world.turn(submit(`light${nth}`, kind)))).toEqual([])
        const [first, second] = moments[0]?.[1] ? ["cpu0", "disk0"] : ["disk0", "cpu0"]
        expect(admittedIn(world.turn(ended(first)))).toEqual([])
        expect(admittedIn(world.turn(ended(second)))).toEqual(["heavy"])
      })
    )
  })
})

import * as Result from "effect/Result"
import { describe, expect, it } from "vitest"
import type { RunSpec } from "../../src/run/RunSpec.ts"
import type { World } from "../simulation/World.ts"
import {
  admittedIn,
  cancel,
  ended,
  exited,
  factsOf,
  hold,
  retrying,
  started,
  statesOf,
  submit,
  under
} from "./commands.ts"

type Collision = NonNullable<RunSpec["unique"]>["collision"]

const keyed = (run: string, collision: Collision, key = "nightly") =>
  submit(run, { unique: { key, collision } })

/** Of the key one runs and one waits. */
const busy = (mode: "queued" | "immediate" = "queued"): World => {
  const world = under({ mode })
  world.turn(keyed("a", "queue"))
  world.turn(started("a"), keyed("b", "queue"))
  return world
}

describe.each(["queued", "immediate"] as const)("of runs that share a key, in mode %s", (mode) => {
  it("one is in flight at a time, in their order, beside any others", () => {
    const world = under({ mode })
    const moment = world.turn(
      keyed("a", "queue"),
      keyed("b", "queue"),
      keyed("c", "queue", "other"),
      submit("d")
    )
    expect(admittedIn(moment)).toEqual(["a", "c", "d"])
    expect(admittedIn(world.turn(started("a")))).toEqual([])
    expect(admittedIn(world.turn(ended("a")))).toEqual(["b"])
  })

  it("one that is being stopped is still in flight", () => {
    const world = busy(mode)
    expect(admittedIn(world.turn(cancel("a")))).toEqual([])
    expect(admittedIn(world.turn(ended("a", exited)))).toEqual(["b"])
  })
})

describe("a new run, where another of its key is active,", () => {
  it("is refused if it is to be, and told by whom the key is taken", () => {
    const world = busy()
    const { replies, events } = world.turn(keyed("c", "refuse")).turn
    expect(replies).toEqual([
      Result.fail({ _tag: "KeyTaken", command: "SubmitRun", run: "c", key: "nightly", by: "a" })
    ])
    expect(events).toEqual([])
    for (const command of [ended("a"), cancel("b")]) {
      world.turn(command)
      expect(world.turn(keyed("c", "refuse")).turn.replies.map(Result.isFailure)).toEqual([true])
    }
    world.turn(ended("b"))
    expect(admittedIn(world.turn(keyed("c", "refuse")))).toEqual(["c"])
  })

  it("is refused even where the other only waits", () => {
    const world = under({})
    world.turn(keyed("a", "queue"), hold("a"))
    expect(world.turn(keyed("b", "refuse")).turn.replies.map(Result.isFailure)).toEqual([true])
  })

  it("takes the place of those that wait, and lets go on what runs", () => {
    const world = busy()
    const moment = world.turn(keyed("c", "replace"))
    expect(factsOf(moment)).toEqual(["RunCanceled b", "RunSubmitted c", "RunQueued c"])
    expect(world.queue.run("b").end).toEqual({ state: "canceled", cause: { _tag: "Replaced", by: "c" } })
    expect(moment.turn.events[0]).toMatchObject({ actor: "ann", cause: moment.asked[0]?.id })
    expect(admittedIn(world.turn(ended("a")))).toEqual(["c"])
  })

  it("takes the place of those that run, too, and starts once they are gone", () => {
    const world = busy()
    expect(factsOf(world.turn(keyed("c", "cancel")))).toEqual([
      "RunCancelRequested a",
      "RunCanceled b",
      "RunSubmitted c",
      "RunQueued c"
    ])
    expect(world.workers.get("a")?.stopping).toBe(true)
    expect(factsOf(world.turn(keyed("d", "cancel")))).toEqual([
      "RunCanceled c",
      "RunSubmitted d",
      "RunQueued d"
    ])
    expect(factsOf(world.turn(ended("a", exited)))).toEqual(["RunCanceled a", "RunAdmitted d"])
    expect(world.queue.run("a").end).toMatchObject({ cause: { _tag: "Replaced", by: "c" } })
  })

  it("has nobody's way to make where the key is its own alone", () => {
    for (const collision of ["queue", "refuse", "replace", "cancel"] as const) {
      const world = busy()
      expect(admittedIn(world.turn(keyed("c", collision, "other")))).toEqual(["c"])
      expect(statesOf(world)).toEqual({ a: "started", b: "queued", c: "launching" })
    }
  })

  it("that is refused for another reason leaves the others in their places", () => {
    const world = busy()
    const { replies, events } = world.turn(keyed("a", "cancel")).turn
    expect([replies.map(Result.isFailure), events]).toEqual([[true], []])
  })
})

it("a run that is done again by the rules stands in line for its key, and takes nobody's place", () => {
  const world = under(retrying({ runs: 1 }))
  world.turn(keyed("a", "cancel"))
  world.turn(started("a"), keyed("b", "queue"))
  world.turn(ended("a", exited))
  expect(statesOf(world)).toEqual({ a: "failed", b: "launching", "a-retry1": "queued" })
})

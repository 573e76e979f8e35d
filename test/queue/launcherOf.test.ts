import * as Result from "effect/Result"
import { describe, expect, it } from "vitest"
import { defaultRetries, type Policy } from "../../src/queue/Policy.ts"
import type { World } from "../simulation/World.ts"
import { ended, exited, rules, submit, under } from "./commands.ts"

const routes: NonNullable<Policy["routes"]> = [
  { launcher: "gpu", where: { team: "ml", "signalbox/job": "train" } },
  { launcher: "workers", where: { team: "ml" } },
  { launcher: "process", kind: "command" }
]

const launcher = ({ queue }: World, run: string) => queue.run(run).launcher

describe("the launcher of a run", () => {
  it("is that of the first route that fits it by its tags, its job and its kind", () => {
    const world = under({ routes })
    world.turn(
      submit("a", { job: "train", tags: { team: "ml" } }),
      submit("b", { job: "bake", tags: { team: "ml" } }),
      submit("c", { command: "true" }),
      submit("d", { job: "train", command: "true", tags: { team: "web" } })
    )
    expect(["a", "b", "c", "d"].map((run) => launcher(world, run))).toEqual([
      "gpu",
      "workers",
      "process",
      "process"
    ])
  })

  it("is the one that it names, whatever the routes say", () => {
    const world = under({ routes })
    world.turn(submit("a", { launcher: "moon", tags: { team: "ml" } }), submit("b", { launcher: "moon" }))
    expect([launcher(world, "a"), launcher(world, "b")]).toEqual(["moon", "moon"])
  })

  it("is not settled where there are no routes", () => {
    const world = under({})
    world.turn(submit("a"))
    expect(launcher(world, "a")).toBeUndefined()
  })

  it("stays as it was settled when other routes are put in force", () => {
    const world = under({ routes })
    world.turn(submit("a", { tags: { team: "ml" } }))
    world.turn(rules({ routes: [{ launcher: "inline" }] }), submit("b", { tags: { team: "ml" } }))
    expect([launcher(world, "a"), launcher(world, "b")]).toEqual(["workers", "inline"])
  })
})

describe("a run that no route takes", () => {
  it("is refused, and told which there are", () => {
    const world = under({ routes })
    const { replies, events } = world.turn(submit("a", { job: "train", tags: { team: "web" } })).turn
    const issue =
      "no route takes run a: there are routes for runs with team=ml and signalbox/job=train; team=ml; a command"
    expect([replies, events]).toEqual([
      [Result.fail({ _tag: "CommandInvalid", command: "SubmitRun", run: "a", issue })],
      []
    ])
  })

  it("and that the rules have done again, goes where the one before it went", () => {
    const world = under({ routes, retries: { ...defaultRetries, runs: 1 } })
    world.turn(submit("a", { tags: { team: "ml" } }))
    world.turn(
      rules({ routes: [{ launcher: "inline", kind: "command" }], retries: { ...defaultRetries, runs: 1 } })
    )
    world.turn(ended("a", exited))
    expect(launcher(world, "a-retry1")).toBe("workers")
  })
})

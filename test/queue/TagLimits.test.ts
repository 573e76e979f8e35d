import { describe, expect, it } from "vitest"
import { jobKey } from "../../src/queue/Policy.ts"
import { admittedIn, ended, lineOf, rules, submit, tagged, under } from "./commands.ts"

describe("a limit on how many values there are", () => {
  const tagLimits = [{ key: "db", distinct: true, limit: 2 }]
  const on = (run: string, db: string) => submit(run, tagged("db", db))

  it("lets in any number of runs of the values that are there, and no other value", () => {
    const world = under({ tagLimits })
    expect(
      admittedIn(world.turn(on("a", "x"), on("b", "y"), on("c", "z"), on("d", "x"), submit("e")))
    ).toEqual(["a", "b", "d", "e"])
    expect(admittedIn(world.turn(on("f", "y")))).toEqual(["f"])
  })

  it("lets another value in when the last run of one is gone", () => {
    const world = under({ tagLimits })
    world.turn(on("a", "x"), on("b", "y"), on("c", "z"), on("d", "x"))
    expect(admittedIn(world.turn(ended("a")))).toEqual([])
    expect(admittedIn(world.turn(ended("d")))).toEqual(["c"])
    expect(admittedIn(world.turn(on("e", "x"), on("f", "z")))).toEqual(["f"])
  })

  it("lets in all of a value at once when there is room for it", () => {
    const world = under({ tagLimits: [{ key: "db", distinct: true, limit: 1 }] })
    world.turn(on("a", "x"), on("b", "y"), on("c", "z"), on("d", "y"))
    expect(admittedIn(world.turn(ended("a")))).toEqual(["b", "d"])
  })

  it("lets in nothing where there may be none, and revokes nothing where there may be fewer", () => {
    const world = under({ tagLimits })
    world.turn(on("a", "x"), on("b", "y"))
    world.turn(rules({ tagLimits: [{ key: "db", distinct: true, limit: 1 }] }))
    expect(admittedIn(world.turn(on("c", "y"), on("d", "z")))).toEqual(["c"])
    world.turn(rules({ tagLimits: [{ key: "db", distinct: true, limit: 0 }] }))
    expect(admittedIn(world.turn(on("e", "x"), submit("f")))).toEqual(["f"])
  })
})

describe("a limit among some runs", () => {
  it("counts those that carry all of the other tags, and no others", () => {
    const world = under({ tagLimits: [{ key: "db", limit: 1, where: { team: "red", env: "test" } }] })
    const red = { team: "red", env: "test" }
    const moment = world.turn(
      submit("a", { tags: { db: "x", ...red } }),
      submit("b", { tags: { db: "y", ...red } }),
      submit("c", { tags: { db: "x", team: "red" } }),
      submit("d", { tags: { db: "x", team: "blue", env: "test" } }),
      submit("e", { tags: red })
    )
    expect([admittedIn(moment), lineOf(world)]).toEqual([["a", "c", "d", "e"], ["b"]])
  })

  it("holds beside the same limit among all, and among others", () => {
    const world = under({
      tagLimits: [
        { key: "db", each: true, limit: 2 },
        { key: "db", each: true, limit: 1, where: { team: "red" } },
        { key: "db", each: true, limit: 1, where: { team: "blue" } }
      ]
    })
    const teams = ["red", "red", "blue", "green"]
    const moment = world.turn(
      ...teams.map((team, index) => submit(`${team}${index}`, { tags: { db: "x", team } }))
    )
    expect(admittedIn(moment)).toEqual(["red0", "blue2"])
    expect(admittedIn(world.turn(ended("blue2")))).toEqual(["green3"])
  })
})

describe("a limit on jobs", () => {
  it("counts one job, or each, or all", () => {
    const runs = ["etl", "etl", "ml", "ml"].map((job, index) => submit(`${job}${index}`, { job }))
    const admitted = (limit: object) =>
      admittedIn(under({ tagLimits: [{ key: jobKey, limit: 1, ...limit }] }).turn(...runs))
    expect(admitted({ value: "etl" })).toEqual(["etl0", "ml2", "ml3"])
    expect(admitted({ each: true })).toEqual(["etl0", "ml2"])
    expect(admitted({})).toEqual(["etl0"])
    expect(admitted({ distinct: true })).toEqual(["etl0", "etl1"])
  })

  it("limits a tag within one job alone", () => {
    const world = under({ tagLimits: [{ key: "db", limit: 1, where: { [jobKey]: "etl" } }] })
    const moment = world.turn(
      submit("a", { job: "etl", ...tagged("db", "x") }),
      submit("b", { job: "etl", ...tagged("db", "x") }),
      submit("c", { job: "ml", ...tagged("db", "x") }),
      submit("d", { job: "etl" })
    )
    expect(admittedIn(moment)).toEqual(["a", "c", "d"])
  })
})

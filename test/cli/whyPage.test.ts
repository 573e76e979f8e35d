import { describe, expect, it } from "vitest"
import { wrap } from "../../src/cli/format.ts"
import { whyPage } from "../../src/cli/whyCommand.ts"
import { why } from "../../src/history/why.ts"
import { ended, hold, pause, submit, tagged, under } from "../queue/commands.ts"
import type { World } from "../simulation/World.ts"

const page = ({ queue, now }: World, run: string): ReadonlyArray<string> => {
  const said = why(queue, run, now)
  return said ? whyPage(said, undefined, now).split("\n") : []
}

const ids = (count: number) => Array.from({ length: count }, (_, at) => `a-run-with-a-long-name.${at}`)

describe("the page of a run that waits", () => {
  it("says what is in its way, who is ahead, what would start it and when it will", () => {
    const world = under({ maxConcurrentRuns: 1 })
    world.turn(submit("past"))
    world.now += 60_000
    world.turn(ended("past"))
    world.turn(submit("a"), submit("b"), submit("c"))
    world.now += 20_000
    expect(page(world, "c")).toEqual([
      "c is queued, 2 of 2 in line, since 1970-01-01T00:17:40Z.",
      "",
      "What is in its way",
      "  - limit runs is full for 20.0s: 1 of 1 held (a); 1 run ahead of it",
      "",
      "Ahead of it",
      "  - b",
      "",
      "What would start it now",
      "  - if limit runs were 3",
      "  - when a ends and if it is moved to the top",
      "",
      "When it will start",
      "  - at 1970-01-01T00:19:40Z (in 1m40s), by how long 1 run took"
    ])
  })

  it("is at most 80 columns wide, also with many long names", () => {
    const world = under({ maxConcurrentRuns: 12, tagLimits: [{ key: "team", each: true, limit: 12 }] })
    const all = ids(40)
    world.turn(...all.map((id) => submit(id, tagged("team", "red"))))
    const last = all.at(-1) ?? ""
    world.turn(hold(last), pause({ _tag: "Tag", key: "team", value: "red" }, world.now + 5_000))
    const lines = page(world, last)
    expect(lines.filter((line) => line.length > 80)).toEqual([])
    expect(lines.join("\n").replace(/\n {4}/g, " ")).toContain(`and ${27 - 5} more`)
    expect(lines.join("\n").replace(/\n {4}/g, " ")).toContain("held by ann: outage, for 0.0s")
  })

  it("says so where the next turn starts it", () => {
    const world = under({})
    world.turn(submit("a", { notBefore: world.now + 10 }))
    world.now += 10
    expect(page(world, "a")).toContain("Nothing is in its way: the next turn starts it.")
  })
})

describe("lines", () => {
  it("are broken between words, and a word that is longer than a line has one of its own", () => {
    const long = "x".repeat(90)
    expect(wrap(`a ${long} b`, "- ", "  ")).toEqual(["- a", `  ${long}`, "  b"])
    expect(wrap(`${"y".repeat(38)} ${"z".repeat(39)}`, "- ", "  ")).toHaveLength(1)
    expect(wrap(`${"y".repeat(38)} ${"z".repeat(40)}`, "- ", "  ")).toHaveLength(2)
  })
})

import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { EventData } from "../../src/queue/Event.ts"

const page = join(import.meta.dirname, "../../docs/reference/failures.md")
const text = readFileSync(page, "utf8")

/** The cells of each row of the page's tables, but for their headings. */
const rows = text
  .split("\n")
  .filter((line) => line.startsWith("| ") && !/^\| (what goes wrong|---) /.test(line))
  .map((line) => line.slice(2, -2).split(" | "))

/** The tests that a cell names: each a link to its file, under its title. */
const testsIn = (cell = ""): ReadonlyArray<{ readonly title: string; readonly file: string }> =>
  Array.from(cell.matchAll(/\[(.+?)\]\((\S+\.ts)\)/g), ([, title = "", file = ""]) => ({ title, file }))

const isThere = ({ title, file }: { readonly title: string; readonly file: string }): boolean => {
  const path = join(page, "..", file)
  return existsSync(path) && readFileSync(path, "utf8").includes(`"${title}"`)
}

describe("what can go wrong", () => {
  it("is told in four words each, with a test that shows it", () => {
    expect(rows.length).toBeGreaterThan(90)
    expect(rows.filter((cells) => cells.length !== 4 || testsIn(cells[3]).length === 0)).toEqual([])
  })

  it("is shown by tests that there are", () => {
    expect(rows.flatMap(([, , , cell]) => testsIn(cell)).filter((test) => !isThere(test))).toEqual([])
  })

  it("is recorded as events that there are", () => {
    const named = rows.flatMap(([, , cell = ""]) =>
      [...cell.matchAll(/`((?:Run|Slot|Coordinator|Admission|Policy|Schedule|Audit)[A-Z]\w+)`/g)].map(
        ([, name = ""]) => name
      )
    )
    const others = ["PolicyInvalid", "RunUnknown"]
    expect(named.filter((name) => !Object.hasOwn(EventData, name) && !others.includes(name))).toEqual([])
    expect(named).toContain("RunFailed")
  })
})

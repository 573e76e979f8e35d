import { readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"

const page = join(import.meta.dirname, "../../docs/reference/dagster.md")

/** The rows of a table whose last cell names a test: the file that it links, and the title. */
const proofsIn = (text: string): ReadonlyArray<{ readonly file: string; readonly title: string }> =>
  Array.from(
    text.matchAll(/\| \[[^\]]+\]\(([^)]+\.test\.ts)\): (.+) \|$/gm),
    ([, file = "", title = ""]) => ({
      file: join(page, "..", file),
      title
    })
  )

const isHeld = ({ file, title }: { readonly file: string; readonly title: string }): boolean =>
  readFileSync(file, "utf8").includes(title)

describe("the faults that are not repeated", () => {
  const text = readFileSync(page, "utf8")
  const [, table = ""] = text.split("## Faults that are not repeated")
  const rows = table.split("\n## ")[0]?.match(/^\| (?!There|---).+$/gm) ?? []

  it("name, each, the test that holds them", () => {
    expect(proofsIn(rows.join("\n")).length).toBe(rows.length)
    expect(rows.length).toBeGreaterThan(20)
  })

  it("name tests that there are", () => {
    expect(proofsIn(text).filter((proof) => !isHeld(proof))).toEqual([])
  })
})

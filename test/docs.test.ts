/**
 * What the docs say is so: links lead somewhere, code is that of files which compile and run, sessions print what
 * they show. `docs/` beside this file holds the checks, each with a test that it finds what is wrong.
 */
import { execFileSync } from "node:child_process"
import { rmSync } from "node:fs"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { unmarkedFences, wrongQuotes } from "./docs/fences.ts"
import { brokenLinks, lostPages } from "./docs/links.ts"
import { parsePages } from "./docs/Page.ts"
import { makeReadersFolder, type ReadersFolder } from "./docs/readersFolder.ts"
import { commandsOf, wrongOutput } from "./docs/session.ts"
import { readTree } from "./tidy/Tree.ts"

const root = join(import.meta.dirname, "..")
const { files } = readTree(root)
const pages = parsePages([...files].filter(([path]) => /^(README|CHANGELOG)\.md$|^docs\/.*\.md$/.test(path)))

const folders: Array<string> = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})
const readersFolder = (): ReadersFolder => {
  const folder = makeReadersFolder(root)
  folders.push(folder.cwd)
  return folder
}

describe("the docs", () => {
  it("begin with two maps, for those who use it and for those who read on", () => {
    expect([...pages.keys()]).toEqual(expect.arrayContaining(["README.md", "docs/README.md"]))
  })

  it("have no link that leads nowhere", () => {
    expect(brokenLinks(pages, new Set(files.keys()))).toEqual([])
  })

  it("have no page that no link leads to", () => {
    expect(lostPages(pages)).toEqual([])
  })

  it("have no block of unknown language", () => {
    expect(unmarkedFences(pages)).toEqual([])
  })

  it("show only code that stands in a file, as it stands there", () => {
    expect(wrongQuotes(pages, files)).toEqual([])
  })
})

describe("an example", () => {
  const examples = [...files.keys()].filter((path) => /^docs\/examples\/[^/]+\.ts$/.test(path))

  it.for(examples)("runs: %s", (path) => {
    const { cwd, env } = readersFolder()
    execFileSync("node", [path], { cwd, env, stdio: "pipe", timeout: 60_000 })
  })

  it("is there", () => {
    expect(examples).not.toEqual([])
  })
})

describe("the sessions of a page", () => {
  const withSessions = [...pages.values()].filter((page) => commandsOf(page).length > 0)

  it.for(withSessions.map(({ path }) => path))("go as it shows: %s", { timeout: 150_000 }, async (path) => {
    const { cwd, env } = readersFolder()
    const page = pages.get(path)
    expect(page && (await wrongOutput(page, cwd, env))).toEqual([])
  })

  it("are there", () => {
    expect(withSessions).not.toEqual([])
  })
})

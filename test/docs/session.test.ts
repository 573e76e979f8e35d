import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, describe, expect, it } from "vitest"
import { type Page, parsePages } from "./Page.ts"
import { commandsOf, hasPrinted, wrongOutput } from "./session.ts"

const cwd = mkdtempSync(join(tmpdir(), "signalbox-session-"))
afterAll(() => rmSync(cwd, { recursive: true, force: true }))

const page = (...lines: ReadonlyArray<string>): Page =>
  parsePages([["a.md", lines.join("\n")]]).get("a.md") as Page

describe("a session", () => {
  it("is made of commands and what they print", () => {
    const blocks = page(
      "```console",
      "$ cat <<E",
      "> a",
      "> E",
      "a",
      "> b",
      "```",
      "```console ignore",
      "$ c",
      "```",
      "```sh",
      "$ d",
      "```"
    )
    expect(commandsOf(blocks)).toEqual([{ line: 2, text: "cat <<E\na\nE", output: ["a", "> b"] }])
    expect(() => commandsOf(page("```console", "a", "```"))).toThrow('a session begins with "$ "')
  })

  it("prints what it shows, where … stands for anything", () => {
    expect(hasPrinted(["a … d", "…", "z"], "a b c d\n1\n2\nz\n")).toBe(true)
    expect(hasPrinted(["…", "z", ""], "z")).toBe(true)
    expect(hasPrinted([], "")).toBe(true)
    expect(hasPrinted(["a.c"], "abc\n")).toBe(false)
    expect(hasPrinted(["a"], "a\nb\n")).toBe(false)
    expect(hasPrinted(["a … d"], "a\nd\n")).toBe(false)
    expect(hasPrinted(["a … d"], "a b\nc d\n")).toBe(false)
    expect(hasPrinted([], "a\n")).toBe(false)
  })

  it("is one shell from the first block to the last, and what it leaves running ends with it", async () => {
    const blocks = page(
      "```console",
      '$ mkdir made && cd made && basename "$PWD"',
      "made",
      "",
      "$ sleep 600 &",
      "$ false",
      "$ echo $?",
      "1",
      "```",
      "```console",
      '$ basename "$PWD" >&2',
      "made",
      "```"
    )
    expect(await wrongOutput(blocks, cwd, {})).toEqual([])
  })

  it("that goes otherwise than it shows is found", async () => {
    const blocks = page(
      "```console",
      "$ echo said",
      "shown",
      "$ ls nowhere",
      "…",
      "$ exit",
      "$ echo after",
      "after",
      "```"
    )
    expect(await wrongOutput(blocks, cwd, {})).toEqual([
      "a.md:2 $ echo said\nprinted:\nsaid\n",
      "a.md:4 $ ls nowhere\nfailed with code 2",
      "a.md:6 $ exit\nwas not reached",
      "a.md:7 $ echo after\nwas not reached"
    ])
  })
})

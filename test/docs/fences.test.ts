import { describe, expect, it } from "vitest"
import { unmarkedFences, wrongQuotes } from "./fences.ts"
import { parsePages } from "./Page.ts"

const page = (...lines: ReadonlyArray<string>) => parsePages([["a.md", lines.join("\n")]])

const example = `import { open } from "signalbox"

// #region submit
if (open) {
  // #region inner
  open()
  // #endregion
}
// #endregion
open()
`

const wrong = (...block: ReadonlyArray<string>) =>
  wrongQuotes(page(...block, "```"), new Map([["docs/examples/a.ts", example]]))

describe("a fenced block", () => {
  it("must name a known language", () => {
    const some = ["```", "a", "```", "- b", "  ~~~tss", "  ```", "  ~~~", "````ts ignore", "```", "````"]
    expect(unmarkedFences(page(...some))).toEqual([
      'a.md:1 is of the language ""',
      'a.md:5 is of the language "tss"'
    ])
  })

  it("may be a whole file, a region of one, or no code", () => {
    const whole = ['import { open } from "signalbox"', "", "if (open) {", "  open()", "}", "open()"]
    expect(wrong("```ts", "// docs/examples/a.ts", ...whole)).toEqual([])
    expect(wrong("```ts", "// docs/examples/a.ts#submit", "if (open) {", "  open()", "}")).toEqual([])
    expect(wrong("- ```ts", "  // docs/examples/a.ts#inner", "  open()")).toEqual([])
    expect(wrong("> ```ts", "> // docs/examples/a.ts#inner", "> open()", "> ```")).toEqual([])
    expect(wrong("```ts ignore", "open()")).toEqual([])
    expect(wrong("```yaml", "# a comment", "a: 1")).toEqual([])
  })

  it("of code must say which file it quotes", () => {
    for (const fence of ["```ts", "  ```ts", "1. ```ts", "> ```ts"]) {
      expect(wrong(fence, "open()")).toEqual(["a.md:1 does not say which file it quotes"])
    }
  })

  it("must quote what is there", () => {
    expect(wrong("```ts", "// docs/examples/b.ts")).toEqual([
      "a.md:1 quotes docs/examples/b.ts, which is not there"
    ])
    expect(wrong("```ts", "// docs/examples/a.ts#b")).toEqual([
      "a.md:1 quotes region b of docs/examples/a.ts, which is not there"
    ])
    expect(wrong("```yaml", "# docs/examples/b.yaml", "a: 1")).toEqual([
      "a.md:1 quotes docs/examples/b.yaml, which is not there"
    ])
  })

  it("must quote letter for letter, from first to last", () => {
    const differs = (...quote: ReadonlyArray<string>) =>
      wrong("```ts", "// docs/examples/a.ts#submit", ...quote)
    const where = "a.md:1 differs from docs/examples/a.ts#submit where that says:"
    expect(differs("if (open) {", "  open() ", "}")).toEqual([`${where}   open()`])
    expect(differs("if (open) {", "  open()")).toEqual([`${where} }`])
    expect(differs("if (open) {", "  open()", "}", "open()")).toEqual([`${where} nothing more`])
    expect(differs("if (open) {", "  open()", "}", "")).toEqual([`${where} nothing more`])
  })
})

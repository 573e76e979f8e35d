import { describe, expect, it } from "vitest"
import { brokenLinks, lostPages } from "./links.ts"
import { parsePages } from "./Page.ts"

const readme = `
# A *first* heading, with \`code\`!
## Twice
## Twice
## Twice
## Half-way to [the docs](docs)
<a id="here"></a>
[a](docs/a.md#b--c) [b](#a-first-heading-with-code) [c](#twice-1) [d](docs) [e](https://x.example/#y) [f](#here)
[p](#twice-2) [q](#half-way-to-the-docs) [r](docs/guides)
[g](docs/b.md) [h](docs/a.md#c) [i](#twice-3) [j](/docs/a.md) <img src="docs/i.png">
\`[k](nowhere)\` \`\`[l](\`nowhere\`)\`\`
[m]: src/missing.ts
[n](src/index.ts) [o](src/index.ts#L3)
`

const a = `
# B & C
\`\`\`sh
# D
[a](nowhere)
\`\`\`
[b](../README.md "title") [c](../../x) [d](#d)
`

const pages = parsePages([
  ["README.md", readme],
  ["docs/a.md", a],
  ["docs/README.md", "[a](a.md#b--c)"],
  ["docs/concepts/lost.md", "[back](../a.md)"],
  ["docs/guides/README.md", ""]
])

describe("links", () => {
  it("must lead to a file or folder of the repository, and to a heading that is there", () => {
    expect(brokenLinks(pages, new Set([...pages.keys(), "src/index.ts"]))).toEqual([
      "README.md:10 docs/b.md leads nowhere",
      "README.md:10 docs/a.md#c names no heading",
      "README.md:10 #twice-3 names no heading",
      "README.md:10 /docs/a.md leads nowhere",
      "README.md:10 docs/i.png leads nowhere",
      "README.md:12 src/missing.ts leads nowhere",
      "README.md:13 src/index.ts#L3 names no heading",
      "docs/a.md:7 ../../x leads nowhere",
      "docs/a.md:7 #d names no heading"
    ])
  })

  it("must lead to each page of the docs", () => {
    expect(lostPages(pages)).toEqual(["docs/concepts/lost.md"])
  })
})

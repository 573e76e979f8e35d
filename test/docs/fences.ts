/**
 * Fenced blocks say what they are, and code says where it comes from: its first line is a comment that names a
 * file, whole as in `// docs/examples/first.ts`, or what stands between `// #region submit` and `// #endregion` in
 * it as in `// docs/examples/first.ts#submit`. That file is compiled and run, so what a page shows works.
 */
import type { Fence, Page } from "./Page.ts"

/** What a block may be. One that is misnamed would escape the checks of its kind. */
const languages = ["console", "diff", "http", "json", "mermaid", "sh", "sql", "text", "toml", "ts", "yaml"]

/** The blocks that do not say what they are. */
export const unmarkedFences = (pages: ReadonlyMap<string, Page>): ReadonlyArray<string> =>
  [...pages.values()].flatMap(({ path, fences }) =>
    fences
      .filter(({ language }) => !languages.includes(language))
      .map(({ line, language }) => `${path}:${line} is of the language "${language}"`)
  )

const citation = /^(?:\/\/|#|--) ((?:docs|src|machines|test)\/\S+?\.\w+)(?:#(\S+))?$/
const regionMark = /^\s*(?:\/\/|#|--) #(end)?region\b *(\S*)/

/** Without the indentation that all lines share. */
const flush = (lines: ReadonlyArray<string>): ReadonlyArray<string> => {
  const indents = lines.filter((line) => line.trim()).map((line) => line.search(/\S/))
  const shared = Math.min(...indents)
  return lines.map((line) => line.slice(shared))
}

/** The lines of a file or of a region in it, without the marks of regions; undefined if there is no such region. */
const excerpt = (text: string, region: string | undefined): ReadonlyArray<string> | undefined => {
  const lines = text.trimEnd().split("\n")
  const begin = lines.findIndex((line) => {
    const [, end, name] = regionMark.exec(line) ?? []
    return !end && name === region
  })
  if (region !== undefined && begin < 0) return undefined
  let depth = 1
  const kept: Array<string> = []
  for (const line of region === undefined ? lines : lines.slice(begin + 1)) {
    const mark = regionMark.exec(line)
    if (!mark) kept.push(line)
    else depth += mark[1] ? -1 : 1
    if (depth === 0) break
  }
  return region === undefined ? kept : flush(kept)
}

const flaw = (files: ReadonlyMap<string, string>, { language, marks, lines }: Fence) => {
  const [first = "", ...quoted] = lines
  const cited = citation.exec(first)
  if (!cited) {
    const isFree = language !== "ts" || marks.includes("ignore")
    return isFree ? undefined : "does not say which file it quotes"
  }
  const [, path = "", region] = cited
  const text = files.get(path)
  if (text === undefined) return `quotes ${path}, which is not there`
  const expected = excerpt(text, region)
  if (!expected) return `quotes region ${region} of ${path}, which is not there`
  const at = [...expected, ""].findIndex((line, index) => line !== (quoted[index] ?? ""))
  return at < 0 && quoted.length === expected.length
    ? undefined
    : `differs from ${cited[0].slice(3)} where that says: ${expected[at] ?? "nothing more"}`
}

/** The blocks that are not, letter for letter, what they quote. */
export const wrongQuotes = (
  pages: ReadonlyMap<string, Page>,
  files: ReadonlyMap<string, string>
): ReadonlyArray<string> =>
  [...pages.values()].flatMap(({ path, fences }) =>
    fences.flatMap((fence) => {
      const found = flaw(files, fence)
      return found === undefined ? [] : [`${path}:${fence.line} ${found}`]
    })
  )

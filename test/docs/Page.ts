/**
 * A Markdown page as the checks see it: what it links to, what can be linked to in it, and its fenced blocks.
 */

export interface Link {
  readonly target: string
  readonly line: number
}

export interface Fence {
  /** Of the fence itself. */
  readonly line: number
  readonly language: string
  /** What stands behind the language, such as `ignore`. */
  readonly marks: ReadonlyArray<string>
  readonly lines: ReadonlyArray<string>
}

export interface Page {
  readonly path: string
  readonly links: ReadonlyArray<Link>
  readonly anchors: ReadonlySet<string>
  readonly fences: ReadonlyArray<Fence>
}

const linkForms = [
  /\]\(\s*<?([^()\s<>]+)>?(?:\s+"[^"]*")?\s*\)/g,
  /^\s*\[[^\]]+\]:\s*(\S+)/g,
  /\b(?:href|src)="([^"]+)"/g
]

/** The anchor that GitHub gives a heading. */
const slug = (heading: string): string =>
  heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}\- _]/gu, "")
    .replaceAll(" ", "-")

/** Takes the fenced blocks out; what stays keeps its lines. */
const splitFences = (text: string): { readonly prose: Array<string>; readonly fences: Array<Fence> } => {
  const fences: Array<Fence> = []
  const prose: Array<string> = []
  let open: { readonly end: RegExp; readonly indent: RegExp; readonly lines: Array<string> } | undefined
  for (const [index, line] of text.split("\n").entries()) {
    const [, indent = "", ticks, info = ""] =
      /^([\s>]*(?:(?:[-*+]|\d+\.)\s+)?)(`{3,}|~{3,})(.*)$/.exec(line) ?? []
    prose.push("")
    if (open?.end.test(line)) open = undefined
    else if (open) open.lines.push(line.replace(open.indent, ""))
    else if (ticks) {
      const [language = "", ...marks] = info.trim().split(/\s+/)
      const lines: Array<string> = []
      fences.push({ line: index + 1, language, marks, lines })
      open = {
        end: new RegExp(`^[\\s>]*${ticks}${ticks[0]}*\\s*$`),
        indent: new RegExp(`^[\\s>]{0,${indent.length}}`),
        lines
      }
    } else prose[index] = line
  }
  return { prose, fences }
}

const anchorsOf = (prose: ReadonlyArray<string>): ReadonlySet<string> => {
  const anchors = new Set<string>()
  for (const line of prose) {
    for (const [, id] of line.matchAll(/\b(?:id|name)="([^"]+)"/g)) if (id) anchors.add(id)
    const heading = /^#{1,6}\s+(.*?)\s*#*\s*$/.exec(line)?.[1]
    if (heading === undefined) continue
    const plain = slug(heading)
    let anchor = plain
    for (let again = 1; anchors.has(anchor); again++) anchor = `${plain}-${again}`
    anchors.add(anchor)
  }
  return anchors
}

const linksOf = (prose: ReadonlyArray<string>): ReadonlyArray<Link> =>
  prose.flatMap((line, index) => {
    const withoutCode = line.replace(/(`+)[^`].*?\1/g, "")
    return linkForms
      .flatMap((form) => [...withoutCode.matchAll(form)])
      .map(([, target = ""]) => ({ target, line: index + 1 }))
  })

const parsePage = (path: string, text: string): Page => {
  const { prose, fences } = splitFences(text)
  return { path, fences, anchors: anchorsOf(prose), links: linksOf(prose) }
}

/** Reads pages, given by path and text. */
export const parsePages = (
  texts: Iterable<readonly [path: string, text: string]>
): ReadonlyMap<string, Page> => new Map(Array.from(texts, ([path, text]) => [path, parsePage(path, text)]))

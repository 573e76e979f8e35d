/**
 * Whether links lead somewhere, and whether someone who follows them finds every page.
 */
import { posix } from "node:path"
import type { Link, Page } from "./Page.ts"

/** Where readers begin. */
const maps = ["README.md", "docs/README.md"]

const isExternal = (target: string): boolean => /^[a-z][a-z0-9+.-]*:/i.test(target)

/** The file or folder that a link means, and the place in it. */
const destination = ({ path }: Page, target: string) => {
  const [file = "", anchor] = target.split("#", 2)
  const to = file === "" ? path : posix.join(posix.dirname(path), decodeURI(file)).replace(/\/$/, "")
  return { to, anchor }
}

const flaw = (pages: ReadonlyMap<string, Page>, files: ReadonlySet<string>, page: Page, { target }: Link) => {
  if (isExternal(target)) return undefined
  const { to, anchor } = destination(page, target)
  const isThere = files.has(to) || [...files].some((file) => file.startsWith(`${to}/`))
  if (!isThere || target.startsWith("/")) return "leads nowhere"
  return anchor === undefined || pages.get(to)?.anchors.has(anchor) ? undefined : "names no heading"
}

/** The links that lead to no file of the repository, or to no heading. */
export const brokenLinks = (
  pages: ReadonlyMap<string, Page>,
  files: ReadonlySet<string>
): ReadonlyArray<string> =>
  [...pages.values()].flatMap((page) =>
    page.links.flatMap((link) => {
      const found = flaw(pages, files, page, link)
      return found === undefined ? [] : [`${page.path}:${link.line} ${link.target} ${found}`]
    })
  )

/** The pages of `docs` that no chain of links leads to. */
export const lostPages = (pages: ReadonlyMap<string, Page>): ReadonlyArray<string> => {
  const found = new Set<string>()
  const follow = (path: string): void => {
    const page = pages.get(path) ?? pages.get(posix.join(path, "README.md"))
    if (!page || found.has(page.path)) return
    found.add(page.path)
    for (const { target } of page.links) if (!isExternal(target)) follow(destination(page, target).to)
  }
  for (const map of maps) follow(map)
  return [...pages.keys()].filter((path) => path.startsWith("docs/") && !found.has(path))
}

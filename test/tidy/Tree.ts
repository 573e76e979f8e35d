/**
 * The repository as the rules see it: every file that is or would be committed.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join, posix } from "node:path"
import { parse, type SourceFile } from "./SourceFile.ts"

export interface Tree {
  /** Text by path. */
  readonly files: ReadonlyMap<string, string>
  /** Those that are TypeScript. */
  readonly sources: ReadonlyMap<string, SourceFile>
}

/** What must be so, and a small tree in which it is not. */
export interface Rule {
  readonly title: string
  /** One line for each breach. */
  readonly breaches: (tree: Tree) => ReadonlyArray<string>
  readonly counterexample: Readonly<Record<string, string>>
  /** What is said of it. */
  readonly said: ReadonlyArray<string>
}

export const treeOf = (files: Iterable<readonly [path: string, text: string]>): Tree => {
  const texts = new Map(files)
  const sources = [...texts].filter(([path]) => path.endsWith(".ts"))
  return { files: texts, sources: new Map(sources.map(([path, text]) => [path, parse(path, text)])) }
}

/** Reads the repository, without what its `.gitignore` leaves out. */
export const readTree = (root: string): Tree => {
  const ignored = readFileSync(join(root, ".gitignore"), "utf8").split("\n").filter(Boolean)
  const isIgnored = (name: string): boolean =>
    name === ".git" || ignored.some((pattern) => posix.matchesGlob(name, pattern.replace(/\/$/, "")))
  const filesIn = (folder: string): ReadonlyArray<string> =>
    readdirSync(join(root, folder), { withFileTypes: true })
      .filter(({ name }) => !isIgnored(name))
      .flatMap((entry) => {
        const path = posix.join(folder, entry.name)
        return entry.isDirectory() ? filesIn(path) : [path]
      })
  return treeOf(filesIn("").map((path) => [path, readFileSync(join(root, path), "utf8")]))
}

/** The file that an import means; undefined if it is a package's. */
export const resolve = (importer: string, specifier: string): string | undefined =>
  specifier.startsWith(".") ? posix.join(posix.dirname(importer), specifier) : undefined

/** The product's own files. */
export const productOf = ({ sources }: Tree): ReadonlyArray<SourceFile> =>
  [...sources.values()].filter(({ path }) => /^(src|machines)\//.test(path))

/**
 * What is exported is used, and what is public is explained.
 */
import type { Export } from "./SourceFile.ts"
import { productOf, type Rule, resolve, type Tree } from "./Tree.ts"

/** Where the public names stand. */
const publicEntries = [
  "src/index.ts",
  "src/docker.ts",
  "src/kubernetes.ts",
  "src/postgres.ts",
  "src/worker.ts",
  "src/workers.ts"
]
const entryPoints = [...publicEntries, "src/cli/main.ts"]

/** For each file, the names that others take from it. */
const takenFrom = ({ sources }: Tree): ReadonlyMap<string, ReadonlySet<string>> => {
  const taken = new Map<string, Set<string>>()
  for (const { path, imports } of sources.values()) {
    for (const { from, names } of imports) {
      const target = resolve(path, from)
      if (target === undefined) continue
      taken.set(target, new Set([...(taken.get(target) ?? []), ...names]))
    }
  }
  return taken
}

const deadExports = (tree: Tree): ReadonlyArray<string> => {
  const taken = takenFrom(tree)
  return productOf(tree)
    .filter(({ path }) => !entryPoints.includes(path))
    .flatMap(({ path, exports }) => {
      const names = taken.get(path) ?? new Set<string>()
      if (names.has("*")) return []
      const unused = exports.filter(({ name }) => name !== "*" && !names.has(name))
      return [...new Set(unused.map(({ name }) => name))].map(
        (name) => `${path}: ${name} is used in no other file`
      )
    })
}

/** Whether a name says what it is where it is declared. A type and a value of one name share what is said. */
const isExplained = (tree: Tree, path: string, name: string): boolean => {
  const exports = tree.sources.get(path)?.exports ?? []
  const explains = (one: Export): boolean => {
    if (!one.passedOn) return one.documented
    const source = resolve(path, one.passedOn.from)
    return source === undefined || isExplained(tree, source, one.passedOn.name)
  }
  return name === "*"
    ? exports.every((one) => isExplained(tree, path, one.name))
    : exports.some((one) => one.name === name && explains(one))
}

const unexplained = (tree: Tree): ReadonlyArray<string> =>
  publicEntries.flatMap((entry) =>
    (tree.sources.get(entry)?.exports ?? [])
      .filter(({ passedOn, name }) => {
        const source = passedOn && resolve(entry, passedOn.from)
        return !isExplained(tree, source ?? entry, passedOn?.name ?? name)
      })
      .map(({ name, passedOn }) => `${name} of ${passedOn?.from ?? entry} has no docstring`)
  )

export const exportRules: ReadonlyArray<Rule> = [
  {
    title: "what is exported is used by another file or is public",
    breaches: deadExports,
    counterexample: {
      "src/index.ts": 'export { a } from "./run/a.ts"',
      "src/run/a.ts":
        "export const a = 1\nexport type B = 1\nexport const c = 1\nexport const d = 1\nexport type d = 1",
      "src/run/e.ts": 'import { type B, c as see } from "./a.ts"\nexport const e = 1',
      "src/run/f.ts": 'import * as e from "./e.ts"\nexport const f = 1',
      "test/f.test.ts": 'import { f } from "../src/run/f.ts"'
    },
    said: ["src/run/a.ts: d is used in no other file"]
  },
  {
    title: "every public name has a docstring",
    breaches: unexplained,
    counterexample: {
      "src/index.ts": [
        'export { a, b, type C } from "./run/a.ts"',
        'export type { D } from "./run/d.ts"',
        'export * as e from "./run/e.ts"',
        'export * as f from "./run/f.ts"'
      ].join("\n"),
      "src/run/a.ts":
        "/** What. */\nexport const a = 1\nexport const b = 1\n/** Of C. */\nexport type C = 1\nexport const C = 1",
      "src/run/d.ts": 'export type { D } from "./e.ts"',
      "src/run/e.ts": "/** What. */\nexport type D = 1\n/** What. */\nexport type E = 1",
      "src/run/f.ts":
        "/** What. */\nconst g = 1\n/* No. */\nexport const f = g\n/** What. */\nexport const h = 1"
    },
    said: ["b of ./run/a.ts has no docstring", "f of ./run/f.ts has no docstring"]
  }
]

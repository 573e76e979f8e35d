/**
 * What stands in no committed file, and what two files must say alike.
 */
import { posix } from "node:path"
import type { Rule, Tree } from "./Tree.ts"

/** Spells what no committed file may hold, this one included: the rules look here, too. */
const spelled = (...parts: ReadonlyArray<string>): string => parts.join("")

const work = spelled("/wo", "rk/")
const root = spelled("/ro", "ot/")
const toDo = spelled("TO", "DO")
const fixMe = spelled("FIX", "ME")
const skip = spelled(".sk", "ip(")
const only = spelled(".on", "ly(")

/** Words, the files that they do not belong in, and why. */
const unwanted: ReadonlyArray<{ readonly words: RegExp; readonly where: RegExp; readonly why: string }> = [
  { words: /\/(work|root)\//, where: /./, why: "is a path of one machine" },
  {
    words: new RegExp(spelled("\\b(", toDo, "|", fixMe, "|XX", "X)\\b")),
    where: /./,
    why: "is done now or not at all"
  },
  { words: /\.(only|skip|todo)\(/, where: /^test\//, why: "leaves tests out" }
]

const isBinary = (text: string): boolean => text.includes("\0")

const unwantedWords = ({ files }: Tree): ReadonlyArray<string> =>
  [...files].flatMap(([path, text]) => {
    if (isBinary(text)) return []
    const here = unwanted.filter(({ where }) => where.test(path))
    return text.split("\n").flatMap((line, index) =>
      here.flatMap(({ words, why }) => {
        const found = words.exec(line)
        return found ? [`${path}:${index + 1} ${found[0]} ${why}`] : []
      })
    )
  })

const json = ({ files }: Tree, path: string): Record<string, unknown> => JSON.parse(files.get(path) ?? "{}")

interface Locked {
  readonly resolved?: string
  readonly integrity?: string
  readonly link?: boolean
  readonly optional?: boolean
  readonly os?: ReadonlyArray<string>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

const locked = (tree: Tree): ReadonlyArray<readonly [path: string, of: Locked]> =>
  Object.entries((json(tree, "package-lock.json")["packages"] ?? {}) as Readonly<Record<string, Locked>>)

/** A package that is locked by its content comes from whatever registry its installer trusts. */
const looseLocks = (tree: Tree): ReadonlyArray<string> =>
  locked(tree).flatMap(([path, { resolved, integrity, link, optional, os }]) => {
    if (resolved?.startsWith("http")) return [`${path} is tied to ${resolved}`]
    const isOfAnotherSystem = optional && os
    const isOurs = link || !path.includes("node_modules/")
    return integrity || isOfAnotherSystem || isOurs ? [] : [`${path} is not locked by its content`]
  })

/** Whether a package stands where one in `folder` looks for it: beside it, or further up. */
const isLocked = (paths: ReadonlySet<string>, folder: string, name: string): boolean =>
  paths.has(posix.join(folder, "node_modules", name)) ||
  (folder !== "." && isLocked(paths, posix.dirname(folder), name))

/** Without it `npm ci` refuses the lock. Entries for other systems get lost where a registry lacks the package. */
const missingLocks = (tree: Tree): ReadonlyArray<string> => {
  const paths = new Set(locked(tree).map(([path]) => path))
  return locked(tree).flatMap(([path, { dependencies, optionalDependencies }]) =>
    Object.keys({ ...dependencies, ...optionalDependencies })
      .filter((name) => !isLocked(paths, path || ".", name))
      .map((name) => `${path || "the package"} needs ${name}, which is not locked`)
  )
}

export const textRules: ReadonlyArray<Rule> = [
  {
    title: "no file names a machine's paths, promises work, or leaves tests out",
    breaches: unwantedWords,
    counterexample: {
      "docs/a.md": `It lies\nin ${work}main.\n`,
      ".ci/run": `cd ${root}x`,
      "src/run/a.ts": `// ${toDo}: more\nconst b = list${skip}1)`,
      "test/a.test.ts": `it${skip}"a", a)\ndescribe${only}"b", b)`,
      "log.sqlite": `\0 ${fixMe} ${work}main`
    },
    said: [
      `docs/a.md:2 ${work} is a path of one machine`,
      `.ci/run:1 ${root} is a path of one machine`,
      `src/run/a.ts:1 ${toDo} is done now or not at all`,
      `test/a.test.ts:1 ${skip} leaves tests out`,
      `test/a.test.ts:2 ${only} leaves tests out`
    ]
  },
  {
    title: "every package is locked by its content and to no registry",
    breaches: looseLocks,
    counterexample: {
      "package-lock.json": JSON.stringify({
        packages: {
          "": {},
          "test/toolchain": {},
          "node_modules/a": { resolved: "https://registry.example/a.tgz", integrity: "sha512-a" },
          "node_modules/b": { integrity: "sha512-b" },
          "node_modules/c": {},
          "node_modules/d": { resolved: "test/toolchain", link: true },
          "node_modules/e": { optional: true, os: ["darwin"] },
          "node_modules/f": { optional: true }
        }
      })
    },
    said: [
      "node_modules/a is tied to https://registry.example/a.tgz",
      "node_modules/c is not locked by its content",
      "node_modules/f is not locked by its content"
    ]
  },
  {
    title: "every package that is needed is locked",
    breaches: missingLocks,
    counterexample: {
      "package-lock.json": JSON.stringify({
        packages: {
          "": { dependencies: { "@a/a": "1", b: "1" } },
          "node_modules/@a/a": { dependencies: { b: "1", c: "1", d: "1" }, optionalDependencies: { e: "1" } },
          "node_modules/@a/a/node_modules/c": { dependencies: { d: "1", f: "1" } },
          "node_modules/d": {}
        }
      })
    },
    said: [
      "the package needs b, which is not locked",
      "node_modules/@a/a needs b, which is not locked",
      "node_modules/@a/a needs e, which is not locked",
      "node_modules/@a/a/node_modules/c needs f, which is not locked"
    ]
  },
  {
    title: "logs are signed with the package's name and version",
    breaches: (tree) => {
      const { name, version } = json(tree, "package.json")
      const wanted = `${name} ${version}`
      const signed = tree.sources.get("src/software.ts")?.strings ?? []
      return signed.includes(wanted) ? [] : [`src/software.ts says ${signed.join()}, not ${wanted}`]
    },
    counterexample: {
      "package.json": JSON.stringify({ name: "signalbox", version: "0.2.0" }),
      "src/software.ts": 'export const software = "signalbox 0.1.0"'
    },
    said: ["src/software.ts says signalbox 0.1.0, not signalbox 0.2.0"]
  }
]

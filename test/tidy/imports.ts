/**
 * Who may import whom.
 */
import type { SourceFile } from "./SourceFile.ts"
import { productOf, type Rule, resolve, type Tree } from "./Tree.ts"

const pure = ["machines", "run", "queue"]
const inner = [...pure, "history", "log", "subscription", "launcher", "coordinator"]

/** What each folder of `src`, and each file that stands beside them, may import besides itself. */
const layers: Readonly<Record<string, ReadonlyArray<string>>> = {
  settings: [],
  software: [],
  machines: [],
  run: ["machines"],
  queue: ["machines", "run"],
  history: pure,
  log: pure,
  subscription: [...pure, "log"],
  launcher: pure,
  coordinator: [...pure, "history", "log", "subscription", "launcher"],
  config: pure,
  http: inner,
  cli: [...inner, "config", "http", "debugger"],
  debugger: [...pure, "history", "http/Api"],
  index: [...inner, "config"],
  docker: ["launcher"],
  kubernetes: ["launcher"],
  postgres: ["log", "subscription"],
  worker: ["run", "launcher"],
  workers: ["launcher", "http"]
}

/** May be imported by all. */
const shared = ["settings", "software"]

/** Which folders may import a package; `node` is what comes with Node. */
const packages: Readonly<Record<string, ReadonlyArray<string>>> = {
  effect: Object.keys(layers),
  xstate: ["machines", "run", "coordinator"],
  yaml: ["config"],
  "fastest-levenshtein": ["config", "cli"],
  "log-update": ["cli"],
  "string-width": ["cli"],
  node: ["log", "subscription", "launcher", "coordinator", "config", "http", "cli"],
  "@effect/platform-node": ["http", "cli"],
  "@effect/sql-pg": ["log"],
  "@kubernetes/client-node": ["launcher"]
}

/** Files that others are meant to begin at, and that may gather names for them. */
const entryPoints = [
  "src/index.ts",
  "src/docker.ts",
  "src/kubernetes.ts",
  "src/postgres.ts",
  "src/worker.ts",
  "src/workers.ts",
  "src/cli/main.ts"
]

const placeOf = (path: string): string => path.replace(/^src\//, "").replace(/(\/.*|\.ts)$/, "")
const packageOf = (specifier: string): string =>
  specifier.startsWith("node:") ? "node" : (/^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier)

const mayImport = (importer: string, imported: string): boolean => {
  const [from, to] = [placeOf(importer), placeOf(imported)]
  const file = imported.replace(/^src\/|\.ts$/g, "")
  return from === to || shared.includes(to) || [to, file].some((name) => layers[from]?.includes(name))
}

const layering = (tree: Tree): ReadonlyArray<string> =>
  productOf(tree).flatMap(({ path, imports }) => {
    if (!(placeOf(path) in layers)) return [`${path} stands in no layer`]
    return imports.flatMap(({ from, line }) => {
      const imported = resolve(path, from)
      return imported === undefined || mayImport(path, imported)
        ? []
        : [`${path}:${line} imports ${imported}`]
    })
  })

const packaging = (tree: Tree): ReadonlyArray<string> =>
  productOf(tree).flatMap(({ path, imports }) =>
    imports
      .filter(({ from }) => !from.startsWith(".") && !packages[packageOf(from)]?.includes(placeOf(path)))
      .map(({ from, line }) => `${path}:${line} imports ${from}`)
  )

/** A package's main entry loads all of it, which takes a command line half a second. */
const wholePackages = ["effect", "@effect/platform-node"]

const byModule = ({ sources }: Tree): ReadonlyArray<string> =>
  [...sources.values()].flatMap(({ path, imports }) =>
    imports
      .filter(({ from }) => wholePackages.includes(from))
      .map(({ from, line }) => `${path}:${line} imports all of ${from}`)
  )

const targets = ({ path, imports }: SourceFile): ReadonlyArray<string> => [
  ...new Set(imports.map(({ from }) => resolve(path, from)).filter((target) => target !== undefined))
]

const cycles = ({ sources }: Tree): ReadonlyArray<string> => {
  const found: Array<string> = []
  const done = new Set<string>()
  const visit = (path: string, trail: ReadonlyArray<string>): void => {
    if (trail.includes(path)) found.push([...trail.slice(trail.indexOf(path)), path].join(" → "))
    const file = sources.get(path)
    if (!file || done.has(path) || trail.includes(path)) return
    for (const target of targets(file)) visit(target, [...trail, path])
    done.add(path)
  }
  for (const path of sources.keys()) visit(path, [])
  return found
}

const barrels = (tree: Tree): ReadonlyArray<string> =>
  productOf(tree)
    .filter(({ path }) => !entryPoints.includes(path))
    .filter(({ exports }) => exports.length > 0 && exports.every(({ passedOn }) => passedOn))
    .map(({ path }) => `${path} only passes on what others export`)

/** What a file refers to: by import, or by a path in quotes, as threads and scripts are started. */
const reaches = (file: SourceFile): ReadonlyArray<string> => {
  const quoted = file.strings.filter((text) => text.endsWith(".ts"))
  return [...targets(file), ...quoted, ...quoted.flatMap((text) => resolve(file.path, text) ?? [])]
}

const deadFiles = ({ files, sources }: Tree): ReadonlyArray<string> => {
  const alive = new Set<string>()
  const enter = (path: string): void => {
    const file = sources.get(path)
    if (!file || alive.has(path)) return
    alive.add(path)
    for (const target of reaches(file)) enter(target)
  }
  for (const path of entryPoints) enter(path)
  const product = productOf({ files, sources }).filter(({ path }) => !alive.has(path))
  const started = [...(files.get("package.json") ?? "").matchAll(/[\w/]+\.ts/g)].map(([path]) => path)
  const others = [...sources.keys()].filter((path) => /\.(test|config)\.ts$|^docs\/examples\//.test(path))
  for (const path of [...started, ...others]) enter(path)
  const rest = [...sources.values()].filter(({ path }) => !alive.has(path))
  return [...new Set([...product, ...rest])].map(({ path }) => `${path} is used by nobody`)
}

export const importRules: ReadonlyArray<Rule> = [
  {
    title: "a folder imports only from the layers below it",
    breaches: layering,
    counterexample: {
      "src/run/a.ts":
        'import { machine } from "../../machines/b.ts"\nimport type { B } from "../log/b.ts"\ntype C = import("../cli/c.ts").C',
      "src/history/a.ts": 'import { settings } from "../settings.ts"\nexport * from "../http/Api.ts"',
      "src/debugger/a.ts":
        'import { Api } from "../http/Api.ts"\nconst server = import("../http/layerSocket.ts")',
      "src/misplaced/a.ts": ""
    },
    said: [
      "src/run/a.ts:2 imports src/log/b.ts",
      "src/run/a.ts:3 imports src/cli/c.ts",
      "src/history/a.ts:2 imports src/http/Api.ts",
      "src/debugger/a.ts:2 imports src/http/layerSocket.ts",
      "src/misplaced/a.ts stands in no layer"
    ]
  },
  {
    title: "a folder imports only the packages it is for",
    breaches: packaging,
    counterexample: {
      "src/queue/a.ts": 'import { join } from "node:path"\nimport * as Option from "effect/Option"',
      "src/http/a.ts": 'import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"',
      "src/coordinator/a.ts": 'import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"',
      "src/log/a.ts": 'import leftPad from "left-pad"'
    },
    said: [
      "src/queue/a.ts:1 imports node:path",
      "src/coordinator/a.ts:1 imports @effect/platform-node/NodeHttpServer",
      "src/log/a.ts:1 imports left-pad"
    ]
  },
  {
    title: "Effect is imported by module",
    breaches: byModule,
    counterexample: {
      "src/run/a.ts": 'import { Option } from "effect"',
      "src/run/b.ts": 'import * as Option from "effect/Option"'
    },
    said: ["src/run/a.ts:1 imports all of effect"]
  },
  {
    title: "no file imports itself, by whatever way round",
    breaches: cycles,
    counterexample: {
      "src/run/a.ts": 'import "./b.ts"',
      "src/run/b.ts": 'import type { C } from "./c.ts"',
      "src/run/c.ts": 'import "./b.ts"\nimport "./d.ts"',
      "src/run/d.ts": ""
    },
    said: ["src/run/b.ts → src/run/c.ts → src/run/b.ts"]
  },
  {
    title: "no file but an entry point only gathers the names of others",
    breaches: barrels,
    counterexample: {
      "src/index.ts": 'export { a } from "./run/a.ts"',
      "src/run/a.ts": "export const a = 1",
      "src/run/b.ts": 'export type { A } from "./a.ts"\nexport const b = 1',
      "src/run/c.ts": 'export { a } from "./a.ts"\nexport * from "./b.ts"'
    },
    said: ["src/run/c.ts only passes on what others export"]
  },
  {
    title: "every file is used by the product, a test, an example or a script",
    breaches: deadFiles,
    counterexample: {
      "package.json": '{ "scripts": { "bench": "node test/bench/main.ts" } }',
      "src/index.ts": 'const thread = new URL("./log/writer.ts", import.meta.url)',
      "src/log/writer.ts": "",
      "src/log/onlyTested.ts": "",
      "test/bench/main.ts": "",
      "test/log.test.ts":
        'import "../src/log/onlyTested.ts"\nimport "./log/contract.ts"\nrun("test/log/child.ts")',
      "test/log/child.ts": "",
      "test/log/contract.ts": "",
      "test/log/forgotten.ts": ""
    },
    said: ["src/log/onlyTested.ts is used by nobody", "test/log/forgotten.ts is used by nobody"]
  }
]

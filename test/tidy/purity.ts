/**
 * What the pure folders may not touch. It is what lets the same files run in production, in the simulator, in the
 * debugger and over a log of years ago, with the same result.
 */
import { productOf, type Rule, type Tree } from "./Tree.ts"

const pureFolders = /^(machines|src\/(run|queue|history))\//

const time = "time comes in as `now`"
const chance = "ids come in with commands"
const world = "the coordinator and the launchers act"
const waiting = "the coordinator waits"

/** Words of the language and of Node that are not pure, and what there is instead. */
const impure: Readonly<Record<string, string>> = {
  Date: time,
  performance: time,
  "Math.random": chance,
  crypto: chance,
  process: world,
  console: world,
  globalThis: world,
  fetch: world,
  setTimeout: waiting,
  setInterval: waiting,
  setImmediate: waiting,
  queueMicrotask: waiting,
  Promise: waiting,
  async: waiting,
  await: waiting
}

/** The modules of `effect` that are pure. */
const pureModules = [
  "Array",
  "Data",
  "Duration",
  "Equal",
  "Function",
  "HashMap",
  "HashSet",
  "Match",
  "Option",
  "Order",
  "Predicate",
  "Record",
  "Result",
  "Schema",
  "SchemaIssue",
  "Struct"
]

/** Modules that a pure folder may have beyond these: history reads logs, which come as streams; schedules give `Cron` the time. */
const granted: Readonly<Record<string, ReadonlyArray<string>>> = {
  "src/history/": ["Effect", "Stream"],
  "src/queue/Timetable": ["Cron"]
}

const mayHave = (path: string, module: string): boolean =>
  pureModules.includes(module) ||
  Object.entries(granted).some(([folder, modules]) => path.startsWith(folder) && modules.includes(module))

const pureFiles = (tree: Tree) => productOf(tree).filter(({ path }) => pureFolders.test(path))

export const purityRules: ReadonlyArray<Rule> = [
  {
    title: "a pure folder knows no clock, no chance, no world and no waiting",
    breaches: (tree) =>
      pureFiles(tree).flatMap(({ path, uses }) =>
        uses
          .filter(({ word }) => Object.hasOwn(impure, word))
          .map(({ word, line }) => `${path}:${line} uses ${word}: ${impure[word]}`)
      ),
    counterexample: {
      "src/run/a.ts": "export const at = Date.now()\nexport const on = new Date()",
      "src/queue/a.ts": "export const toss = () => Math.random() < Math.max(0, 0.5)",
      "src/queue/b.ts": 'export const b = { process: 1, "fetch": (now: { console: 1 }) => now.console }',
      "src/history/a.ts": "export const read = async () => {\n  await fetch(process.argv[2])\n}",
      "src/log/a.ts": "export const at = Date.now()"
    },
    said: [
      "src/run/a.ts:1 uses Date: time comes in as `now`",
      "src/run/a.ts:2 uses Date: time comes in as `now`",
      "src/queue/a.ts:1 uses Math.random: ids come in with commands",
      "src/history/a.ts:1 uses async: the coordinator waits",
      "src/history/a.ts:2 uses await: the coordinator waits",
      "src/history/a.ts:2 uses fetch: the coordinator and the launchers act",
      "src/history/a.ts:2 uses process: the coordinator and the launchers act"
    ]
  },
  {
    title: "a pure folder has only the pure parts of Effect",
    breaches: (tree) =>
      pureFiles(tree).flatMap(({ path, imports }) =>
        imports
          .filter(({ from }) => from.startsWith("effect/") && !mayHave(path, from.slice("effect/".length)))
          .map(({ from, line }) => `${path}:${line} imports ${from}`)
      ),
    counterexample: {
      "src/run/a.ts": 'import * as Option from "effect/Option"\nimport type * as Effect from "effect/Effect"',
      "src/history/a.ts": 'import * as Effect from "effect/Effect"\nimport * as Clock from "effect/Clock"',
      "src/log/a.ts": 'import * as Clock from "effect/Clock"'
    },
    said: ["src/run/a.ts:2 imports effect/Effect", "src/history/a.ts:2 imports effect/Clock"]
  }
]

/**
 * How long things may be. A function fits a screen; a file is read in one sitting.
 */
import { productOf, type Rule, type Tree } from "./Tree.ts"

const fileLinesMax = 300
const functionLinesMax = 70

const medianLines = (tree: Tree): number =>
  productOf(tree)
    .map(({ lines }) => lines)
    .sort((a, b) => a - b)
    .at(Math.floor(productOf(tree).length / 2)) ?? 0

export const sizeRules: ReadonlyArray<Rule> = [
  {
    title: `a file has at most ${fileLinesMax} lines`,
    breaches: (tree) =>
      [...tree.sources.values()]
        .filter(({ lines }) => lines > fileLinesMax)
        .map(
          ({ path, lines }) => `${path} has ${lines} lines; half of all have at most ${medianLines(tree)}`
        ),
    counterexample: {
      "src/run/a.ts": `${"\n".repeat(299)}export const a = 1\n`,
      "src/run/b.ts": `${"\n".repeat(300)}export const a = 1\n`,
      "test/run.test.ts": `${"\n".repeat(301)}export const a = 1\n`
    },
    said: [
      "src/run/b.ts has 301 lines; half of all have at most 301",
      "test/run.test.ts has 302 lines; half of all have at most 301"
    ]
  },
  {
    title: `a function has at most ${functionLinesMax} lines`,
    breaches: (tree) =>
      productOf(tree).flatMap(({ path, functions }) =>
        functions
          .filter(({ lines }) => lines > functionLinesMax)
          .map(({ name, line, lines }) => `${path}:${line} ${name} has ${lines} lines`)
      ),
    counterexample: {
      "src/run/a.ts": `export const a = () => {${"\n".repeat(69)}}`,
      "src/run/b.ts": `export const b = () => {${"\n".repeat(70)}}`,
      "src/run/c.ts": `class C {\n  d() {${"\n".repeat(70)}}\n}\nconst e = { *f() {${"\n".repeat(71)}} }`,
      "test/run.test.ts": `describe("run", () => {${"\n".repeat(100)}})`
    },
    said: ["src/run/b.ts:1 b has 71 lines", "src/run/c.ts:2 d has 71 lines", "src/run/c.ts:74 f has 72 lines"]
  }
]

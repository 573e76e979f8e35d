/**
 * Plants one fault after the other in production code and has the simulator look for it. Ends with 1 if one survives.
 */
import { spawn } from "node:child_process"
import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import type { Said } from "./mutant.ts"
import { type Mutation, mutations } from "./mutations.ts"

const { values } = parseArgs({
  options: {
    histories: { type: "string", default: "2000" },
    steps: { type: "string", default: "500" },
    threads: { type: "string", default: String(Math.min(2, availableParallelism())) },
    only: { type: "string" }
  }
})

/** A fault may have the program go round for ever; then nothing is said. */
const patienceMs = 600_000

/** What is found with that fault; a text if the process ended otherwise. */
const look = ({ name }: Mutation): Promise<Said | string> =>
  new Promise((resolve) => {
    const program = fileURLToPath(new URL("./mutant.ts", import.meta.url))
    const child = spawn(process.execPath, [program, name, values.histories, values.steps], {
      timeout: patienceMs
    })
    let out = ""
    let err = ""
    child.stdout.on("data", (data) => {
      out += data
    })
    child.stderr.on("data", (data) => {
      err += data
    })
    child.on("close", (code, signal) => resolve(code === 0 ? (JSON.parse(out) as Said) : `${signal ?? err}`))
  })

/** A line of the table, and whether the fault was found as it should be. */
const judge = ({ name, rules }: Mutation, said: Said | string): readonly [line: string, isFound: boolean] => {
  if (typeof said === "string") return [`FAILED     ${name}: ${said}`, false]
  const { breach, histories } = said
  if (!breach) return [`SURVIVED   ${name}: ${histories - 1} histories`, false]
  const isExpected = rules.includes(breach.rule)
  const word = isExpected ? "found" : "OTHERWISE"
  const where = `in history ${histories}, step ${breach.step}`
  const line = `${word.padEnd(10)} ${name}: "${breach.rule}" ${where}: ${breach.issue.split("\n")[0]?.slice(0, 110)}`
  return [line, isExpected]
}

const chosen = mutations.filter(({ name }) => values.only === undefined || name.includes(values.only))
const left = chosen.values()
let isWell = chosen.length > 0

const work = async (): Promise<void> => {
  for (const mutation of left) {
    const [line, isFound] = judge(mutation, await look(mutation))
    process.stdout.write(`${line}\n`)
    isWell &&= isFound
  }
}

await Promise.all(Array.from({ length: Number(values.threads) }, work))
process.stdout.write(
  `${chosen.length} faults planted; ${isWell ? "every one was found" : "not all were found"}\n`
)
process.exitCode = isWell ? 0 : 1

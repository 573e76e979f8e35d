/**
 * `npm run conformance -- FILE.jsonl …`: plays recorded scenarios on the production queue, and says where it decides
 * otherwise than was recorded.
 */
import { readFileSync } from "node:fs"
import * as Schema from "effect/Schema"
import { judge } from "./judge.ts"
import { Recording } from "./Scenario.ts"

const decode = Schema.decodeUnknownSync(Recording)

const files = process.argv.slice(2)
if (files.length === 0) {
  console.error("usage: npm run conformance -- FILE.jsonl …")
  process.exit(2)
}

const brief = (value: unknown): string => JSON.stringify(value) ?? "nothing"

let passed = 0
let failed = 0
let diverging = 0
for (const file of files) {
  const lines = readFileSync(file, "utf8").split("\n")
  for (const [index, line] of lines.entries()) {
    if (line.trim() === "") continue
    try {
      const recording = decode(JSON.parse(line))
      const verdict = judge(recording)
      if (verdict._tag === "Agrees") passed++
      else {
        const { at, expected, got } = verdict
        const where = `${recording.id} step ${at} ${brief(recording.steps[at] ?? "end")}`
        const what = `expected ${brief(expected)}, got ${brief(got)}`
        if (verdict._tag === "Diverges") {
          diverging++
          console.log(`${where}: diverges on purpose, ${what}`)
        } else {
          failed++
          console.log(`${where}: ${what}`)
        }
      }
    } catch (error) {
      failed++
      console.log(`${file}:${index + 1}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}
if (diverging > 0) {
  console.log(
    `${diverging} diverge on purpose: there, a run that its pools held back had used up a tag limit, and others waited for it.`
  )
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

/**
 * `npm run bench`: every figure beside its baseline of the same run. `npm run bench -- latency` runs one of them.
 */
import { cpus, type as system, totalmem } from "node:os"
import { admission } from "./admission.ts"
import { bulk } from "./bulk.ts"
import { type Figure, toMarkdown } from "./Figure.ts"
import { heartbeats } from "./heartbeats.ts"
import { latency } from "./latency.ts"
import { lifeCycles } from "./lifeCycles.ts"
import { logReading } from "./logReading.ts"
import { logWriting } from "./logWriting.ts"
import { monitoring } from "./monitoring.ts"
import { postgres } from "./postgres.ts"
import { replaying } from "./replaying.ts"

const benchmarks: Readonly<Record<string, () => Promise<ReadonlyArray<Figure>>>> = {
  lifeCycles,
  admission,
  bulk,
  latency,
  monitoring,
  heartbeats,
  replaying,
  logWriting,
  logReading,
  postgres
}

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !Object.hasOwn(benchmarks, name))
if (unknown.length > 0) {
  console.error(`no benchmark ${unknown.join(", ")}; there are: ${Object.keys(benchmarks).join(", ")}`)
  process.exit(2)
}

const [cpu] = cpus()
const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`
console.log(
  `Node ${process.versions.node} on ${system()}, ${cpus().length} × ${cpu?.model.trim()}, ${memory}\n`
)

const figures: Array<Figure> = []
for (const [name, run] of Object.entries(benchmarks)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue
  console.error(`${name} …`)
  figures.push(...(await run()))
}
console.log(toMarkdown(figures))

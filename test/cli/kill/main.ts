/**
 * `npm run kill -- [--kills 50] [--processes 50] [--workers 10] [--seed N]`: real work by so many processes and HTTP workers,
 * whose coordinator is killed so often.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { freeAddress } from "../../http/Site.ts"
import { bundle } from "../../toolchain/bundle.ts"
import { campaign } from "./campaign.ts"

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "50" },
    processes: { type: "string", default: "50" },
    workers: { type: "string", default: "10" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) }
  }
})
const [kills, processes, workers] = [Number(values.kills), Number(values.processes), Number(values.workers)]
console.log(`${kills} kills, ${processes} processes, ${workers} HTTP workers, seed ${values.seed}`)

const folder = mkdtempSync(join(tmpdir(), "signalbox-kill-"))
process.env["SIGNALBOX_PROGRAM"] = await bundle(folder)
const began = Date.now()
const report = await campaign(
  { folder, address: freeAddress(), seed: Number(values.seed), kills, processes, workers },
  (kill) => kill % 10 === 0 && console.log(`killed ${kill} times`)
)
const { missing, surplus, violations, audit, inFlight, inFlightAtEnd, states } = report
const sorted = inFlight.toSorted((a, b) => a - b)
console.log(
  `${JSON.stringify(states)} in ${Math.round((Date.now() - began) / 1000)} s; in flight at a kill: ` +
    `${sorted[0]} to ${sorted.at(-1)}, mostly ${sorted[sorted.length >> 1]}`
)
const isKept =
  missing.length + surplus.length + violations.length + inFlightAtEnd + (audit ?? 1) === 0 &&
  Object.keys(states).join() === "succeeded"
if (!isKept) {
  console.error("promises are broken", { ...report, folder })
  process.exit(1)
}
console.log("every promise is kept")
rmSync(folder, { recursive: true, force: true })

/**
 * Many runs in one call: submitted and queued, each chunk durable as a whole.
 */
import { join } from "node:path"
import { open } from "../../src/coordinator/open.ts"
import { type Figure, median } from "./Figure.ts"
import { inRounds } from "./inRounds.ts"
import { appendRaw, byTurn, rowsOf, withFolder } from "./place.ts"

const runs = 100_000

const once = async (folder: string, at: number) => {
  const log = join(folder, `${at}.db`)
  const box = await open({ log, policy: { maxConcurrentRuns: 0 }, jobs: {} })
  const specs = Array.from({ length: runs }, (_, nth) => ({
    id: `run-${nth}`,
    job: "noop",
    tags: { team: `team-${nth % 7}` }
  }))
  const began = performance.now()
  await box.submitAll(specs)
  const ours = performance.now() - began
  await box.close()
  const commits = byTurn(rowsOf(log))
  const rawBegan = performance.now()
  appendRaw(join(folder, `${at}-raw.db`), commits)
  return { ours, raw: performance.now() - rawBegan, commits: commits.length }
}

export const bulk = (): Promise<ReadonlyArray<Figure>> =>
  withFolder(async (folder) => {
    const results = await inRounds((at) => once(folder, at))
    const ours = median(results.map((one) => one.ours))
    const raw = median(results.map((one) => one.raw))
    return [
      {
        name: `${runs.toLocaleString("en-US")} runs in one call, against raw appends of the same rows in as many commits (${results[0]?.commits})`,
        ours: `${Math.round(ours)} ms`,
        baseline: `${Math.round(raw)} ms`,
        ratio: median(results.map((one) => one.ours / one.raw)),
        target: { atMost: 2 }
      }
    ]
  })

/**
 * Whole lives a second: submitted, queued, admitted under limits, started, succeeded; each step durable.
 */
import { join } from "node:path"
import { open } from "../../src/coordinator/open.ts"
import { type Figure, median } from "./Figure.ts"
import { inRounds } from "./inRounds.ts"
import { appendRaw, byTurn, rowsOf, withFolder } from "./place.ts"

const lives = 20_000
const submitters = 64

const policy = { maxConcurrentRuns: 100, tagLimits: [{ key: "team", each: true, limit: 50 }] }

/** The milliseconds that a round takes, through the promise facade as a program would use it. */
const round = async (log: string): Promise<number> => {
  const box = await open({ log, jobs: { noop: () => undefined }, policy })
  let next = 0
  const submit = async () => {
    for (let at = next++; at < lives; at = next++) {
      await box.submit({ id: `run-${at}`, job: "noop", tags: { team: `team-${at % 7}` } })
    }
  }
  const began = performance.now()
  await Promise.all(Array.from({ length: submitters }, submit))
  await box.ended(`run-${lives - 1}`)
  await box.close()
  return performance.now() - began
}

const once = async (folder: string, at: number) => {
  const log = join(folder, `${at}.db`)
  const ours = await round(log)
  const commits = byTurn(rowsOf(log))
  const began = performance.now()
  appendRaw(join(folder, `${at}-raw.db`), commits)
  return { ours, raw: performance.now() - began, commits: commits.length }
}

export const lifeCycles = (): Promise<ReadonlyArray<Figure>> =>
  withFolder(async (folder) => {
    const results = await inRounds((at) => once(folder, at))
    const perSecond = (ms: number) => Math.round((lives / ms) * 1000)
    const ours = median(results.map((one) => one.ours))
    const raw = median(results.map((one) => one.raw))
    const commits = median(results.map((one) => one.commits))
    return [
      {
        name: `durable life cycles, ${submitters} submitters, limits on, against raw appends of the same rows in as many commits (${commits})`,
        ours: `${perSecond(ours)}/s`,
        baseline: `${perSecond(raw)}/s`,
        ratio: median(results.map((one) => one.raw / one.ours)),
        target: { atLeast: 0.4 }
      },
      {
        name: "durable life cycles a second, in thousands",
        ours: `${perSecond(ours)}/s`,
        baseline: "",
        ratio: perSecond(ours) / 1000,
        target: { atLeast: 10 }
      }
    ]
  })

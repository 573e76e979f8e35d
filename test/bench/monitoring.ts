/**
 * What time limits cost: launches of runs that have nothing to do, with limits on their start, their runtime and their
 * cancellation, against the same without any; in time of the processor, for the disk is the same to both.
 */
import { join } from "node:path"
import { open } from "../../src/coordinator/open.ts"
import type { Timeouts } from "../../src/run/RunEvent.ts"
import { type Figure, median } from "./Figure.ts"
import { inRounds } from "./inRounds.ts"
import { withFolder } from "./place.ts"

const runs = 10_000
const submitters = 64

const none: Timeouts = { startMs: null, runtimeMs: null, cancelMs: null }
const all: Timeouts = { startMs: 60_000, runtimeMs: 3_600_000, cancelMs: 60_000 }

/** The processor's microseconds for one launch, and how many there were in a second. */
const launches = async (log: string, timeouts: Timeouts) => {
  const policy = { maxConcurrentRuns: 100, timeouts }
  const box = await open({ log, jobs: { noop: () => undefined }, policy })
  let next = 0
  const submit = async () => {
    for (let at = next++; at < runs; at = next++) await box.submit({ id: `run-${at}`, job: "noop" })
  }
  const before = process.cpuUsage()
  const began = performance.now()
  await Promise.all(Array.from({ length: submitters }, submit))
  await box.ended(`run-${runs - 1}`)
  const { user, system } = process.cpuUsage(before)
  const perSecond = (runs / (performance.now() - began)) * 1_000
  await box.close()
  return { cost: (user + system) / runs, perSecond }
}

export const monitoring = (): Promise<ReadonlyArray<Figure>> =>
  withFolder(async (folder) => {
    const results = await inRounds(async (at) => ({
      without: await launches(join(folder, `${at}-without.db`), none),
      limited: await launches(join(folder, `${at}-limited.db`), all)
    }))
    const cost = (of: "limited" | "without") => `${median(results.map((one) => one[of].cost)).toFixed(1)} µs`
    const perSecond = Math.round(median(results.map(({ limited }) => limited.perSecond)))
    return [
      {
        name: `a launch with time limits, of ${perSecond} a second, against one without`,
        ours: cost("limited"),
        baseline: cost("without"),
        ratio: median(results.map(({ limited, without }) => limited.cost / without.cost)),
        target: { atMost: 1.2 }
      },
      {
        name: "launches a second with time limits, in thousands",
        ours: `${perSecond}/s`,
        baseline: "",
        ratio: perSecond / 1_000,
        target: { atLeast: 1 }
      }
    ]
  })

/**
 * From submit to launch on an idle coordinator, in commits: what a lone commit of the same rows costs.
 */
import { join } from "node:path"
import { open } from "../../src/coordinator/open.ts"
import { type Figure, quantile } from "./Figure.ts"
import { appendRaw, byTurn, rowsOf, withFolder } from "./place.ts"

const submits = 2_000
const warmUp = 200

export const latency = (): Promise<ReadonlyArray<Figure>> =>
  withFolder(async (folder) => {
    const log = join(folder, "ours.db")
    let launched = 0
    const jobs = {
      noop: () => {
        launched = performance.now()
      }
    }
    const box = await open({ log, jobs })
    const waits: Array<number> = []
    for (let at = 0; at < submits; at++) {
      const began = performance.now()
      await box.submit({ id: `run-${at}`, job: "noop" })
      await box.ended(`run-${at}`)
      waits.push(launched - began)
    }
    await box.close()
    const admissions = byTurn(rowsOf(log)).filter((rows) => rows.some((row) => row[3] === "RunAdmitted"))
    let position = 0
    const renumbered = admissions.map((rows) => rows.map((row) => [++position, ...row.slice(1)]))
    const commits = appendRaw(join(folder, "raw.db"), renumbered).slice(warmUp)
    const ours = waits.slice(warmUp)
    const commit = quantile(commits, 0.5)
    const inCommits = (share: number, atMost: number): Figure => ({
      name: `submit to launch at idle, p${share * 100}, in commits of the same rows`,
      ours: `${quantile(ours, share).toFixed(3)} ms`,
      baseline: `${commit.toFixed(3)} ms (median commit)`,
      ratio: quantile(ours, share) / commit,
      target: { atMost }
    })
    return [inCommits(0.5, 1.5), inCommits(0.99, 4)]
  })

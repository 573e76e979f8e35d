/**
 * From submit to launch on an idle coordinator, in commits: what a lone commit of the same rows costs, made by this thread
 * in between, so that both meet the same disk in the same mood.
 */
import { join } from "node:path"
import { open } from "../../src/coordinator/open.ts"
import { type Figure, quantile } from "./Figure.ts"
import { byTurn, type RawRow, rawLog, rowsOf, withFolder } from "./place.ts"

const submits = 4_000
const warmUp = 5_000

/** The rows of the turn that submits, queues and admits one run. */
const admissionIn = (log: string): ReadonlyArray<RawRow> => {
  const turn = byTurn(rowsOf(log)).find((rows) => rows.some((row) => row[3] === "RunAdmitted"))
  if (!turn) throw new Error("no run was admitted")
  return turn
}

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
    const wait = async (id: string): Promise<number> => {
      const began = performance.now()
      await box.submit({ id, job: "noop" })
      await box.ended(id)
      return launched - began
    }
    for (let at = 0; at < warmUp; at++) await wait(`first-${at}`)
    const rows = admissionIn(log)
    const raw = rawLog(join(folder, "raw.db"))
    const waits: Array<number> = []
    const commits: Array<number> = []
    for (let at = 0; at < submits; at++) {
      waits.push(await wait(`run-${at}`))
      commits.push(raw.commit(rows.map((row, nth) => [at * rows.length + nth + 1, ...row.slice(1)])))
    }
    await box.close()
    raw.close()
    const inCommits = (share: number, atMost: number): Figure => ({
      name: `submit to launch at idle, p${share * 100}, in commits of the same rows`,
      ours: `${quantile(waits, share).toFixed(3)} ms`,
      baseline: `${quantile(commits, 0.5).toFixed(3)} ms (median commit)`,
      ratio: quantile(waits, share) / quantile(commits, 0.5),
      target: { atMost }
    })
    return [inCommits(0.5, 1.5), inCommits(0.99, 4)]
  })

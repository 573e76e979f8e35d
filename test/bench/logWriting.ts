/**
 * What the log adds to writing: hashes, against the same batches without; and many who submit at once, against raw inserts
 * of the same rows in as many commits.
 */
import { join } from "node:path"
import { open } from "../../src/coordinator/open.ts"
import type { Row } from "../../src/log/codec.ts"
import { eventHash, firstPrevious } from "../../src/log/eventHash.ts"
import { type Figure, median } from "./Figure.ts"
import { inRounds } from "./inRounds.ts"
import { appendLives, appendRaw, byTurn, type RawRow, rawLog, rowsOf, withFolder } from "./place.ts"

const runs = 4_000
const submitters = 64
const submits = 20_000

const hashed = (file: string, commits: ReadonlyArray<ReadonlyArray<RawRow>>): void => {
  const raw = rawLog(file)
  let last = firstPrevious
  for (const rows of commits) {
    raw.commit(
      rows.map((row) => {
        last = eventHash(last, row as unknown as Row)
        return row.with(-1, last)
      })
    )
  }
  raw.close()
}

const timed = (run: () => void): number => {
  const began = performance.now()
  run()
  return performance.now() - began
}

const hashing = async (folder: string): Promise<Figure> => {
  const source = join(folder, "source.db")
  const events = appendLives(source, runs, 0)
  const commits = byTurn(rowsOf(source))
  const results = await inRounds((at) => ({
    ours: timed(() => hashed(join(folder, `hashed-${at}.db`), commits)),
    raw: timed(() => appendRaw(join(folder, `raw-${at}.db`), commits))
  }))
  const perSecond = (ms: number) => `${Math.round(events / ms)} k events/s`
  return {
    name: `appends with hashes, against the same batches (of ${Math.round(events / commits.length)}) without`,
    ours: perSecond(median(results.map((one) => one.ours))),
    baseline: perSecond(median(results.map((one) => one.raw))),
    ratio: median(results.map((one) => one.raw / one.ours)),
    target: { atLeast: 0.8 }
  }
}

/** The milliseconds that it takes to submit, with nobody admitted: two events each, all durable. */
const submitAll = async (log: string): Promise<number> => {
  const box = await open({ log, jobs: { noop: () => undefined }, policy: { maxConcurrentRuns: 0 } })
  let next = 0
  const submit = async () => {
    for (let at = next++; at < submits; at = next++) await box.submit({ id: `run-${at}`, job: "noop" })
  }
  const began = performance.now()
  await Promise.all(Array.from({ length: submitters }, submit))
  const took = performance.now() - began
  await box.close({ mode: "handover" })
  return took
}

const submitting = async (folder: string): Promise<Figure> => {
  const results = await inRounds(async (at) => {
    const log = join(folder, `submits-${at}.db`)
    const ours = await submitAll(log)
    const commits = byTurn(rowsOf(log))
    const raw = timed(() => appendRaw(join(folder, `submits-raw-${at}.db`), commits))
    return { ours, raw, commits: commits.length }
  })
  const perSecond = (ms: number) => `${Math.round((submits / ms) * 1000)}/s`
  const commits = median(results.map((one) => one.commits))
  return {
    name: `${submitters} who submit at once, against raw inserts of the same rows in as many commits (${commits})`,
    ours: perSecond(median(results.map((one) => one.ours))),
    baseline: perSecond(median(results.map((one) => one.raw))),
    ratio: median(results.map((one) => one.raw / one.ours)),
    target: { atLeast: 0.5 }
  }
}

export const logWriting = (): Promise<ReadonlyArray<Figure>> =>
  withFolder(async (folder) => [await hashing(folder), await submitting(folder)])

/**
 * The runs of one run file, done once: a batch. `signalbox run FILE` begins a batch, and goes on with it where an
 * earlier one was cut off.
 */
import { basename } from "node:path"
import * as Schema from "effect/Schema"
import type { Plan } from "../config/readRunFile.ts"
import type { RunQueue } from "../queue/RunQueue.ts"
import { isFinished } from "../run/lifecycle.ts"
import type { Run } from "../run/Run.ts"
import { RunSpec } from "../run/RunSpec.ts"

/** Tags by which a run is known to be of a batch. */
export const batchTags = {
  /** The run file's name. */
  file: "signalbox/file",
  /** The batch's number, from 1. */
  batch: "signalbox/batch",
  /** The run's id in the file. */
  name: "signalbox/name"
} as const

/** What is to be done about a run file, given what the log knows. */
interface Batch {
  readonly number: number
  /** All runs of the batch, under their ids in the log. */
  readonly specs: ReadonlyArray<RunSpec>
  /** What an earlier, unfinished go at it has left; empty where it is begun now. */
  readonly begun: ReadonlyArray<Run>
  /** Names whose runs were recorded otherwise than the file says now. */
  readonly changed: ReadonlyArray<string>
}

const inBatch = (plan: Plan, number: number): ReadonlyArray<RunSpec> =>
  plan.runs.map((spec) => ({
    ...spec,
    id: `${spec.id}.${number}`,
    tags: {
      ...spec.tags,
      [batchTags.file]: basename(plan.file),
      [batchTags.batch]: String(number),
      [batchTags.name]: spec.id
    }
  }))

const sameSpec = Schema.toEquivalence(RunSpec)

/** A moment that counts from the start of the program is another one each time; it makes no other run. */
const timeless = ({ notBefore: _, ...spec }: RunSpec): RunSpec => spec

/** The batch to go on with, or the next one. */
export const findBatch = (queue: RunQueue, plan: Plan): Batch => {
  const file = basename(plan.file)
  const ofFile = [...queue.runs.values()].filter((run) => run.spec.tags?.[batchTags.file] === file)
  const last = ofFile.reduce((most, run) => Math.max(most, Number(run.spec.tags?.[batchTags.batch])), 0)
  const newest = ofFile.filter((run) => run.spec.tags?.[batchTags.batch] === String(last))
  if (newest.every((run) => isFinished(run.state))) {
    return { number: last + 1, specs: inBatch(plan, last + 1), begun: [], changed: [] }
  }
  const specs = inBatch(plan, last)
  const byId = new Map(specs.map((spec) => [spec.id, spec]))
  const changed = newest.filter((run) => {
    if (run.retry !== undefined) return false
    const spec = byId.get(run.id)
    return !spec || !sameSpec(timeless(spec), timeless(run.spec))
  })
  const names = changed.map((run) => run.spec.tags?.[batchTags.name] ?? run.id)
  return { number: last, specs, begun: newest, changed: names }
}

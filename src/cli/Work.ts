/**
 * What `run` is to do: the runs of a file, or whatever waits in the log.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Plan } from "../config/readRunFile.ts"
import { Coordinator } from "../coordinator/Coordinator.ts"
import { isFinished } from "../run/lifecycle.ts"
import type { Run } from "../run/Run.ts"
import { Exit, exitCodes } from "./exitCodes.ts"
import { findBatch } from "./findBatch.ts"
import { readIfThere, readQueue } from "./readQueue.ts"

/** What to follow: some runs, from a position of the log on, under a heading. */
export interface Work {
  readonly heading: string
  readonly position: number
  /** Those that the log knows at that position. */
  readonly runs: ReadonlyArray<Run>
  /** The runs that are to come, by id; any if undefined. */
  readonly expected: ReadonlySet<string> | undefined
}

const changedError = (names: ReadonlyArray<string>, file: string): Exit => {
  const which = names.join(", ")
  const message =
    `The last batch of ${file} was cut off, and the file has changed since: ${which}. ` +
    "Undo the change to go on with it, or use --fresh to cancel what is left and begin anew."
  return new Exit({ code: exitCodes.usage.code, message })
}

/** Submits what of the batch is not in the log yet, all in one turn. */
export const beginBatch = Effect.fnUntraced(function* (plan: Plan, fresh: boolean) {
  const coordinator = yield* Coordinator
  const left = yield* coordinator.query((queue) => findBatch(queue, plan))
  if (fresh) {
    const unfinished = left.begun.filter((run) => !isFinished(run.state))
    yield* Effect.forEach(unfinished, ({ id: run }) =>
      Effect.andThen(coordinator.ask({ _tag: "CancelRun", run, reason: "--fresh" }), coordinator.ended(run))
    )
  } else if (left.changed.length > 0) {
    return yield* changedError(left.changed, plan.file)
  }
  const [position, batch] = yield* coordinator.query(
    (queue) => [queue.position, findBatch(queue, plan)] as const
  )
  const { begun, specs, number } = batch
  const known = new Set(begun.map((run) => run.id))
  const missing = specs.filter((spec) => !known.has(spec.id))
  const replies = yield* coordinator.askAll(missing.map((spec) => ({ _tag: "SubmitRun", spec })))
  for (const reply of replies) if (Result.isFailure(reply)) return yield* reply.failure
  const done = begun.filter((run) => isFinished(run.state)).length
  const goesOn = begun.length > 0 ? `, going on: ${done} of ${specs.length} done` : ""
  const heading = `${plan.file}, batch ${number}${goesOn}`
  return { heading, position, runs: begun, expected: new Set(specs.map((spec) => spec.id)) } satisfies Work
})

/**
 * All that has not ended, whoever submitted it; asked before anyone leads, so that nothing has ended yet. Who stays for what
 * is still to come may begin with a log that is not there yet.
 */
export const takeUpQueue = Effect.fnUntraced(function* (log: string, stay: boolean) {
  const queue = yield* stay ? readIfThere(log) : readQueue(log)
  const unfinished = [...queue.runs.values()].filter((run) => !isFinished(run.state))
  const heading = "what waits in the log"
  return { heading, position: queue.position, runs: unfinished, expected: undefined } satisfies Work
})

/**
 * The log's state for commands that only read: folded anew from its events, while others may write to it.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { nearest } from "../config/decodeDocument.ts"
import { recover } from "../coordinator/recover.ts"
import { lastAdmission } from "../history/why.ts"
import type { LogError } from "../log/LogError.ts"
import { snapshotFile } from "../log/Snapshots.ts"
import { type Explanation, explain } from "../queue/explain.ts"
import { RunQueue } from "../queue/RunQueue.ts"
import type { Run } from "../run/Run.ts"
import { Exit, exitCodes } from "./exitCodes.ts"
import { batchTags } from "./findBatch.ts"
import { openLog, snapshotIn } from "./openLog.ts"

/** The queue as the log has it now. */
export const readQueue = Effect.fnUntraced(function* (log: string) {
  const events = yield* openLog(log)
  const { position } = yield* events.head
  return (yield* recover(events, snapshotFile(snapshotIn(log)), position)).queue
}, Effect.scoped)

const isMissing = (error: { readonly _tag: string } | LogError): boolean =>
  error._tag === "LogError" && "reason" in error && error.reason._tag === "Missing"

/** The same; an empty one where there is no log yet. */
export const readIfThere = (log: string) =>
  Effect.catchIf(readQueue(log), isMissing, () => Effect.succeed(new RunQueue()))

/** The newest run of that id, or of that id in a batch: `hash` finds `hash.3`. */
export const findRun = (queue: RunQueue, id: string): Effect.Effect<Run, Exit> => {
  const exact = queue.runs.get(id)
  const ofBatch = [...queue.runs.values()].findLast((run) => run.spec.tags?.[batchTags.name] === id)
  const found = exact ?? ofBatch
  if (found) return Effect.succeed(found)
  const near = nearest(id, [...queue.runs.keys()])
  const hint = near === undefined ? "" : ` Did you mean ${near}?`
  return Effect.fail(
    new Exit({ code: exitCodes.failed.code, message: `There is no run ${id} in this log.${hint}` })
  )
}

/** When and why the run was let in last; undefined if it never was, or is not any more. */
export const readAdmission = (log: string, { id, admittedAt }: Run) =>
  admittedAt === undefined
    ? Effect.succeed(undefined)
    : Effect.scoped(Effect.flatMap(openLog(log), (events) => lastAdmission(events.read({ run: id }))))

/** Why a run waits, as of now. */
export const explainNow = Effect.fnUntraced(function* (queue: RunQueue, run: Run) {
  const now = yield* Clock.currentTimeMillis
  const explanation: Explanation | undefined = explain(queue, run.id, now)
  return explanation ?? (yield* Effect.die(new Error(`no run ${run.id}`)))
})

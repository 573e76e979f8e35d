/**
 * What stands between a new run and its place in the queue: the length of the queue, pools that could never hold it,
 * other runs of its key.
 */
import * as Result from "effect/Result"
import { isWaiting } from "../run/lifecycle.ts"
import type { Rejection } from "../run/Rejection.ts"
import type { Run } from "../run/Run.ts"
import type { RunFact } from "../run/RunEvent.ts"
import type { RunSpec } from "../run/RunSpec.ts"
import { routeIssue } from "./launcherOf.ts"
import { claimLimit } from "./Policy.ts"
import type { RunQueue } from "./RunQueue.ts"

/** Others that make room for the new run, and what befalls them. */
export type MakingRoom = ReadonlyArray<readonly [run: string, fact: RunFact]>

type Decision = Result.Result<MakingRoom, Rejection>

const nobody: MakingRoom = []
const command = "SubmitRun"

/** Slots of a pool that no step could ever have: more than there are. A pool of none may have some later. */
export const tooHeavy = (queue: RunQueue, pool: string, slots: number): string | undefined => {
  const limit = claimLimit(queue.policy, pool)
  if (limit === undefined || limit === 0 || slots <= limit) return undefined
  return `a step needs ${slots} slots of pool ${pool}, which has ${limit}`
}

const poolIssue = (queue: RunQueue, { pools }: RunSpec): string | undefined => {
  for (const [pool, slots] of Object.entries(pools?.slots ?? {})) {
    const issue = tooHeavy(queue, pool, slots)
    if (issue) return issue
  }
  return undefined
}

const replaced = (run: Run, by: string): RunFact => {
  const data = { attempt: run.attempt, cause: { _tag: "Replaced", by } } as const
  return { type: isWaiting(run.state) ? "RunCanceled" : "RunCancelRequested", data }
}

const collide = (queue: RunQueue, { id, unique }: RunSpec): Decision => {
  const others = unique ? Array.from(queue.groups.withKey(unique.key), (other) => queue.run(other)) : []
  const [first] = others
  if (!unique || !first || unique.collision === "queue") return Result.succeed(nobody)
  if (unique.collision === "refuse")
    return Result.fail({ _tag: "KeyTaken", command, run: id, key: unique.key, by: first.id })
  const goes = ({ state }: Run) =>
    isWaiting(state) || (unique.collision === "cancel" && state !== "canceling")
  return Result.succeed(others.filter(goes).map((run) => [run.id, replaced(run, id)]))
}

/** Whether the queue takes a new run, and who makes room for it. */
export const makeRoom = (queue: RunQueue, spec: RunSpec): Decision => {
  const issue = poolIssue(queue, spec) ?? routeIssue(queue.policy, spec)
  if (issue) return Result.fail({ _tag: "CommandInvalid", command, run: spec.id, issue })
  return Result.flatMap(collide(queue, spec), (room): Decision => {
    const waiting = queue.waiting.line.size - room.filter(([, { type }]) => type === "RunCanceled").length
    const max = queue.policy.maxQueuedRuns
    return max === undefined || waiting < max
      ? Result.succeed(room)
      : Result.fail({ _tag: "QueueFull", command, run: spec.id, waiting, max })
  })
}

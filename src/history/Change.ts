/**
 * What could change so that a run starts: each kind with its name, and what it comes to in a queue.
 */
import * as Schema from "effect/Schema"
import type { Policy } from "../queue/Policy.ts"
import type { Command } from "../queue/QueueCommand.ts"
import type { RunQueue } from "../queue/RunQueue.ts"
import { Scope } from "../queue/Scope.ts"
import { signalbox, type Turn, turn } from "../queue/turn.ts"
import type { Run } from "../run/Run.ts"
import type { RunId } from "../run/RunSpec.ts"
import { Timestamp } from "../run/RunSpec.ts"

const RunEnds = Schema.TaggedStruct("RunEnds", { run: Schema.String }).annotate({
  description: "That run ends."
})
const LimitIs = Schema.TaggedStruct("LimitIs", { limit: Schema.String, size: Schema.Int }).annotate({
  description: "The policy gives the limit so many slots."
})
const TimeComes = Schema.TaggedStruct("TimeComes", { at: Timestamp }).annotate({
  description: "It is that moment."
})
const Resumed = Schema.TaggedStruct("Resumed", { scope: Scope }).annotate({
  description: "What is paused is resumed."
})
const Released = Schema.TaggedStruct("Released", {}).annotate({ description: "The run is released." })
const MovedToTop = Schema.TaggedStruct("MovedToTop", {}).annotate({
  description: "The run is moved to the top, since what becomes free would go to others."
})
const CoordinatorAdmits = Schema.TaggedStruct("CoordinatorAdmits", {}).annotate({
  description: "A coordinator takes over that admits runs."
})

/** One thing that could change. */
export const Change = Schema.Union([
  RunEnds,
  LimitIs,
  TimeComes,
  Resumed,
  Released,
  MovedToTop,
  CoordinatorAdmits
]).annotate({ identifier: "Change" })
export type Change = typeof Change.Type

/** The policy in force with the limits that the changes say; undefined where they say none. */
const policyWith = (queue: RunQueue, run: Run, changes: ReadonlyArray<Change>): Policy | undefined => {
  let { policy } = queue
  for (const change of changes)
    if (change._tag === "LimitIs") policy = queue.policyWith(policy, run, change.limit, change.size) ?? policy
  return policy === queue.policy ? undefined : policy
}

/** What has to be asked so that a change comes about; nothing where time alone does it, or another change of the policy. */
const commandOf = (queue: RunQueue, run: RunId, change: Change): ReadonlyArray<Command> => {
  switch (change._tag) {
    case "RunEnds": {
      const { id, attempt } = queue.run(change.run)
      return [{ _tag: "ReportEnded", run: id, attempt, outcome: { _tag: "Succeeded" } }]
    }
    case "Resumed":
      return [{ _tag: "ResumeAdmission", scope: change.scope }]
    case "Released":
      return [{ _tag: "ReleaseRun", run }]
    case "MovedToTop":
      return [{ _tag: "MoveToTop", run }]
    case "CoordinatorAdmits": {
      const self = { software: signalbox, host: "", pid: 0, admits: true }
      return [{ _tag: "StartCoordinator", epoch: queue.epoch + 1, ...self }]
    }
    case "LimitIs":
    case "TimeComes":
      return []
  }
}

/** Takes the turn in which all of the changes come about; the queue is moved on by it. */
export const make = (queue: RunQueue, id: RunId, changes: ReadonlyArray<Change>, now: number): Turn => {
  const policy = policyWith(queue, queue.run(id), changes)
  const commands: ReadonlyArray<Command> = [
    ...(policy ? [{ _tag: "SetPolicy", policy } as const] : []),
    ...changes.flatMap((change) => commandOf(queue, id, change))
  ]
  const at = changes.map((change) => (change._tag === "TimeComes" ? change.at : now))
  const asked = commands.map((command, nth) => ({ id: String(nth), actor: signalbox, command }))
  return turn(queue, asked, Math.max(now, ...at))
}

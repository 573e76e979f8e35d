/**
 * One command, decided: what it leads to is recorded, or it is refused and leaves no trace.
 */
import * as Result from "effect/Result"
import { claimPriority } from "../run/claim.ts"
import { decide } from "../run/decide.ts"
import type { Rejection } from "../run/Rejection.ts"
import type { RunCommand } from "../run/RunCommand.ts"
import { diffPolicy } from "./diffPolicy.ts"
import type { QueueFact } from "./Event.ts"
import type { By, Ledger } from "./Ledger.ts"
import { makeRoom, tooHeavy } from "./makeRoom.ts"
import { claimLimit, defaultPools, type Policy } from "./Policy.ts"
import { type Command, QueueCommand } from "./QueueCommand.ts"
import type { RunQueue } from "./RunQueue.ts"
import { recordWithAll, termsOf } from "./recordWithAll.ts"
import { refusePolicy } from "./validatePolicy.ts"

/** A command with who gave it and the id by which its events name it. */
export interface Asked {
  readonly id: string
  readonly actor: string
  readonly command: Command
}

/** The run that the command was about; null for one about the whole. */
type Taken = Result.Result<string | null, Rejection>

const queueTags: ReadonlySet<string> = new Set(
  QueueCommand.members.map((member) => member.fields._tag.schema.literal)
)

const isQueueCommand = (command: Command): command is QueueCommand => queueTags.has(command._tag)

const own = <A>(record: Readonly<Record<string, A>>, key: string): A | undefined =>
  Object.hasOwn(record, key) ? record[key] : undefined

const withPoolLimit = (policy: Policy, pool: string, limit: number | null): Policy => {
  const { [pool]: _, ...limits } = policy.pools?.limits ?? {}
  const pools = {
    ...defaultPools,
    ...policy.pools,
    limits: limit === null ? limits : { ...limits, [pool]: limit }
  }
  return { ...policy, pools }
}

const unlessSame = (same: boolean, fact: QueueFact): ReadonlyArray<QueueFact> => (same ? [] : [fact])

const policySet = (queue: RunQueue, policy: Policy, reason: string | undefined): QueueFact => ({
  type: "PolicySet",
  data: {
    changes: diffPolicy(queue.policy, policy),
    number: queue.policyNumber + 1,
    policy,
    ...(reason !== undefined && { reason })
  }
})

const queueFacts = (queue: RunQueue, command: QueueCommand): ReadonlyArray<QueueFact> => {
  switch (command._tag) {
    case "StartCoordinator": {
      const { _tag: _, epoch, ...started } = command
      return [{ type: "CoordinatorStarted", data: started }]
    }
    case "DrainCoordinator": {
      const { _tag: _, ...draining } = command
      return [{ type: "CoordinatorDraining", data: draining }]
    }
    case "StopCoordinator":
      return [{ type: "CoordinatorStopped", data: {} }]
    case "SetPolicy": {
      const { policy, reason } = command
      return [policySet(queue, policy, reason)]
    }
    case "SetPoolLimit": {
      const { pool, limit, reason } = command
      const policy = withPoolLimit(queue.policy, pool, limit)
      const same = own(queue.policy.pools?.limits ?? {}, pool) === (limit ?? undefined)
      return unlessSame(same, policySet(queue, policy, reason))
    }
    case "PauseAdmission": {
      const { _tag: _, ...paused } = command
      return [{ type: "AdmissionPaused", data: paused }]
    }
    case "ResumeAdmission": {
      const { _tag: _, ...resumed } = command
      return unlessSame(!queue.pauses.has(command.scope), { type: "AdmissionResumed", data: resumed })
    }
  }
}

const takeForAll = (queue: RunQueue, ledger: Ledger, command: QueueCommand, by: By): Taken => {
  const refused =
    command._tag === "SetPolicy" ? refusePolicy(command._tag, command.policy, queue.orders) : undefined
  if (refused) return Result.fail(refused)
  const epoch = command._tag === "StartCoordinator" ? command.epoch : undefined
  for (const fact of queueFacts(queue, command)) ledger.record(fact, null, by, epoch)
  return Result.succeed(null)
}

type Claim = Extract<RunCommand, { _tag: "ClaimSlot" }>

const grantsAtOnce = (queue: RunQueue, { run: id, pool, slots = 1, priority }: Claim): boolean => {
  const run = queue.runs.get(id)
  if (!run) return true
  return queue.pools.grants(pool, slots, claimPriority(run, priority), claimLimit(queue.policy, pool))
}

const runOf = (command: RunCommand): string => (command._tag === "SubmitRun" ? command.spec.id : command.run)

const takeForRun = (queue: RunQueue, ledger: Ledger, command: RunCommand, by: By): Taken => {
  const id = runOf(command)
  const run = queue.runs.get(id)
  const terms = termsOf(queue, command._tag === "SubmitRun" ? command.spec.parent : undefined)
  const grants = command._tag === "ClaimSlot" && grantsAtOnce(queue, command)
  const decided = decide(run, command, { now: ledger.at, grants, ...terms })
  const room = Result.flatMap(decided, (facts) => {
    if (command._tag === "SubmitRun")
      return Result.map(makeRoom(queue, command.spec), (room) => ({ room, facts }))
    const heavy = command._tag === "ClaimSlot" && tooHeavy(queue, command.pool, command.slots ?? 1)
    return heavy
      ? Result.fail<Rejection>({ _tag: "CommandInvalid", command: command._tag, run: id, issue: heavy })
      : Result.succeed({ room: [], facts })
  })
  return Result.map(room, ({ room, facts }) => {
    for (const [other, fact] of room) ledger.record(fact, other, by)
    for (const fact of facts) recordWithAll(queue, ledger, fact, id, by, by.cause)
    return id
  })
}

/** Decides one command. */
export const take = (queue: RunQueue, ledger: Ledger, { id, actor, command }: Asked): Taken => {
  const by = { actor, cause: id }
  return isQueueCommand(command)
    ? takeForAll(queue, ledger, command, by)
    : takeForRun(queue, ledger, command, by)
}

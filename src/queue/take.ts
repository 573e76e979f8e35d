/**
 * One command, decided: what it leads to is recorded, or it is refused and leaves no trace.
 */
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import { claimPriority } from "../run/claim.ts"
import { decide } from "../run/decide.ts"
import type { Rejection } from "../run/Rejection.ts"
import type { RunCommand } from "../run/RunCommand.ts"
import { settings } from "../settings.ts"
import { diffPolicy } from "./diffPolicy.ts"
import type { QueueFact } from "./Event.ts"
import type { By, Ledger } from "./Ledger.ts"
import { tooHeavy } from "./makeRoom.ts"
import { claimLimit, defaultPools, type Policy } from "./Policy.ts"
import { QueueCommand as AnyQueueCommand, type Command, ScheduleCommand } from "./QueueCommand.ts"
import type { RunQueue } from "./RunQueue.ts"
import { recordWithAll, termsOf } from "./recordWithAll.ts"
import { planRun, submitRun } from "./submitRun.ts"
import { takeSchedule } from "./takeSchedule.ts"
import { refusePolicy } from "./validatePolicy.ts"

/** A command with who gave it and the id by which its events name it. */
export interface Asked {
  readonly id: string
  readonly actor: string
  readonly command: Command
}

/** What a command that was not refused came to. */
export interface Taken {
  /** The run that it was about; null for one about the whole. */
  readonly run: string | null
  /** Set where that run was submitted before, under the same idempotency key. */
  readonly deduplicated?: boolean
}

type Decision = Result.Result<Taken, Rejection>

type QueueCommand = Exclude<typeof AnyQueueCommand.Type, ScheduleCommand>

const tagsOf = (commands: ReadonlyArray<{ readonly fields: { readonly _tag: Schema.tag<string> } }>) =>
  new Set(commands.map(({ fields }) => fields._tag.schema.literal))

const queueTags: ReadonlySet<string> = tagsOf(AnyQueueCommand.members)
const scheduleTags: ReadonlySet<string> = tagsOf(ScheduleCommand.members)

const isScheduleCommand = (command: Command): command is ScheduleCommand => scheduleTags.has(command._tag)
const isQueueCommand = (command: Exclude<Command, ScheduleCommand>): command is QueueCommand =>
  queueTags.has(command._tag)

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

/** What it lets go of. */
const stopped = (
  { slots }: RunQueue,
  { _tag: _, ...shutdown }: Extract<QueueCommand, { _tag: "StopCoordinator" }>
): QueueFact => ({
  type: "CoordinatorStopped",
  data: {
    ...shutdown,
    ...(slots.size > 0 && { inFlight: slots.size, runs: [...slots.runs()].slice(0, settings.leftShown) })
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
      return [stopped(queue, command)]
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
    case "SetAuditKey": {
      const { _tag: _, ...set } = command
      return [{ type: "AuditKeySet", data: set }]
    }
  }
}

const takeForAll = (queue: RunQueue, ledger: Ledger, command: QueueCommand, by: By): Decision => {
  const refused =
    command._tag === "SetPolicy" ? refusePolicy(command._tag, command.policy, queue.orders) : undefined
  if (refused) return Result.fail(refused)
  const epoch = command._tag === "StartCoordinator" ? command.epoch : undefined
  for (const fact of queueFacts(queue, command)) ledger.record(fact, null, by, epoch)
  return Result.succeed({ run: null })
}

type Submit = Extract<RunCommand, { _tag: "SubmitRun" }>
type Claim = Extract<RunCommand, { _tag: "ClaimSlot" }>

const grantsAtOnce = (queue: RunQueue, { run: id, pool, slots = 1, priority }: Claim): boolean => {
  const run = queue.runs.get(id)
  if (!run) return true
  return queue.pools.grants(pool, slots, claimPriority(run, priority), claimLimit(queue.policy, pool))
}

const takeSubmit = (queue: RunQueue, ledger: Ledger, command: Submit, by: By): Decision =>
  Result.map(planRun(queue, ledger, command), (submission) => {
    submitRun(queue, ledger, submission, by)
    return submission
  })

const takeForRun = (
  queue: RunQueue,
  ledger: Ledger,
  command: Exclude<RunCommand, Submit>,
  by: By
): Decision => {
  const { run, _tag } = command
  const isClaim = _tag === "ClaimSlot"
  const grants = isClaim && grantsAtOnce(queue, command)
  const decided = decide(queue.runs.get(run), command, { now: ledger.at, grants, ...termsOf(queue) })
  const heavy = isClaim ? tooHeavy(queue, command.pool, command.slots ?? 1) : undefined
  return Result.flatMap(decided, (facts): Decision => {
    if (heavy !== undefined) return Result.fail({ _tag: "CommandInvalid", command: _tag, run, issue: heavy })
    for (const fact of facts) recordWithAll(queue, ledger, fact, run, by, by.cause)
    return Result.succeed({ run })
  })
}

/** Decides one command. */
export const take = (queue: RunQueue, ledger: Ledger, { id, actor, command }: Asked): Decision => {
  const by = { actor, cause: id }
  if (isScheduleCommand(command))
    return Result.map(takeSchedule(queue, ledger, command, by), (run) => ({ run }))
  if (isQueueCommand(command)) return takeForAll(queue, ledger, command, by)
  return command._tag === "SubmitRun"
    ? takeSubmit(queue, ledger, command, by)
    : takeForRun(queue, ledger, command, by)
}

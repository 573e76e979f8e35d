/**
 * A submission, decided: a new run and what makes room for it, the run that was submitted before under the same key, or a
 * refusal.
 *
 * A queue that is full is looked at again once all who may start have been let in. So what comes in one turn is refused
 * only where nobody who waits could start, as if each had come in a turn of its own.
 */
import * as Result from "effect/Result"
import { decide } from "../run/decide.ts"
import type { Rejection } from "../run/Rejection.ts"
import type { Run } from "../run/Run.ts"
import type { RunCommand } from "../run/RunCommand.ts"
import type { RunFact } from "../run/RunEvent.ts"
import type { RunId } from "../run/RunSpec.ts"
import { settings } from "../settings.ts"
import { admit } from "./admit.ts"
import { grant } from "./grant.ts"
import { differing } from "./IdempotencyKeys.ts"
import { type By, byRules, type Ledger } from "./Ledger.ts"
import { type MakingRoom, makeRoom } from "./makeRoom.ts"
import type { RunQueue } from "./RunQueue.ts"
import { recordWithAll, termsOf } from "./recordWithAll.ts"

type Submit = Extract<RunCommand, { _tag: "SubmitRun" }>

/** What a submission comes to. */
export interface Submission {
  readonly run: RunId
  /** Whether it is there already, and nothing is to be recorded. */
  readonly deduplicated: boolean
  readonly room: MakingRoom
  readonly facts: ReadonlyArray<RunFact>
}

type Decision = Result.Result<Submission, Rejection>

/** The run that has the key already, if one has. */
const known = (queue: RunQueue, ledger: Ledger, command: Submit): Decision | undefined => {
  const { idempotencyKey: key, spec, requested = spec, _tag } = command
  const before = key === undefined ? undefined : queue.keys.get(key, ledger.at)
  if (key === undefined || !before) return undefined
  const { run: first, asked } = before
  const differs = differing(asked, requested)
  return differs.length === 0
    ? Result.succeed({ run: first, deduplicated: true, room: [], facts: [] })
    : Result.fail({ _tag: "KeyReused", command: _tag, run: spec.id, key, first, differs })
}

const letIn = (queue: RunQueue, ledger: Ledger): void => {
  const record = (run: Run, fact: RunFact) => ledger.record(fact, run.id, byRules)
  grant(queue, record)
  admit(queue, ledger.at, record)
}

const roomFor = (queue: RunQueue, ledger: Ledger, { spec }: Submit): Result.Result<MakingRoom, Rejection> => {
  const room = makeRoom(queue, spec)
  if (Result.isSuccess(room) || room.failure._tag !== "QueueFull") return room
  letIn(queue, ledger)
  return makeRoom(queue, spec)
}

/** What a submission comes to at this moment of the turn. */
export const planRun = (queue: RunQueue, ledger: Ledger, command: Submit): Decision => {
  const before = known(queue, ledger, command)
  if (before) return before
  const { id } = command.spec
  const idempotentUntil = ledger.at + (queue.policy.idempotencyWindowMs ?? settings.idempotencyWindowMs)
  const circumstances = { now: ledger.at, idempotentUntil, ...termsOf(queue, command.spec) }
  return Result.flatMap(decide(queue.runs.get(id), command, circumstances), (facts) =>
    Result.map(roomFor(queue, ledger, command), (room) => ({ run: id, deduplicated: false, room, facts }))
  )
}

/** Records what a submission comes to. */
export const submitRun = (
  queue: RunQueue,
  ledger: Ledger,
  { run, room, facts }: Submission,
  by: By
): void => {
  for (const [other, fact] of room) ledger.record(fact, other, by)
  for (const fact of facts) recordWithAll(queue, ledger, fact, run, by, by.cause)
}

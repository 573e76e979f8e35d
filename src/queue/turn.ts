/**
 * One turn: commands are decided, then the time, then who may start. Everything that follows from it is one
 * list of events, which is made durable as a whole or not at all.
 *
 * Commands come before the time: a report that arrives with its deadline wins over the deadline.
 */
import * as Result from "effect/Result"
import { decide } from "../run/decide.ts"
import type { Rejection } from "../run/Rejection.ts"
import type { Run } from "../run/Run.ts"
import type { RunCommand } from "../run/RunCommand.ts"
import type { RunFact } from "../run/RunEvent.ts"
import type { RunId } from "../run/RunSpec.ts"
import { admit } from "./admit.ts"
import { type Event, eventVersions, type QueueFact } from "./Event.ts"
import { expire } from "./expire.ts"
import type { Command, QueueCommand } from "./QueueCommand.ts"
import type { RunQueue } from "./RunQueue.ts"
import type { Slot } from "./Slots.ts"

/** A command with who gave it and the id by which its events name it. */
export interface Asked {
  readonly id: string
  readonly actor: string
  readonly command: Command
}

/** What an accepted command has led to by the end of its turn. */
export interface Accepted {
  /** The last position of the turn: whoever reads the log up to it sees all that followed. */
  readonly position: number
  /** The run it was about, as it is then; undefined for a command to the whole. */
  readonly run: Run | undefined
}

export type Reply = Result.Result<Accepted, Rejection>

/** A run that the turn has touched, as it is at the turn's end, with the slots that it holds then. */
export interface Touched {
  readonly run: Run
  readonly slots: ReadonlyArray<Slot>
}

/** What one turn has decided: events to append all at once, and one reply per command. */
export interface Turn {
  readonly events: ReadonlyArray<Event>
  readonly touched: ReadonlyArray<Touched>
  /** Where other rules came into force: what each run that holds slots holds under them. */
  readonly rearranged: ReadonlyMap<RunId, ReadonlyArray<Slot>> | undefined
  /** One for each command, in their order. */
  readonly replies: ReadonlyArray<Reply>
}

/** The actor of what nobody asked for: admissions and time limits. */
export const signalbox = "signalbox"

/** Puts facts in envelopes, and lets each count at once. */
class Ledger {
  readonly events: Array<Event> = []
  private readonly queue: RunQueue
  private readonly turn: number
  private readonly at: number

  constructor(queue: RunQueue, at: number) {
    this.queue = queue
    this.turn = queue.turn + 1
    this.at = at
  }

  record(fact: RunFact | QueueFact, run: string | null, actor: string, cause: string | null, epoch?: number) {
    const event = {
      position: this.queue.position + 1,
      turn: this.turn,
      at: this.at,
      type: fact.type,
      version: eventVersions[fact.type],
      run,
      actor,
      cause,
      epoch: epoch ?? this.queue.epoch,
      data: fact.data
    } as Event
    this.queue.apply(event)
    this.events.push(event)
  }
}

const isQueueCommand = (command: Command): command is QueueCommand =>
  command._tag === "SetPolicy" || command._tag.endsWith("Coordinator")

const runOf = (command: RunCommand): string => (command._tag === "SubmitRun" ? command.spec.id : command.run)

const queueFact = (queue: RunQueue, command: QueueCommand): QueueFact => {
  switch (command._tag) {
    case "StartCoordinator": {
      const { _tag, epoch, ...data } = command
      return { type: "CoordinatorStarted", data }
    }
    case "DrainCoordinator": {
      const { _tag, ...data } = command
      return { type: "CoordinatorDraining", data }
    }
    case "StopCoordinator":
      return { type: "CoordinatorStopped", data: {} }
    case "SetPolicy": {
      const { _tag, ...data } = command
      return { type: "PolicySet", data: { number: queue.policyNumber + 1, ...data } }
    }
  }
}

/** Decides one command; answers the run it was about, or why it was refused. */
const take = (
  queue: RunQueue,
  ledger: Ledger,
  asked: Asked,
  now: number
): Result.Result<string | null, Rejection> => {
  const { id, actor, command } = asked
  if (isQueueCommand(command)) {
    const epoch = command._tag === "StartCoordinator" ? command.epoch : undefined
    ledger.record(queueFact(queue, command), null, actor, id, epoch)
    return Result.succeed(null)
  }
  const run = runOf(command)
  const { policy } = queue
  const circumstances = { now, queued: policy.mode === "queued", timeouts: policy.timeouts }
  return Result.map(decide(queue.runs.get(run), command, circumstances), (facts) => {
    for (const fact of facts) ledger.record(fact, run, actor, id)
    return run
  })
}

const touchedBy = (queue: RunQueue, events: ReadonlyArray<Event>): ReadonlyArray<Touched> => {
  const ids = new Set<RunId>()
  for (const event of events) if (event.run !== null) ids.add(event.run)
  return Array.from(ids, (id) => ({ run: queue.run(id), slots: queue.slots.of(id) }))
}

/** What each run that holds slots holds. */
export const holdings = (queue: RunQueue): ReadonlyMap<RunId, ReadonlyArray<Slot>> =>
  new Map(Array.from(queue.slots.runs(), (id) => [id, queue.slots.of(id)]))

/**
 * One turn at the time `now`. The queue is moved on by it; the same queue, commands and time give the same turn.
 */
export const turn = (queue: RunQueue, asked: ReadonlyArray<Asked>, now: number): Turn => {
  // A clock that was set back must not make the log run backwards.
  const at = Math.max(now, queue.at)
  const ledger = new Ledger(queue, at)
  const byRules = (run: Run, fact: RunFact) => ledger.record(fact, run.id, signalbox, null)
  const taken = asked.map((one) => take(queue, ledger, one, at))
  expire(queue, at, byRules)
  admit(queue, at, byRules)
  const accepted = (run: string | null): Accepted => ({
    position: queue.position,
    run: run === null ? undefined : queue.runs.get(run)
  })
  return {
    events: ledger.events,
    touched: touchedBy(queue, ledger.events),
    rearranged: ledger.events.some((event) => event.type === "PolicySet") ? holdings(queue) : undefined,
    replies: taken.map((reply) => Result.map(reply, accepted))
  }
}

/**
 * One turn: commands are decided, then the time and what schedules are due to submit, then whose turn it is at a pool, then
 * who may start. Everything that
 * follows from it is one list of events, which is made durable as a whole or not at all.
 *
 * Commands come before the time: a report that arrives with its deadline wins over the deadline.
 */
import * as Result from "effect/Result"
import type { Rejection } from "../run/Rejection.ts"
import type { Run } from "../run/Run.ts"
import type { RunFact } from "../run/RunEvent.ts"
import type { RunId } from "../run/RunSpec.ts"
import { admit } from "./admit.ts"
import type { Event, QueueFact } from "./Event.ts"
import { expire } from "./expire.ts"
import { fire } from "./fire.ts"
import { grant } from "./grant.ts"
import { byRules, Ledger } from "./Ledger.ts"
import type { RunQueue } from "./RunQueue.ts"
import { recordWithAll } from "./recordWithAll.ts"
import type { Slot } from "./Slots.ts"
import { type Asked, type Taken, take } from "./take.ts"

export { signalbox } from "./Ledger.ts"
export type { Asked } from "./take.ts"

/** What an accepted command has led to by the end of its turn. */
export interface Accepted {
  /** The last position of the turn: whoever reads the log up to it sees all that followed. */
  readonly position: number
  /** The run it was about, as it is then; undefined for a command to the whole. */
  readonly run: Run | undefined
  /** Set where the run was submitted before, under the same idempotency key. */
  readonly deduplicated?: true
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
  const ledger = new Ledger(queue, now)
  const record = (run: Run | undefined, fact: RunFact | QueueFact) => {
    if (run) recordWithAll(queue, ledger, fact as RunFact, run.id, byRules, null)
    else ledger.record(fact, null, byRules)
  }
  const taken = asked.map((one) => take(queue, ledger, one))
  expire(queue, ledger.at, record)
  fire(queue, ledger)
  grant(queue, record)
  admit(queue, ledger.at, record)
  const accepted = ({ run, deduplicated }: Taken): Accepted => ({
    position: queue.position,
    run: run === null ? undefined : queue.runs.get(run),
    ...(deduplicated && { deduplicated })
  })
  return {
    events: ledger.events,
    touched: touchedBy(queue, ledger.events),
    rearranged: ledger.events.some((event) => event.type === "PolicySet") ? holdings(queue) : undefined,
    replies: taken.map((reply) => Result.map(reply, accepted))
  }
}

/**
 * The events of one turn as they come about: each fact is put in its envelope and counts at once.
 */
import type { RunFact } from "../run/RunEvent.ts"
import { type Event, eventVersions, type QueueFact } from "./Event.ts"
import type { RunQueue } from "./RunQueue.ts"

/** Who made something so, and by which command: null where the rules or the time did. */
export interface By {
  readonly actor: string
  readonly cause: string | null
}

/** The actor of what nobody asked for: admissions, time limits, retries. */
export const signalbox = "signalbox"

/** By the rules or the time alone. */
export const byRules: By = { actor: signalbox, cause: null }

export class Ledger {
  readonly events: Array<Event> = []
  /** The turn's time, in milliseconds since 1970. */
  readonly at: number
  private readonly queue: RunQueue
  private readonly turn: number

  constructor(queue: RunQueue, now: number) {
    this.queue = queue
    this.turn = queue.turn + 1
    // A clock that was set back must not make the log run backwards.
    this.at = Math.max(now, queue.at)
  }

  /** Records a fact about a run, or about all where `run` is null. */
  record(fact: RunFact | QueueFact, run: string | null, { actor, cause }: By, epoch?: number): void {
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

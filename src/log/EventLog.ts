/**
 * What happened, durably: an append-only list of events, written by one coordinator at a time and read by anyone.
 *
 * Promises, held by `test/log/EventLogContract.ts` for every implementation:
 * 1. Positions are dense and rise by one.
 * 2. The events of one append are all there or none.
 * 3. An append names the position and the epoch it expects; a second writer fails at its first append.
 * 4. What was read is never different when it is read again.
 * 5. `changes` has no gap after `read`.
 * 6. The hash of each event covers the one before it.
 * 7. Where the outcome of an append is unknown, it fails as `Unavailable`; what is true stands in the log.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { Event } from "../queue/Event.ts"
import type { Outline, Row } from "./codec.ts"
import type { LogError } from "./LogError.ts"

/** Which events: those after `after` (0 is before the first), up to and with `upTo`, of one run or of all. */
export interface Range {
  readonly after?: number | undefined
  readonly upTo?: number | undefined
  readonly run?: string | undefined
}

/** An event as it stands in the store, with the hash that covers it and, through the hash before it, all before. */
export interface Entry {
  readonly row: Row
  readonly hash: Uint8Array
}

/** Where a log ends. */
export interface Head {
  /** Of the last event; 0 if there is none. */
  readonly position: number
  /** Of the coordinator that leads or led last; 0 if there was none. */
  readonly epoch: number
}

/** The right to write, until someone with a higher epoch takes it. */
export interface Lead extends Head {
  /**
   * Makes events durable right after the position that precedes the first of them. Succeeds when they are, all
   * of them; fails with `PositionConflict` or `Fenced` when they cannot be. The next append need not wait for this one:
   * they are made in the order in which they are asked, so that those after one that fails conflict.
   */
  readonly append: (events: ReadonlyArray<Event>) => Effect.Effect<void, LogError>
}

/** Who wants to lead. */
export interface Candidate {
  /** Tells others who leads and how to reach it. */
  readonly holder: string
  /** Leads even while another does, who is fenced off thereby: for one that hangs and cannot be ended. */
  readonly takeOver?: boolean | undefined
}

/** The log, as those who write it and those who read it see it. */
export class EventLog extends Context.Service<
  EventLog,
  {
    /** Where the log ends now. */
    readonly head: Effect.Effect<Head, LogError>
    /** The events of a range that are there now, in order. */
    readonly read: (range?: Range) => Stream.Stream<Event, LogError>
    /** What stands in the store for a range, unread: for those who check it. Of one run only if that is asked for. */
    readonly entries: (range?: Range) => Stream.Stream<Entry, LogError>
    /** The events of a range without their data, for questions that need none: these are read far more quickly. */
    readonly outlines: (range?: Range) => Stream.Stream<Outline, LogError>
    /** The events of a range in order, and then each as it is written; never ends without `upTo`. */
    readonly changes: (range?: Range) => Stream.Stream<Event, LogError>
    /**
     * Takes the lead under a new epoch; lets go of it with the scope. Fails with `Led` while another has it.
     */
    readonly lead: (candidate: Candidate) => Effect.Effect<Lead, LogError, Scope.Scope>
  }
>()("signalbox/log/EventLog") {}

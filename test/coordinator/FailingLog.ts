/**
 * A log whose appends go wrong as they are told to. All else is the log's own.
 */
import * as Effect from "effect/Effect"
import type { EventLog, Lead } from "../../src/log/EventLog.ts"
import { type LogError, type LogErrorReason, logError } from "../../src/log/LogError.ts"
import type { Event } from "../../src/queue/Event.ts"

type Append = Effect.Effect<void, LogError>

/** What becomes of an append. */
export type Fate = (append: Append) => Append

const failed = (reason: LogErrorReason): Append => Effect.fail(logError(reason))

export const silent: LogErrorReason = { _tag: "Unavailable", log: "the log", issue: "no answer" }

/** It fails, and nothing was written. */
export const unwritten =
  (reason: LogErrorReason = silent): Fate =>
  () =>
    failed(reason)

/** It was written, and yet it fails. */
export const unheard =
  (reason: LogErrorReason = silent): Fate =>
  (append) =>
    Effect.andThen(append, failed(reason))

/** The writer is gone at that moment, before it has written or after. */
export const crash =
  (written: boolean): Fate =>
  (append) =>
    Effect.andThen(written ? append : Effect.void, Effect.die(new Error("the power fails")))

/** A log over another one. */
export class FailingLog {
  /** The batches that were to be appended, in order, whatever became of them. */
  readonly appends: Array<ReadonlyArray<Event>> = []
  readonly log: EventLog["Service"]
  private readonly late: Array<Append> = []

  /** `fateOf` answers what becomes of the n-th append, from 1; nothing is what becomes of any append. */
  constructor(log: EventLog["Service"], fateOf: (nth: number) => Fate | undefined) {
    const append =
      (lead: Lead): Lead["append"] =>
      (events) =>
        Effect.suspend(() => {
          const fate = fateOf(this.appends.push(events))
          return fate ? fate(lead.append(events)) : lead.append(events)
        })
    this.log = {
      ...log,
      lead: (candidate) =>
        Effect.gen({ self: this }, function* () {
          const lead = yield* log.lead(candidate)
          // What was on its way still arrives before the lead is let go.
          yield* Effect.addFinalizer(() =>
            Effect.forEach(this.late.splice(0), (append) => Effect.ignore(append))
          )
          return { ...lead, append: append(lead) }
        })
    }
  }

  /** It fails, and is written all the same a moment later. */
  readonly tooLate: Fate = (append) => {
    this.late.push(append)
    return failed(silent)
  }
}

import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import fc from "fast-check"
import type { EventLog, Range } from "../../../src/log/EventLog.ts"
import type { LogError, LogErrorReason } from "../../../src/log/LogError.ts"
import type { Event } from "../../../src/queue/Event.ts"

export type Log = EventLog["Service"]

type Body<A extends ReadonlyArray<unknown>> = (
  log: Log,
  ...given: A
) => Effect.Effect<void, unknown, Scope.Scope>

/** How to say what holds of a new, empty log. */
export interface Contract {
  /** A rule, shown by an example. */
  readonly promise: (title: string, body: Body<[]>) => void
  /** A rule, for whatever is given to a log, one after the other. */
  readonly property: <T>(title: string, arbitrary: fc.Arbitrary<T>, body: Body<[T]>) => void
}

/** Says it of the logs that `open` makes. */
export const contractOf = (open: Effect.Effect<Log, never, Scope.Scope>): Contract => ({
  promise: (title, body) => it.live(title, () => Effect.flatMap(open, (log) => body(log))),
  property: (title, arbitrary, body) =>
    it.live(title, () =>
      Effect.flatMap(open, (log) =>
        Effect.promise(() =>
          fc.assert(
            fc.asyncProperty(arbitrary, (value) => Effect.runPromise(Effect.scoped(body(log, value)))),
            { numRuns: 20 }
          )
        )
      )
    )
})

/** All of a range that is there. */
export const readAll = (log: Log, range?: Range): Effect.Effect<ReadonlyArray<Event>, LogError> =>
  Stream.runCollect(log.read(range))

/** Why it fails. */
export const reasonOf = <A, R>(effect: Effect.Effect<A, LogError, R>): Effect.Effect<LogErrorReason, A, R> =>
  Effect.map(Effect.flip(effect), ({ reason }) => reason)

/** What a range means, said once more and simply. */
export const within = (events: ReadonlyArray<Event>, { after, upTo, run }: Range): ReadonlyArray<Event> =>
  events.filter(
    ({ position, run: of }) =>
      position > (after ?? 0) && position <= (upTo ?? position) && (run === undefined || of === run)
  )

/** So many plain events right after a position; of a run, or of none. */
export const notes = (after: number, count: number, run: string | null = "a"): ReadonlyArray<Event> =>
  Array.from({ length: count }, (_, index) => {
    const position = after + 1 + index
    const at = position * 1000
    const envelope = { position, turn: position, at, version: 1, actor: "ann", cause: null, epoch: 1 }
    return run === null
      ? { ...envelope, run, type: "CoordinatorDraining", data: { reason: `the ${position}th` } }
      : { ...envelope, run, type: "RunStarted", data: { attempt: position } }
  })

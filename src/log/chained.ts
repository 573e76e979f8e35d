/**
 * Entries on their way into another log: each must follow the one before, from the first event on.
 */
import type { NonEmptyReadonlyArray } from "effect/Array"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Entry } from "./EventLog.ts"
import { eventHash, firstPrevious } from "./eventHash.ts"
import { ImportError } from "./ImportError.ts"

const whyNot = ({ row, hash }: Entry, expected: number, previous: Uint8Array): string | undefined => {
  const [position] = row
  if (position !== expected) {
    const whole = expected === 1 ? "; an import is of a whole log" : ""
    return `it is of position ${position}, where ${expected} is to follow${whole}`
  }
  try {
    const follows = Buffer.compare(eventHash(previous, row), hash) === 0
    return follows ? undefined : "what it says does not match its hash and the event before it"
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** These entries, as long as each has the next position and the hash that follows. There must be one at least. */
export const chained = <E, R>(
  entries: Stream.Stream<Entry, E, R>
): Stream.Stream<Entry, E | ImportError, R> =>
  Stream.suspend(() => {
    let position = 0
    let last = firstPrevious
    const fail = (issue: string) =>
      Effect.fail(new ImportError({ place: "event", number: position + 1, issue }))
    const check = (page: NonEmptyReadonlyArray<Entry>) =>
      Effect.suspend(() => {
        for (const entry of page) {
          const issue = whyNot(entry, position + 1, last)
          if (issue !== undefined) return fail(issue)
          position++
          last = entry.hash
        }
        return Effect.succeed(page)
      })
    const end = Effect.suspend(() => (position === 0 ? fail("there is none") : Effect.void))
    return Stream.concat(Stream.mapArrayEffect(entries, check), Stream.drain(Stream.fromEffect(end)))
  })

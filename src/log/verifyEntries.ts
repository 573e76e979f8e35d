/**
 * Whether what stands in a store is what was written: dense positions, and each hash as it follows from the event and
 * from the hash before it. Says the first place where that is not so, and what kind of change it looks like.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Row } from "./codec.ts"
import type { Entry } from "./EventLog.ts"
import { eventHash, firstPrevious } from "./eventHash.ts"
import type { LogError } from "./LogError.ts"

/**
 * - `altered`: an event does not match its hash
 * - `removed`: a position is missing
 * - `inserted`: an event stands where, without it, the next one would follow
 * - `reordered`: two events stand in each other's place
 * - `truncated`: there are fewer events than a checkpoint says
 * - `rewritten`: all hashes agree with each other, and not with a checkpoint
 */
type Tampering = "altered" | "removed" | "inserted" | "reordered" | "truncated" | "rewritten"

/** The first place where a log is not what it was. */
interface Break {
  readonly position: number
  readonly kind: Tampering
  readonly issue: string
}

/** What was checked: up to where, and the hash of the last event. */
export interface Checked {
  readonly position: number
  readonly hash: Uint8Array
  readonly found: Break | undefined
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

/** Whether the entry, at that position, follows an event of that hash. Text that cannot be hashed follows nothing. */
const follows = ({ row, hash }: Entry, previous: Uint8Array, position: number): boolean => {
  try {
    const at = [position, ...row.slice(1)] as unknown as Row
    return isSame(eventHash(previous, at), hash)
  } catch {
    return false
  }
}

const kindOf = (entry: Entry, next: Entry | undefined, previous: Uint8Array, position: number): Tampering => {
  if (!next || !follows(next, previous, position)) return "altered"
  return follows(entry, next.hash, position + 1) ? "reordered" : "inserted"
}

const issues: Readonly<Partial<Record<Tampering, string>>> = {
  altered: "what it says does not match its hash",
  reordered: "it stands in the place of the next one",
  inserted: "without it, the next one would follow"
}

/** Looks at entries in their order. */
class Chain {
  position = 0
  hash: Uint8Array = firstPrevious

  /** What is wrong with the entry; nothing if it is the next one. `next` is the one after it. */
  take(entry: Entry, next: Entry | undefined): Break | undefined {
    const position = this.position + 1
    const found = entry.row[0]
    if (found > position) {
      const which =
        found === position + 1 ? `position ${position} is` : `positions ${position} to ${found - 1} are`
      return { position, kind: "removed", issue: `${which} missing` }
    }
    if (found < position) return { position: found, kind: "inserted", issue: "positions begin with 1" }
    if (!follows(entry, this.hash, position)) {
      const kind = kindOf(entry, next, this.hash, position)
      return { position, kind, issue: issues[kind] ?? "" }
    }
    this.position = position
    this.hash = entry.hash
    return undefined
  }
}

/** Checks entries from the first on; `see` is told the hash of each that is sound. Ends at the first that is not. */
export const verifyEntries = <R>(
  entries: Stream.Stream<Entry, LogError, R>,
  see: (hash: Uint8Array) => void = () => {}
): Effect.Effect<Checked, LogError, R> =>
  Effect.suspend(() => {
    const chain = new Chain()
    let held: Entry | undefined
    let found: Break | undefined
    const take = (next: Entry | undefined): boolean => {
      if (held) {
        found = chain.take(held, next)
        if (!found) see(held.hash)
      }
      held = next
      return !found
    }
    return Effect.map(
      Stream.runForEachWhile(entries, (next) => Effect.sync(() => take(next))),
      () => {
        if (!found) take(undefined)
        return { position: chain.position, hash: chain.hash, found }
      }
    )
  })

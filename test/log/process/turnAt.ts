import type { Event } from "../../../src/queue/Event.ts"
import { notes } from "../contract/Contract.ts"

/** A turn to follow a position: numbered by its first event, of a size that its number tells. */
export const turnAt = (after: number): ReadonlyArray<Event> => {
  const turn = after + 1
  return notes(after, 1 + (turn % 4)).map((event) => ({ ...event, turn }))
}

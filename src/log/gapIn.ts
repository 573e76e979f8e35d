import type { Event } from "../queue/Event.ts"
import type { LogErrorReason } from "./LogError.ts"

/** What is wrong where events that follow position `after` do not each stand right after the one before. */
export const gapIn = (after: number, events: ReadonlyArray<Event>): LogErrorReason | undefined => {
  let expected = after + 1
  for (const { position } of events) {
    if (position !== expected) {
      return { _tag: "Corrupt", position: expected, issue: `position ${position} stands in its place` }
    }
    expected++
  }
  return undefined
}

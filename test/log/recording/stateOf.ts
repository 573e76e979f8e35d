import type { Event } from "../../../src/queue/Event.ts"
import { contents } from "../../../src/queue/RunQueue.ts"
import { fold } from "../../simulation/World.ts"

/** What the queue knows after these events, as JSON; whole numbers too large for it are text. */
export const stateOf = (events: Iterable<Event>): string =>
  JSON.stringify(contents(fold(events)), (_, part) => (typeof part === "bigint" ? String(part) : part), 1)

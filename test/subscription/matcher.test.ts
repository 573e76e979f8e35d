import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import fc from "fast-check"
import { expect } from "vitest"
import { makeMemoryEventLog } from "../../src/log/MemoryEventLog.ts"
import type { Event } from "../../src/queue/Event.ts"
import { matcher } from "../../src/subscription/matcher.ts"
import type { EventFilter } from "../../src/subscription/Subscription.ts"

const teams = { a: { team: "red" }, b: { team: "red", site: "north" }, c: {} } as const

/** A log in which each run is submitted before anything else befalls it, whatever the order. */
const eventsOf = (runs: ReadonlyArray<keyof typeof teams | null>): ReadonlyArray<Event> => {
  const seen = new Set<string>()
  return runs.map((run, at) => {
    const position = at + 1
    const envelope = { position, turn: position, at, version: 1, actor: "ann", cause: null, epoch: 1 }
    if (run === null) return { ...envelope, run, type: "CoordinatorStopped", data: {} } as Event
    if (seen.has(run)) return { ...envelope, run, type: "RunQueued", data: {} }
    seen.add(run)
    const timeouts = { cancelMs: null, runtimeMs: null, startMs: null }
    const spec = { id: run, job: "job", tags: teams[run] }
    return { ...envelope, run, type: "RunSubmitted", data: { spec, timeouts } }
  })
}

const filters: fc.Arbitrary<EventFilter> = fc.record(
  {
    types: fc.subarray(["RunSubmitted", "RunQueued", "CoordinatorStopped"] as const),
    run: fc.constantFrom("a", "b", "c"),
    tags: fc.constantFrom({ team: "red" }, { site: "north" }, { team: "blue" }, { constructor: "x" }, {})
  },
  { requiredKeys: [] }
)

const means = ({ types, run, tags }: EventFilter, event: Event): boolean => {
  const has: Readonly<Record<string, string>> =
    event.run === null ? {} : teams[event.run as keyof typeof teams]
  const wanted = Object.entries(tags ?? {})
  return (
    (types?.includes(event.type) ?? true) &&
    (run === undefined || event.run === run) &&
    (wanted.length === 0 || (event.run !== null && wanted.every(([key, value]) => has[key] === value)))
  )
}

it.effect("a filter means the events that meet all of it, from wherever one begins to read", () =>
  Effect.promise(() =>
    fc.assert(
      fc.asyncProperty(
        filters,
        fc.array(fc.constantFrom("a", "b", "c", null), { maxLength: 12 }),
        fc.nat({ max: 12 }),
        async (filter, runs, begin) => {
          const events = eventsOf(runs as ReadonlyArray<"a" | "b" | "c" | null>)
          const isWanted = matcher(makeMemoryEventLog(events), filter)
          const rest = events.slice(begin)
          const found = await Effect.runPromise(Effect.filter(rest, isWanted))
          expect(found).toEqual(rest.filter((event) => means(filter, event)))
        }
      )
    )
  )
)

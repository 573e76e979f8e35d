/**
 * A log that lasts as long as its process: for tests, and for embedding where nothing needs to outlive a restart.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type { Event } from "../queue/Event.ts"
import { toRow } from "./codec.ts"
import { type Candidate, type Entry, EventLog, type Head, type Lead } from "./EventLog.ts"
import { eventHash, firstPrevious } from "./eventHash.ts"
import { type Bounds, follow, type Pages, positionOf, readAll, readStored, WriteSignal } from "./follow.ts"
import { gapIn } from "./gapIn.ts"
import { type LogError, type LogErrorReason, logError } from "./LogError.ts"

/** What a store would hold of these events. The hashes are made when they are asked for, from the first on. */
const entriesOf = (events: ReadonlyArray<Event>) => {
  const entries: Array<Entry> = []
  const extend = (): void => {
    for (const event of events.slice(entries.length)) {
      const row = toRow(event)
      const previous = entries.at(-1)?.hash ?? firstPrevious
      entries.push({ row, hash: eventHash(previous, row) })
    }
  }
  return ({ after, upTo, run }: Bounds, limit: number) =>
    Effect.sync(() => {
      extend()
      const range = entries.slice(after, upTo).filter(({ row }) => run === undefined || row[5] === run)
      return range.slice(0, limit)
    })
}

/** Makes a log of these events. */
export const makeMemoryEventLog = (recorded: ReadonlyArray<Event> = []): EventLog["Service"] => {
  const events = [...recorded]
  const signal = new WriteSignal()
  let epoch = events.at(-1)?.epoch ?? 0
  /** Who leads under `epoch`; undefined if it has let go. */
  let holder: string | undefined

  const pages: Pages = {
    end: Effect.sync(() => events.length),
    page: ({ after, upTo, run }, limit) =>
      Effect.sync(() => {
        const page: Array<Event> = []
        for (let at = after; at < Math.min(upTo, events.length) && page.length < limit; at++) {
          const event = events[at] as Event
          if (run === undefined || event.run === run) page.push(event)
        }
        return page
      })
  }

  const refusal = (mine: number, batch: ReadonlyArray<Event>): LogErrorReason | undefined => {
    const [first] = batch
    if (mine !== epoch) return { _tag: "Fenced", epoch: mine, current: epoch }
    if (holder === undefined) return { _tag: "Unavailable", log: "the log", issue: "its lead was let go" }
    if (first === undefined) return undefined
    if (first.position !== events.length + 1) {
      return { _tag: "PositionConflict", expected: first.position - 1, found: events.length }
    }
    return gapIn(events.length, batch)
  }

  const append = (mine: number, batch: ReadonlyArray<Event>): Effect.Effect<void, LogError> =>
    Effect.suspend(() => {
      const reason = refusal(mine, batch)
      if (reason) return Effect.fail(logError(reason))
      for (const event of batch) events.push(event)
      signal.notify()
      return Effect.void
    })

  const take = ({ holder: candidate, takeOver }: Candidate): Effect.Effect<Lead, LogError> =>
    Effect.suspend(() => {
      if (holder !== undefined && !takeOver) {
        return Effect.fail(logError({ _tag: "Led", log: "the log", holder }))
      }
      holder = candidate
      const mine = ++epoch
      return Effect.succeed({ epoch: mine, position: events.length, append: (batch) => append(mine, batch) })
    })

  const letGo = (mine: number): Effect.Effect<void> =>
    Effect.sync(() => {
      if (mine === epoch) holder = undefined
    })

  return {
    head: Effect.sync((): Head => ({ position: events.length, epoch })),
    read: (range) => readAll(pages, range),
    entries: (range) => readStored(pages.end, entriesOf(events), positionOf, range),
    outlines: (range) => Stream.map(readAll(pages, range), ({ data: _, ...outline }) => outline),
    changes: (range) => follow(pages, signal, (version) => signal.after(version), range),
    lead: (candidate) => Effect.acquireRelease(take(candidate), (lead) => letGo(lead.epoch))
  }
}

/** A new, empty log. */
export const layer: Layer.Layer<EventLog> = Layer.sync(EventLog, () => makeMemoryEventLog())

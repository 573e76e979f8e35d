/**
 * Reading page by page, and going on where writing goes on. Shared by all stores.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Event } from "../queue/Event.ts"
import { settings } from "../settings.ts"
import type { Entry, Range } from "./EventLog.ts"
import { gapIn } from "./gapIn.ts"
import { type LogError, logError } from "./LogError.ts"

/** A range with its ends filled in. */
export interface Bounds {
  readonly after: number
  readonly upTo: number
  readonly run: string | undefined
}

/** What a store can do to be read. */
export interface Pages {
  /** The position of the last event. */
  readonly end: Effect.Effect<number, LogError>
  /** The next events of a range, at most `limit`; fewer only where the log or the range ends. */
  readonly page: (range: Bounds, limit: number) => Effect.Effect<ReadonlyArray<Event>, LogError>
}

const limit = settings.readPageEvents

const start = ({ after = 0, upTo = Number.MAX_SAFE_INTEGER, run }: Range): Bounds => ({
  after: Math.max(0, after),
  upTo,
  run
})

const isOver = ({ after, upTo }: Bounds): boolean => after >= upTo

type Step = readonly [page: ReadonlyArray<Event>, rest: Bounds]

/** The next events, and where to go on: a page that is not full has looked at all there was. */
const step = (pages: Pages, from: Bounds): Effect.Effect<Step, LogError> =>
  Effect.gen(function* () {
    // In this order: what is written in between is in the page or still to come, never passed over.
    const end = yield* pages.end
    const page = yield* pages.page(from, limit)
    const gap = from.run === undefined ? gapIn(from.after, page) : undefined
    if (gap) return yield* logError(gap)
    const last = page.at(-1)?.position ?? from.after
    return [page, { ...from, after: page.length < limit ? Math.max(last, end) : last }]
  })

const paginate = (
  range: Range,
  next: (from: Bounds) => Effect.Effect<Step, LogError>
): Stream.Stream<Event, LogError> =>
  Stream.paginate(start(range), (from) =>
    Effect.map(next(from), ([page, rest]) => [page, isOver(rest) ? Option.none() : Option.some(rest)])
  )

/** The events of a range that are there now. */
export const readAll = (pages: Pages, range: Range = {}): Stream.Stream<Event, LogError> =>
  Stream.unwrap(
    Effect.map(pages.end, (end) => {
      const upTo = Math.min(end, range.upTo ?? end)
      return paginate({ ...range, upTo }, (from) => step(pages, from))
    })
  )

/** What stands in the store for a range, as it is there now, page by page. Nothing is looked at but where to go on. */
export const readStored = <A>(
  end: Effect.Effect<number, LogError>,
  page: (range: Bounds, limit: number) => Effect.Effect<ReadonlyArray<A>, LogError>,
  positionOf: (one: A) => number,
  range: Range = {}
): Stream.Stream<A, LogError> =>
  Stream.unwrap(
    Effect.map(end, (last) =>
      Stream.paginate(start({ ...range, upTo: Math.min(last, range.upTo ?? last) }), (from) =>
        Effect.map(page(from, limit), (found) => {
          const newest = found.at(-1)
          const isLast = found.length < limit || newest === undefined
          return [
            found,
            isLast ? Option.none() : Option.some({ ...from, after: positionOf(newest) })
          ] as const
        })
      )
    )
  )

/** Where an entry stands. */
export const positionOf = ({ row: [position] }: Entry): number => position

/** Tells readers in this process that something was written. */
export class WriteSignal {
  private version = 0
  private readonly waiting = new Set<() => void>()

  notify(): void {
    this.version++
    // Who is woken reads at once and may wait again, for the next signal.
    const woken = [...this.waiting]
    this.waiting.clear()
    for (const wake of woken) wake()
  }

  /** How much was written; taken before reading, so that what is written meanwhile is not missed. */
  get now(): number {
    return this.version
  }

  /** Waits until more was written than by then. */
  after(version: number): Effect.Effect<void> {
    return Effect.callback((resume) => {
      if (this.version > version) return resume(Effect.void)
      const wake = () => resume(Effect.void)
      this.waiting.add(wake)
      return Effect.sync(() => this.waiting.delete(wake))
    })
  }
}

/**
 * The events of a range, and then each as it is written. `written` waits until there may be more than at the
 * given signal.
 */
export const follow = (
  pages: Pages,
  signal: WriteSignal,
  written: (version: number) => Effect.Effect<void>,
  range: Range = {}
): Stream.Stream<Event, LogError> => {
  const next = (from: Bounds): Effect.Effect<Step, LogError> =>
    Effect.suspend(() => {
      const version = signal.now
      return Effect.flatMap(step(pages, from), ([page, rest]) =>
        page.length > 0 || isOver(rest)
          ? Effect.succeed([page, rest] as const)
          : Effect.andThen(written(version), next(rest))
      )
    })
  return paginate(range, next)
}

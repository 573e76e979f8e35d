/**
 * Reading page by page, and going on where writing goes on. Shared by all stores.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Event } from "../queue/Event.ts"
import { settings } from "../settings.ts"
import type { Range } from "./EventLog.ts"
import type { LogError } from "./LogError.ts"

/** A range with its ends filled in. */
export interface Bounds {
  readonly after: number
  readonly upTo: number
  readonly run: string | undefined
}

/** The next events of a range, at most `limit`; fewer only where the log ends. */
export type ReadPage = (range: Bounds, limit: number) => Effect.Effect<ReadonlyArray<Event>, LogError>

const limit = settings.readPageEvents

const start = ({ after = 0, upTo = Number.MAX_SAFE_INTEGER, run }: Range): Bounds => ({
  after,
  upTo,
  run
})

const past = (page: ReadonlyArray<Event>, bounds: Bounds): Bounds => ({
  ...bounds,
  after: page.at(-1)?.position ?? bounds.after
})

/** The events of a range that are there now. */
export const readAll = (readPage: ReadPage, range: Range = {}): Stream.Stream<Event, LogError> =>
  Stream.paginate(start(range), (from) =>
    Effect.map(readPage(from, limit), (page) => {
      const done = page.length < limit
      return [page, done ? Option.none() : Option.some(past(page, from))] as const
    })
  )

/** Tells readers in this process that something was written. */
export class WriteSignal {
  private version = 0
  private readonly waiting = new Set<() => void>()

  notify(): void {
    this.version++
    for (const wake of this.waiting) wake()
    this.waiting.clear()
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
  readPage: ReadPage,
  signal: WriteSignal,
  written: (version: number) => Effect.Effect<void>,
  range: Range = {}
): Stream.Stream<Event, LogError> => {
  const next = (from: Bounds): Effect.Effect<ReadonlyArray<Event>, LogError> =>
    Effect.suspend(() => {
      const version = signal.now
      return Effect.flatMap(readPage(from, limit), (page) =>
        page.length > 0 ? Effect.succeed(page) : Effect.andThen(written(version), next(from))
      )
    })
  return Stream.paginate(start(range), (from) =>
    Effect.map(next(from), (page) => {
      const to = past(page, from)
      return [page, to.after >= to.upTo ? Option.none() : Option.some(to)] as const
    })
  )
}

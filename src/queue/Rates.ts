/**
 * How fast runs may start. Each rate limit lets one start every `periodMs / limit`, and up to `burst` of them at once
 * after a rest: in any stretch of time of w ms at most `burst + w × limit / periodMs` runs start. The generic cell rate
 * algorithm (ITU-T I.371) in its virtual scheduling form, in whole numbers.
 */
import { SortedList } from "./SortedList.ts"

/** A rate limit, as a run meets it. */
export interface Rate {
  /** No two rates share it; it has the numbers in it, so that a rate with other numbers begins anew. */
  readonly limit: string
  /** So many starts in each period. */
  readonly starts: number
  readonly periodMs: number
  /** How many may start at once after a rest. */
  readonly burst: number
}

/** A moment in exact parts: `rest` is in units of a millisecond divided by the rate's `starts`. */
export interface Moment {
  readonly ms: number
  readonly rest: number
}

const plus = ({ ms, rest }: Moment, periods: number, { periodMs, starts }: Rate): Moment => {
  const parts = rest + periods * periodMs
  const whole = Math.floor(parts / starts)
  return { ms: ms + whole, rest: parts - whole * starts }
}

/** The first whole millisecond that is not before it. */
const ceil = ({ ms, rest }: Moment): number => (rest > 0 ? ms + 1 : ms)

/** A rate that still feels its last starts. */
interface Hot {
  readonly limit: string
  readonly until: number
}

/** What is left of the past in each rate limit. A rate that is at rest takes no room. */
export class Rates {
  /** When the next run would start if all came evenly spaced. */
  private readonly due = new Map<string, Moment>()
  private readonly hot = new SortedList<Hot>(
    (a, b) => a.until - b.until || (a.limit < b.limit ? -1 : a.limit > b.limit ? 1 : 0)
  )

  /** Counts a start. */
  take(rates: ReadonlyArray<Rate>, at: number): void {
    this.forget(at)
    for (const rate of rates) {
      const due = this.due.get(rate.limit)
      if (due) this.hot.remove({ limit: rate.limit, until: ceil(due) })
      const next = plus(due ?? { ms: at, rest: 0 }, 1, rate)
      this.due.set(rate.limit, next)
      this.hot.add({ limit: rate.limit, until: ceil(next) })
    }
  }

  private forget(at: number): void {
    for (let first = this.hot.first; first && first.until <= at; first = this.hot.first) {
      this.hot.remove(first)
      this.due.delete(first.limit)
    }
  }

  /** When one more run may start, if `spare` starts are kept for others; infinite if there are never so many at once. */
  readyAt(rate: Rate, spare = 0): number {
    const ahead = rate.burst - 1 - spare
    if (ahead < 0) return Number.POSITIVE_INFINITY
    const due = this.due.get(rate.limit)
    return due ? ceil(plus(due, -ahead, rate)) : 0
  }

  /** What is left of the past, as it was told by `entries`. */
  set(limit: string, due: Moment): void {
    this.due.set(limit, due)
    this.hot.add({ limit, until: ceil(due) })
  }

  /** Every rate that still feels its last starts, with when the next would be due. */
  entries(): IterableIterator<[string, Moment]> {
    return this.due.entries()
  }
}

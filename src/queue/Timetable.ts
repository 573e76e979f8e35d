/**
 * The times of a schedule. Reading and stepping cron fields is Effect's `Cron`, on the clock of UTC, where no time is
 * left out or comes twice; what a zone's clocks make of it is decided here, once and for all:
 *
 * - One whose hours are named goes by the clock: a time that the clocks skip comes at the moment they are set, one that
 *   they show twice comes the first time.
 * - One that comes in every hour goes by the pace: nothing for what is skipped, and again in the hour that is repeated.
 */
import * as Cron from "effect/Cron"
import * as Result from "effect/Result"
import type { Schedule } from "./Schedule.ts"
import { Zone } from "./Zone.ts"

const macros: Readonly<Record<string, string>> = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
  "@yearly": "0 0 1 1 *"
}

const allowed = `five fields, minute, hour, day, month and weekday, or one of ${Object.keys(macros).join(" ")}`

/** The last moment that calendars know, less a few days for the clocks to be apart. */
const momentMax = 8_639_000_000_000_000

type Times = Pick<Schedule, "cron" | "timezone" | "from" | "until">

export class Timetable {
  private readonly cron: Cron.Cron
  private readonly zone: Zone
  private readonly everyHour: boolean
  private readonly begins: number
  private readonly until: number

  private constructor(cron: Cron.Cron, zone: Zone, { from = 0, until = Number.POSITIVE_INFINITY }: Times) {
    this.cron = cron
    this.zone = zone
    this.everyHour = cron.hours.size === 0 || cron.hours.size === 24
    this.begins = from
    this.until = until
  }

  /** The times of a schedule, or what is wrong with them. */
  static of(times: Times): Result.Result<Timetable, string> {
    const { cron: text, timezone = "UTC" } = times
    const fields = macros[text.trim()] ?? text.trim()
    if (fields.split(/\s+/).length !== 5)
      return Result.fail(`cron: expected ${allowed}; found ${JSON.stringify(text)}`)
    const zone = Zone.named(timezone)
    if (!zone)
      return Result.fail(
        `timezone: expected a name such as Europe/Berlin or UTC; found ${JSON.stringify(timezone)}`
      )
    const parsed = Cron.parse(fields, "UTC")
    return Result.isFailure(parsed)
      ? Result.fail(`cron: ${parsed.failure.message}; found ${JSON.stringify(text)}`)
      : Result.succeed(new Timetable(parsed.success, zone, times))
  }

  /** The next time that the fields name after `shown`, on clocks that nobody sets. */
  private step(shown: number): number | undefined {
    try {
      return Cron.next(this.cron, shown).getTime()
    } catch {
      // There is none, such as the 30th of February.
      return undefined
    }
  }

  /** When a time that the clocks show comes; undefined where it does not. */
  private comes(shown: number): number | undefined {
    const { moments, skippedAt } = this.zone.read(shown)
    return moments[0] ?? (this.everyHour ? undefined : skippedAt)
  }

  /** The first time after `at`, of those that do not come again within an hour that is repeated. */
  private firstAfter(at: number): number | undefined {
    let shown = this.step(at + this.zone.offsetAt(at))
    while (shown !== undefined) {
      const comes = this.comes(shown)
      if (comes !== undefined && comes > at) return comes
      shown = this.step(shown)
    }
    return undefined
  }

  /** The first time after `at` and before `upTo` at which clocks that are ahead by `offset` show one of its times. */
  private withOffset(offset: number, at: number, upTo: number): number | undefined {
    for (let shown = this.step(at + offset); shown !== undefined; shown = this.step(shown)) {
      const comes = shown - offset
      if (comes >= upTo) return undefined
      if (this.zone.offsetAt(comes) === offset) return comes
    }
    return undefined
  }

  /** Its first time after a moment, in milliseconds since 1970; null if there is none. */
  after(at: number): number | null {
    const start = Math.max(at, this.begins - 1)
    const first = start < momentMax ? this.firstAfter(start) : undefined
    if (first === undefined) return null
    const again = this.everyHour
      ? [start, first].map((moment) => this.withOffset(this.zone.offsetAt(moment), start, first) ?? first)
      : []
    const next = Math.min(first, ...again)
    return next < this.until ? next : null
  }

  /** Its last times from one of them on and up to a moment, as many as `most`. */
  lastUpTo(first: number, upTo: number, most: number): ReadonlyArray<number> {
    // No two are less than a minute apart, so that this many minutes hold enough, or the next longer stretch does.
    for (let stretch = most * 60_000; ; stretch *= 2) {
      const start = upTo - stretch
      const times = start < first ? this.from(first, upTo) : this.within(start, upTo)
      if (times.length >= most || start < first) return times.slice(-most)
    }
  }

  /** One of its times, whatever the rules of its zone say now, and those that follow up to a moment. */
  from(first: number, upTo: number): ReadonlyArray<number> {
    return [first, ...this.within(first, upTo)]
  }

  /** Its times after a moment and up to another. */
  within(after: number, upTo: number): ReadonlyArray<number> {
    const times: Array<number> = []
    for (let at = this.after(after); at !== null && at <= upTo; at = this.after(at)) times.push(at)
    return times
  }
}

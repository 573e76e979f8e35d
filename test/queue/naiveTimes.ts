/**
 * The times of a schedule, found the slow way: every minute is looked at on the zone's clocks.
 */

/** The values that each field of a cron expression allows; left out, any. */
export interface Fields {
  readonly minute?: ReadonlyArray<number>
  readonly hour?: ReadonlyArray<number>
  readonly day?: ReadonlyArray<number>
  readonly month?: ReadonlyArray<number>
  readonly weekday?: ReadonlyArray<number>
}

const shown = (values: ReadonlyArray<number> | undefined): string => values?.join(",") ?? "*"

export const expressionOf = ({ minute, hour, day, month, weekday }: Fields): string =>
  [minute, hour, day, month, weekday].map(shown).join(" ")

const minuteMs = 60_000

const clockOf = (zone: string) => {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric"
  })
  /** What the clocks show, as if it were the time of UTC. */
  return (at: number): number => {
    const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]))
    const of = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? Number.NaN
    return Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"))
  }
}

const allows = (values: ReadonlyArray<number> | undefined, value: number): boolean =>
  values === undefined || values.includes(value)

const matches = (fields: Fields, face: number): boolean => {
  const date = new Date(face)
  const onDay = allows(fields.day, date.getUTCDate())
  const onWeekday = allows(fields.weekday, date.getUTCDay())
  const isEither = fields.day !== undefined && fields.weekday !== undefined
  return (
    allows(fields.minute, date.getUTCMinutes()) &&
    allows(fields.hour, date.getUTCHours()) &&
    allows(fields.month, date.getUTCMonth() + 1) &&
    (isEither ? onDay || onWeekday : onDay && onWeekday)
  )
}

/** The times from one full minute on and before another. */
export const naiveTimes = (
  fields: Fields,
  zone: string,
  from: number,
  before: number
): ReadonlyArray<number> => {
  const clock = clockOf(zone)
  const byPace = fields.hour === undefined
  const times: Array<number> = []
  // What was shown in the hours before must not be taken for new.
  const seen = new Set<number>()
  let last: number | undefined
  for (let at = from - 4 * 60 * minuteMs; at < before; at += minuteMs) {
    const face = clock(at)
    const skipped =
      last === undefined || byPace
        ? []
        : Array.from(
            { length: Math.max(0, (face - last) / minuteMs - 1) },
            (_, n) => face - (n + 1) * minuteMs
          )
    const comes = matches(fields, face) && (byPace || !seen.has(face))
    if (at >= from && (comes || skipped.some((one) => matches(fields, one)))) times.push(at)
    seen.add(face)
    last = face
  }
  return times
}

/** The first minutes of a year in which the zone's clocks show another distance to UTC. */
export const changesOf = (zone: string, year: number): ReadonlyArray<number> => {
  const clock = clockOf(zone)
  const changes: Array<number> = []
  const aheadAt = (at: number) => clock(at) - at
  const end = Date.UTC(year + 1, 0)
  for (let at = Date.UTC(year, 0); at < end; at += 30 * minuteMs)
    if (aheadAt(at) !== aheadAt(at - 30 * minuteMs)) changes.push(at)
  return changes
}

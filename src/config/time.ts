/**
 * Lengths and moments of time as people write them: `90s`, `10m`, `2 hours`; `2026-12-01T02:00:00Z`.
 */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

const units = { ms: "millis", s: "seconds", m: "minutes", h: "hours", d: "days" } as const
const short = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/

/** The milliseconds of `10m` or `10 minutes`; undefined if it says no length of time. */
export const parseLength = (text: string): number | undefined => {
  const [, amount, unit] = short.exec(text.trim()) ?? []
  const input = unit === undefined ? text.trim() : `${amount} ${units[unit as keyof typeof units]}`
  const duration = Duration.fromInput(input as Duration.Input)
  const ms = Option.isSome(duration) ? Duration.toMillis(duration.value) : Number.NaN
  return Number.isFinite(ms) && ms > 0 ? Math.max(1, Math.round(ms)) : undefined
}

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$/

/** The milliseconds since 1970 of `2026-12-01T02:00:00Z`, or of a length of time from `now`. */
export const parseMoment = (text: string, now: number): number | undefined => {
  if (!instant.test(text)) {
    const length = parseLength(text)
    return length === undefined ? undefined : now + length
  }
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : at
}

const readable = (parse: (text: string) => number | undefined, allowed: string) =>
  Schema.String.check(
    Schema.makeFilter((text) => parse(text) !== undefined, { message: `expected ${allowed}` })
  )

/** Text that `parseLength` reads. */
export const Length = readable(parseLength, "a length of time such as 90s, 10m or 2 hours")

/** Text that `parseMoment` reads. */
export const Moment = readable(
  (text) => parseMoment(text, 0),
  "a moment such as 2026-12-01T02:00:00Z, or a length of time from now such as 10m"
)

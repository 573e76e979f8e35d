/**
 * Lengths and moments of time as people write them: `90s`, `10m`, `2 hours`, `PT1H30M`; `2026-12-01T02:00:00Z`,
 * `2026-12-01T02:00[Europe/Berlin]`.
 */
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Zone } from "../queue/Zone.ts"

const units = { ms: "millis", s: "seconds", m: "minutes", h: "hours", d: "days" } as const
/** ISO 8601, as far as every part is of one length: a month is none. */
const iso = /^P(?=.)(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/
const isoUnitsMs = [604_800_000, 86_400_000, 3_600_000, 60_000, 1_000]

const isoLength = (text: string): number | undefined => {
  const [, ...parts] = iso.exec(text) ?? []
  return parts.length === 0
    ? undefined
    : parts.reduce((sum, part, at) => sum + Number(part ?? 0) * (isoUnitsMs[at] ?? 0), 0)
}

const short = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/

/** The milliseconds of `10m` or `10 minutes`; undefined if it says no length of time. */
export const parseLength = (text: string): number | undefined => {
  const [, amount, unit] = short.exec(text.trim()) ?? []
  const input = unit === undefined ? text.trim() : `${amount} ${units[unit as keyof typeof units]}`
  const duration = Duration.fromInput(input as Duration.Input)
  const ms = Option.isSome(duration) ? Duration.toMillis(duration.value) : isoLength(text.trim())
  return ms !== undefined && ms > 0 && ms <= momentMax ? Math.max(1, Math.round(ms)) : undefined
}

const local = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d(?::\d\d(?:\.\d+)?)?)/
const offset = /(Z|[+-]\d\d:?\d\d)$/
const zoned = /\[([^\]]+)\]$/

/** What a calendar and a clock show, as if they were those of UTC; undefined where there is no such day or time. */
const parseLocal = (text: string): number | undefined => {
  const [, day = "", time = ""] = local.exec(text) ?? []
  const at = Date.parse(`${day}T${time}Z`)
  // A day too many would be taken for one of the next month.
  return Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== day ? undefined : at
}

const parseInstant = (text: string): number | undefined => {
  const shown = parseLocal(text)
  const rest = text.replace(local, "")
  if (shown === undefined) return undefined
  const [, name] = zoned.exec(rest) ?? []
  // Clocks that show it twice mean the first time; those that skip it never show it.
  if (name !== undefined && rest === `[${name}]`) return Zone.named(name)?.read(shown).moments[0]
  if (rest !== offset.exec(rest)?.[0]) return undefined
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : at
}

/** The last moment that calendars know. */
const momentMax = 8_640_000_000_000_000

/**
 * The milliseconds since 1970 of `2026-12-01T02:00:00Z`, of `2026-12-01T02:00[Europe/Berlin]` by the clocks of a zone, or
 * of a length of time from `now`.
 */
export const parseMoment = (text: string, now: number): number | undefined => {
  const length = local.test(text) ? undefined : parseLength(text)
  const at = length === undefined ? parseInstant(text) : now + length
  return at !== undefined && at >= 0 && at <= momentMax ? at : undefined
}

/** Text that `parse` reads; `allowed` says in a few words what that is. */
export const readable = (parse: (text: string) => unknown, allowed: string) =>
  Schema.String.check(
    Schema.makeFilter((text) => parse(text) !== undefined, { message: `expected ${allowed}` })
  )

/** Text that `parseLength` reads. */
export const Length = readable(parseLength, "a length of time such as 90s, 10m, 2 hours or PT1H30M")

/** Text that `parseMoment` reads. */
export const Moment = readable(
  (text) => parseMoment(text, 0),
  "a moment since 1970 such as 2026-12-01T02:00:00Z or 2026-12-01T02:00[Europe/Berlin], or a length of time from now such as 10m"
)

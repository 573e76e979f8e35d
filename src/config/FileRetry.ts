/**
 * One retry rule, as a run file writes it, and what it stands for.
 */
import * as Schema from "effect/Schema"
import { codesAreOfExits, type RetryRule, retryFields } from "../run/RetryRule.ts"
import { settings } from "../settings.ts"
import { parseLength, readable } from "./time.ts"

const parseWait = (text: string): number | undefined => {
  const ms = parseLength(text)
  return ms === undefined || ms > settings.retryDelayMaxMs ? undefined : ms
}

const Wait = readable(parseWait, "a length of time of at most a month, such as 30s or 10m")

/** A retry rule as files have it. */
export const FileRetry = Schema.Struct({
  ...retryFields,
  /** The wait before the first; none if left out. */
  delay: Schema.optionalKey(Wait),
  /** No wait is longer; a month if left out. */
  maxDelay: Schema.optionalKey(Wait)
}).check(codesAreOfExits)
export type FileRetry = typeof FileRetry.Type

/** The rule that this stands for. */
export const toRule = ({ delay, maxDelay, ...rest }: FileRetry): RetryRule => {
  const delayMs = delay === undefined ? undefined : parseWait(delay)
  const maxDelayMs = maxDelay === undefined ? undefined : parseWait(maxDelay)
  return {
    ...rest,
    ...(delayMs !== undefined && { delayMs }),
    ...(maxDelayMs !== undefined && { maxDelayMs })
  }
}

const short = /^(\d{1,4})(?::(.+))?$/

/** The rules that `3` or `5:10s` stands for: so many times, the first time after that wait; none where it is 0. */
export const parseShortRetry = (text: string): ReadonlyArray<RetryRule> | undefined => {
  const [, times, wait] = short.exec(text.trim()) ?? []
  const max = Number(times)
  const delayMs = wait === undefined ? 0 : parseWait(wait)
  if (times === undefined || max > settings.retriesMax || delayMs === undefined) return undefined
  return max === 0 ? [] : [{ max, ...(delayMs > 0 && { delayMs }) }]
}

/** Text that `parseShortRetry` reads. */
export const ShortRetry = readable(
  parseShortRetry,
  `a number of times up to ${settings.retriesMax}, or one and a wait, such as 3 or 5:10s`
)

/**
 * When work that has not come to a good end is tried again, how often, and how long it waits before that. Ideas: the retry
 * policies of Temporal and of Kubernetes' jobs (`podFailurePolicy`), as rules of which the first that fits counts.
 */
import * as Schema from "effect/Schema"
import { settings } from "../settings.ts"

/** Causes that another try may mend, by name; a wait that was too long is none of them. */
export const RetryCause = Schema.Literals([
  "Exited",
  "Threw",
  "WorkerLost",
  "Terminated",
  "LaunchRefused",
  "LaunchUnreachable",
  "StartTimeout",
  "RuntimeExceeded"
])
export type RetryCause = typeof RetryCause.Type

/** What is tried again where a rule does not say: all but what a launcher has refused, and what it could not be asked. */
const usualCauses: ReadonlyArray<RetryCause> = [
  "Exited",
  "Threw",
  "WorkerLost",
  "Terminated",
  "StartTimeout",
  "RuntimeExceeded"
]

const Delay = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: settings.retryDelayMaxMs }))
const Times = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: settings.retriesMax }))

/** What a rule says besides lengths of time, in whatever form it is written. */
export const retryFields = {
  /** The causes that it is for. Left out: those of the work, of its worker, and of time. */
  causes: Schema.optionalKey(Schema.NonEmptyArray(RetryCause)),
  /** Only where a process has exited with one of these codes. */
  exitCodes: Schema.optionalKey(Schema.NonEmptyArray(Schema.Int)),
  /** How often. Attempts are counted for this run and this rule; new runs, for all runs of the same work. */
  max: Times,
  /** So many times as long before each further one; left out, 2. */
  factor: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 1, maximum: 1000 }))),
  /** Up to this share of each wait is left out, so that those that failed together do not come back together; left out, 0. */
  jitter: Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))),
  /** Another attempt of the same run, or a new run as Dagster makes them; left out, an attempt. */
  as: Schema.optionalKey(Schema.Literals(["attempt", "run"])),
  /** Where another attempt waits: behind all of its priority, or in its old place; left out, behind. */
  place: Schema.optionalKey(Schema.Literals(["end", "same"]))
}

/** Codes of exits make no sense in a rule that is for no exits. */
export const codesAreOfExits = Schema.makeFilter<{
  readonly causes?: ReadonlyArray<string>
  readonly exitCodes?: unknown
}>(({ causes, exitCodes }) => exitCodes === undefined || causes === undefined || causes.includes("Exited"), {
  message: "`exitCodes` are those of `Exited`, which `causes` leaves out"
})

/** One rule. */
export const RetryRule = Schema.Struct({
  ...retryFields,
  /** The wait before the first; left out, none. */
  delayMs: Schema.optionalKey(Delay),
  /** No wait is longer; left out, a month. */
  maxDelayMs: Schema.optionalKey(Delay)
})
  .check(codesAreOfExits)
  .annotate({ identifier: "RetryRule" })
export type RetryRule = typeof RetryRule.Type

/** Whether the rule is for such an end. */
export const isFor = (
  { causes, exitCodes }: RetryRule,
  { _tag, code }: { readonly _tag: string; readonly code?: number | null }
): boolean =>
  (causes ?? usualCauses).some((one) => one === _tag) &&
  (exitCodes === undefined || exitCodes.some((one) => one === code))

/** A number from 0 up to 1, the same for the same text: FNV-1a, its bits stirred as in MurmurHash3. */
const shareOf = (text: string): number => {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}

/** The wait before the `number`th retry, from 1, in ms; `seed` is what its jitter comes from. */
export const delayOf = (
  { delayMs = 0, factor = 2, maxDelayMs = settings.retryDelayMaxMs, jitter = 0 }: RetryRule,
  number: number,
  seed: string
): number => {
  const whole = delayMs === 0 ? 0 : Math.min(maxDelayMs, delayMs * factor ** (number - 1))
  return Math.round(whole * (1 - jitter * shareOf(seed)))
}

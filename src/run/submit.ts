/**
 * The facts of a submission. What may change later, such as time limits and numbers of retries, is settled here.
 */
import type { RunCommand } from "./RunCommand.ts"
import type { Retries, RunFact, Timeouts } from "./RunEvent.ts"
import type { RunId, RunSpec } from "./RunSpec.ts"
import { retriesOf } from "./retry.ts"

type Submit = Extract<RunCommand, { _tag: "SubmitRun" }>

/** What a submission depends on besides the command. */
export interface Terms {
  /** Whether submitted runs stand in line, or are admitted as they come. */
  readonly queued: boolean
  /** The time limits in force for runs that name none. */
  readonly timeouts: Timeouts
  /** How often is tried again what names no number of its own. */
  readonly retries: Retries
  /** The first run of the work, where the run's parent is known to have one. */
  readonly root?: RunId | undefined
  /** Until when its idempotency key is known, if it has one. */
  readonly idempotentUntil?: number
  /** The launcher that the routes give it to, where they do. */
  readonly launcher?: string | undefined
}

/** Dagster's tag for the code location that a run is of. */
export const locationTag = "dagster/code_location"

/** Where the code of a run is, as far as it says so. */
export const locationOf = ({ tags }: RunSpec): string | undefined => tags?.[locationTag]

/** Dagster's tags for the longest time that a run may run, in seconds; the first goes before the other. */
const runtimeTags = ["dagster/max_runtime", "dagster/max_runtime_seconds"] as const

/** In milliseconds; null is none, which a tag that is no number means too, as in Dagster. */
const runtimeOf = ({ maxRuntimeMs, tags = {} }: RunSpec, { runtimeMs }: Timeouts): number | null => {
  if (maxRuntimeMs !== undefined) return maxRuntimeMs
  const tag = runtimeTags.map((key) => tags[key]).find((text) => text !== undefined)
  if (tag === undefined) return runtimeMs
  const ms = Math.round(Number.parseFloat(tag) * 1000)
  return /^\s*\d+(\.\d+)?\s*$/.test(tag) && Number.isSafeInteger(ms) && ms > 0 ? ms : null
}

/** The facts of a submission; `retry` is its number if the rules have made it. */
export const submit = (
  { spec, requested, idempotencyKey: key }: Omit<Submit, "_tag">,
  { queued, timeouts, retries, root, launcher, idempotentUntil: until }: Terms,
  retry?: number
): ReadonlyArray<RunFact> => {
  const queueMs = spec.maxQueuedMs ?? timeouts.queueMs
  const first = root ?? spec.parent
  const data = {
    ...(key !== undefined && until !== undefined && { idempotency: { key, until } }),
    ...(launcher !== undefined && spec.launcher === undefined && { launcher }),
    ...(requested && { requested }),
    retries: retriesOf(spec, retries),
    ...(retry !== undefined && { retry }),
    ...(first !== undefined && { root: first }),
    spec,
    timeouts: {
      ...timeouts,
      runtimeMs: runtimeOf(spec, timeouts),
      ...(queueMs !== undefined && { queueMs })
    }
  }
  const submitted: RunFact = { type: "RunSubmitted", data }
  return queued ? [submitted, { type: "RunQueued", data: {} }] : [submitted]
}

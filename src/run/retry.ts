/**
 * Whether work that has failed is done again, as a new run behind all that wait. Rules and tags are Dagster's.
 */

import { settings } from "../settings.ts"
import type { FailureCause, WorkerFailure } from "./Outcome.ts"
import { delayOf, isFor, type RetryRule } from "./RetryRule.ts"
import type { Run } from "./Run.ts"
import type { Retries, RunFact } from "./RunEvent.ts"
import type { RunSpec } from "./RunSpec.ts"

type Tags = Readonly<Record<string, string>>

/** Tags by which a run says for itself how it is to be retried. */
const retryTags = {
  max: "dagster/max_retries",
  ofWork: "dagster/retry_on_asset_or_op_failure",
  strategy: "dagster/retry_strategy"
} as const

const truth: Readonly<Record<string, boolean>> = { true: true, false: false }

/**
 * How a run is retried, where the policy says `retries`. A number that is none means never; where
 * nothing is retried at all, tags do not change that.
 */
export const retriesOf = ({ tags = {}, retry: rules }: RunSpec, retries: Retries): Retries => {
  const max = tags[retryTags.max]
  const ofWork = tags[retryTags.ofWork]
  return {
    ...retries,
    ...(rules && { rules }),
    ...(max !== undefined &&
      retries.runs !== null && { runs: /^\s*\d{1,9}\s*$/.test(max) ? Number(max) : 0 }),
    ...(ofWork !== undefined && { ofWork: truth[ofWork.toLowerCase()] ?? retries.ofWork })
  }
}

const ofWork: ReadonlyArray<FailureCause["_tag"]> = ["Exited", "Threw"]

/** The first of the run's rules that is for such an end, with its number. */
const ruleFor = (
  { retries: { rules = [] } }: Run,
  cause: FailureCause
): readonly [RetryRule, number] | undefined => {
  const at = rules.findIndex((rule) => isFor(rule, cause))
  const rule = rules[at]
  return rule && [rule, at]
}

/** Another attempt of the run, where a rule of it says so: back in line. `worker` is how its worker ended, if time ended it. */
export const anotherAttempt = (
  run: Run,
  cause: FailureCause,
  now: number,
  worker?: WorkerFailure
): RunFact | undefined => {
  const [rule, at] = ruleFor(run, cause) ?? []
  if (!rule || at === undefined || rule.as === "run") return undefined
  const number = (run.retried?.[at] ?? 0) + 1
  if (number > rule.max) return undefined
  const notBefore = now + delayOf(rule, number, `${run.id} ${run.attempt} ${run.submittedAt}`)
  const retry = { rule: at, number, max: rule.max, place: rule.place ?? "end" }
  const data = { attempt: run.attempt, cause, notBefore, retry, ...(worker && { worker }) }
  return { type: "RunRequeued", data }
}

/** Whether its worker was lost with the coordinator that had it in its process, so often that it may be the run's doing. */
export const isPoison = ({ crashes = 0, retries }: Run, cause: FailureCause): boolean =>
  cause._tag === "WorkerLost" &&
  cause.withCoordinator === true &&
  crashes + 1 >= (retries.crashes ?? settings.crashesMax)

/** Back in line, where it waits for someone to release or to cancel it. */
export const parked = (run: Run, cause: WorkerFailure, now: number): ReadonlyArray<RunFact> => {
  const crashes = (run.crashes ?? 0) + 1
  const reason = `${crashes} coordinators ended abruptly with its work in their process`
  return [
    { type: "RunRequeued", data: { attempt: run.attempt, cause, notBefore: now } },
    { type: "RunHeld", data: { reason } }
  ]
}

const isWorthIt = ({ _tag }: FailureCause, retries: Retries): boolean =>
  _tag !== "QueueTimeout" && (retries.ofWork || !ofWork.includes(_tag))

const isOfTime = ({ _tag }: FailureCause): boolean => _tag === "StartTimeout" || _tag === "RuntimeExceeded"

/**
 * From when on a run that has ended so is done again as a new run, in milliseconds since 1970; undefined if it is not.
 * `group` counts the runs of the same work so far, by hand or not.
 */
export const doneAgainAt = (run: Run, group: number): number | undefined => {
  const { end, endedAt = 0, retries, root } = run
  if (end?.state !== "failed") return undefined
  const [rule] = ruleFor(run, end.cause) ?? []
  // A worker that time has ended and that left no word may be at work still.
  const isGone = !isOfTime(end.cause) || end.worker !== undefined
  if (rule?.as === "run" && group <= rule.max && isGone)
    return endedAt + delayOf(rule, group, `${root} ${group}`)
  return group <= (retries.runs ?? 0) && isWorthIt(end.cause, retries) ? endedAt : undefined
}

/** The name of a retry; where that is taken, or too long, the place in the log tells it from others. */
const idOf = (root: string, number: number, position: number, isTaken: (id: string) => boolean): string => {
  const ending = `-retry${number}`
  const plain = root + ending
  return plain.length <= settings.runIdLengthMax && !isTaken(plain)
    ? plain
    : `${root.slice(0, 80)}${ending}-${position}`
}

const lineage = ({ spec, root }: Run): Tags => ({
  ...spec.tags,
  "dagster/parent_run_id": spec.id,
  "dagster/root_run_id": root
})

/** What is asked for when someone has a run done again, under another id. */
export const againSpec = (run: Run, id: string): RunSpec => {
  const { notBefore: _, ...rest } = run.spec
  const { "dagster/retry_number": __, "dagster/is_resume_retry": ___, ...tags } = lineage(run)
  return { ...rest, id, parent: run.id, tags }
}

/** What is asked for when the rules have a run done again; `number` counts the runs of its group before it. */
export const retrySpec = (
  run: Run,
  notBefore: number,
  number: number,
  position: number,
  isTaken: (id: string) => boolean
): RunSpec => {
  const tags = {
    ...lineage(run),
    "dagster/retry_number": String(number),
    "dagster/is_resume_retry": String(run.spec.tags?.[retryTags.strategy] !== "ALL_STEPS")
  }
  const spec = { ...againSpec(run, idOf(run.root, number, position, isTaken)), tags }
  return notBefore > (run.endedAt ?? 0) ? { ...spec, notBefore } : spec
}

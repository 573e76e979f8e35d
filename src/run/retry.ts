/**
 * Whether work that has failed is done again, as a new run behind all that wait. Rules and tags are Dagster's.
 */

import { settings } from "../settings.ts"
import type { FailureCause } from "./Outcome.ts"
import type { Run } from "./Run.ts"
import type { Retries } from "./RunEvent.ts"
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
 * How a run with these tags is retried, where the policy says `retries`. A number that is none means never; where
 * nothing is retried at all, tags do not change that.
 */
export const retriesOf = (tags: Tags = {}, retries: Retries): Retries => {
  const max = tags[retryTags.max]
  const ofWork = tags[retryTags.ofWork]
  return {
    ...retries,
    ...(max !== undefined &&
      retries.runs !== null && { runs: /^\s*\d{1,9}\s*$/.test(max) ? Number(max) : 0 }),
    ...(ofWork !== undefined && { ofWork: truth[ofWork.toLowerCase()] ?? retries.ofWork })
  }
}

const ofWork: ReadonlyArray<FailureCause["_tag"]> = ["Exited", "Threw"]

const isWorthIt = ({ _tag }: FailureCause, retries: Retries): boolean =>
  _tag !== "QueueTimeout" && (retries.ofWork || !ofWork.includes(_tag))

/** Whether a run that has ended so is done again; `group` counts the runs of the same work so far, by hand or not. */
export const isRetried = ({ end, retries }: Run, group: number): boolean =>
  end?.state === "failed" && group <= (retries.runs ?? 0) && isWorthIt(end.cause, retries)

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
  number: number,
  position: number,
  isTaken: (id: string) => boolean
): RunSpec => {
  const tags = {
    ...lineage(run),
    "dagster/retry_number": String(number),
    "dagster/is_resume_retry": String(run.spec.tags?.[retryTags.strategy] !== "ALL_STEPS")
  }
  return { ...againSpec(run, idOf(run.root, number, position, isTaken)), tags }
}

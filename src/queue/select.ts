/**
 * Runs picked out of a queue.
 */
import type { RunState } from "../run/lifecycle.ts"
import type { Run } from "../run/Run.ts"
import type { RunQueue } from "./RunQueue.ts"

/** Which runs: those that meet all that is said. */
export interface Selection {
  readonly states?: ReadonlyArray<RunState> | undefined
  readonly job?: string | undefined
  /** Each with its value. */
  readonly tags?: Readonly<Record<string, string>> | undefined
}

const meets = ({ states, job, tags }: Selection, run: Run): boolean =>
  (states === undefined || states.length === 0 || states.includes(run.state)) &&
  (job === undefined || run.spec.job === job) &&
  Object.entries(tags ?? {}).every(([key, value]) => run.spec.tags?.[key] === value)

/** The runs that meet the selection, in the order of their submission; the last `limit` of them. */
export const select = (
  queue: RunQueue,
  selection: Selection = {},
  limit = Number.POSITIVE_INFINITY
): ReadonlyArray<Run> => {
  const runs = [...queue.runs.values()].filter((run) => meets(selection, run))
  return runs.slice(Math.max(0, runs.length - limit))
}

/**
 * When time itself decides about a run, and what it decides. The limits were settled when the run was submitted.
 */
import type { StopCause } from "./Outcome.ts"
import type { Run } from "./Run.ts"
import type { RunFact } from "./RunEvent.ts"
import { stopped } from "./stopped.ts"

const after = (since: number | undefined, limitMs: number | null): number | undefined =>
  since === undefined || limitMs === null ? undefined : since + limitMs

/** The moment at which time decides about a run, in milliseconds since 1970; undefined if it never does. */
export const deadline = ({ state, timeouts, admittedAt, startedAt, stopping }: Run): number | undefined => {
  switch (state) {
    case "launching":
      return after(admittedAt, timeouts.startMs)
    case "started":
      return after(startedAt, timeouts.runtimeMs)
    case "canceling":
      return after(stopping?.at, timeouts.cancelMs)
    default:
      return undefined
  }
}

const stop = (run: Run, cause: StopCause): RunFact => ({
  type: "RunCancelRequested",
  data: { attempt: run.attempt, cause }
})

/**
 * What time decides once the deadline has passed. A worker is told to stop and keeps its slots until it is gone,
 * so no run is failed while its worker may still start; only one that does not stop in time ends without it.
 */
export const overdue = (run: Run): RunFact | undefined => {
  const { startMs, runtimeMs } = run.timeouts
  if (run.state === "launching" && startMs !== null)
    return stop(run, { _tag: "StartTimeout", limitMs: startMs })
  if (run.state === "started" && runtimeMs !== null)
    return stop(run, { _tag: "RuntimeExceeded", limitMs: runtimeMs })
  return run.state === "canceling" ? stopped(run) : undefined
}

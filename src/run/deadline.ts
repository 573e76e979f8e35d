/**
 * When time itself decides about a run, and what it decides. The limits were settled when the run was submitted.
 */
import { isWaiting } from "./lifecycle.ts"
import type { StopCause } from "./Outcome.ts"
import type { Run } from "./Run.ts"
import type { RunFact } from "./RunEvent.ts"
import { stopped } from "./stopped.ts"

const after = (since: number | undefined, limitMs: number | null): number | undefined =>
  since === undefined || limitMs === null ? undefined : since + limitMs

const settles = ({ startedAt, reserved }: Run): number | undefined =>
  reserved && after(startedAt, reserved.forMs)

const sooner = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? (a ?? b) : Math.min(a, b)

/** The moment at which time decides about a run, in milliseconds since 1970; undefined if it never does. */
export const deadline = (run: Run): number | undefined => {
  const { state, timeouts, notBefore, submittedAt, admittedAt, startedAt, stopping } = run
  switch (state) {
    case "submitted":
    case "queued":
      return after(Math.max(submittedAt, notBefore), timeouts.queueMs ?? null)
    case "launching":
      return after(admittedAt, timeouts.startMs)
    case "started":
      return sooner(settles(run), after(startedAt, timeouts.runtimeMs))
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

const whileStarted = (run: Run, now: number): RunFact | undefined => {
  const { runtimeMs } = run.timeouts
  // Both may be over at once: the end of its time says more.
  const over = after(run.startedAt, runtimeMs)
  if (runtimeMs !== null && over !== undefined && over <= now)
    return stop(run, { _tag: "RuntimeExceeded", limitMs: runtimeMs })
  return run.reserved && { type: "RunSettled", data: { attempt: run.attempt } }
}

/**
 * What time decides once the deadline has passed. A worker is told to stop and keeps its slots until it is gone,
 * so no run is failed while its worker may still start; only one that does not stop in time ends without it.
 */
export const overdue = (run: Run, now: number): RunFact | undefined => {
  const { startMs, queueMs = null } = run.timeouts
  if (isWaiting(run.state) && queueMs !== null) {
    const cause = { _tag: "QueueTimeout", limitMs: queueMs } as const
    return { type: "RunFailed", data: { attempt: run.attempt, cause } }
  }
  if (run.state === "launching" && startMs !== null)
    return stop(run, { _tag: "StartTimeout", limitMs: startMs })
  if (run.state === "started") return whileStarted(run, now)
  return run.state === "canceling" ? stopped(run) : undefined
}

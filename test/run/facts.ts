/**
 * The facts of a run's life, and a life that leads to each state.
 */
import type { RunState } from "../../src/run/lifecycle.ts"
import type { StopCause, WorkerFailure } from "../../src/run/Outcome.ts"
import type { Retries, RunEventData, RunEventType, RunFact, Timeouts } from "../../src/run/RunEvent.ts"
import type { RunSpec } from "../../src/run/RunSpec.ts"

export type Life = ReadonlyArray<RunFact>

export const fact = <T extends RunEventType>(type: T, data: RunEventData[T]) => ({ type, data }) as RunFact

export const spec: RunSpec = { id: "r", job: "work" }
export const timeouts: Timeouts = { startMs: 60_000, runtimeMs: 600_000, cancelMs: 30_000 }
export const retries: Retries = { launches: 2, launchDelayMs: 5_000, resumes: 1, runs: 0, ofWork: true }
export const asked = { _tag: "Asked" } as const
export const startTimeout = { _tag: "StartTimeout", limitMs: 60_000 } as const
export const unreachable: WorkerFailure = { _tag: "LaunchUnreachable", message: "no route" }

export const submitted = fact("RunSubmitted", { spec, timeouts, retries })
export const queued = fact("RunQueued", {})
export const admitted = (attempt = 1) => fact("RunAdmitted", { attempt, policy: 0, slots: ["runs"] })
export const started = (attempt = 1) => fact("RunStarted", { attempt })
export const requeued = (attempt = 1, notBefore = 0) =>
  fact("RunRequeued", { attempt, cause: unreachable, notBefore })
export const lost: WorkerFailure = { _tag: "WorkerLost", message: "gone" }
export const resumed = (attempt = 2) => fact("RunResumed", { attempt, cause: lost })
export const held = fact("RunHeld", {})
export const claimed = (step: string, granted = true, attempt = 1) =>
  fact("SlotClaimed", { attempt, step, pool: "db", slots: 1, priority: 0, granted })
export const granted = (step: string) => fact("SlotGranted", { attempt: 1, step, pool: "db" })
export const released = (step: string) => fact("SlotReleased", { attempt: 1, step, pool: "db" })
export const stopping = (cause: StopCause = asked, attempt = 1) =>
  fact("RunCancelRequested", { attempt, cause })
export const succeeded = (attempt = 1) => fact("RunSucceeded", { attempt })
export const failed = (cause: RunEventData["RunFailed"]["cause"], attempt = 1) =>
  fact("RunFailed", { attempt, cause })
export const canceled = (attempt = 1) => fact("RunCanceled", { attempt, cause: asked })

/** How a run at its first attempt comes to be in each state. */
export const lifeTo: Readonly<Record<RunState, Life>> = {
  submitted: [submitted],
  queued: [submitted, queued],
  launching: [submitted, queued, admitted()],
  started: [submitted, queued, admitted(), started()],
  canceling: [submitted, queued, admitted(), started(), stopping()],
  succeeded: [submitted, queued, admitted(), started(), succeeded()],
  failed: [submitted, queued, admitted(), failed(unreachable)],
  canceled: [submitted, queued, canceled(0)]
}

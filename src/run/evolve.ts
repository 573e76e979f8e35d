/**
 * One run, one event: what is known afterwards. An event that the chart does not allow is a defect of whoever
 * wrote the log, never something to pass over.
 */
import { bornIn, next } from "./lifecycle.ts"
import { priorityOf } from "./priority.ts"
import type { Run } from "./Run.ts"
import type { RunEvent } from "./RunEvent.ts"

const born = (event: RunEvent & { readonly type: "RunSubmitted" }): Run => ({
  id: event.run,
  spec: event.data.spec,
  timeouts: event.data.timeouts,
  actor: event.actor,
  state: bornIn,
  order: event.position,
  priority: priorityOf(event.data.spec),
  attempt: 0,
  notBefore: event.data.spec.notBefore ?? 0,
  submittedAt: event.at
})

const illegal = (run: Run | undefined, event: RunEvent): Error =>
  new Error(`${event.type} cannot befall run ${event.run}, which is ${run?.state ?? "unknown"}`)

/** What is known of the run after the event. */
export const evolve = (run: Run | undefined, event: RunEvent): Run => {
  if (event.type === "RunSubmitted") {
    if (run) throw illegal(run, event)
    return born(event)
  }
  const state = run && next(run.state, event.type)
  if (!state) throw illegal(run, event)
  switch (event.type) {
    case "RunQueued":
      return { ...run, state }
    case "RunAdmitted":
      return { ...run, state, attempt: event.data.attempt, admittedAt: event.at }
    case "RunStarted":
      return { ...run, state, startedAt: event.at, ...(event.data.worker && { worker: event.data.worker }) }
    case "RunProgressed": {
      const { attempt: _, ...told } = event.data
      return { ...run, state, progress: { at: event.at, ...told } }
    }
    case "RunRequeued": {
      const { admittedAt: _, startedAt: __, worker: ___, progress: ____, ...rest } = run
      return { ...rest, state, notBefore: event.data.notBefore }
    }
    case "RunCancelRequested":
      return { ...run, state, stopping: { at: event.at, cause: event.data.cause, actor: event.actor } }
    case "RunSucceeded":
    case "RunFailed":
    case "RunCanceled": {
      const { attempt: _, ...how } = event.data
      return { ...run, state, endedAt: event.at, end: { state, ...how } as NonNullable<Run["end"]> }
    }
  }
}

/**
 * One run, one event: what is known afterwards. An event that the chart does not allow is a defect of whoever
 * wrote the log, never something to pass over.
 */
import { bornIn, next } from "./lifecycle.ts"
import { priorityOf } from "./priority.ts"
import type { Claim, Run } from "./Run.ts"
import type { Retries, RunEvent } from "./RunEvent.ts"

/** What holds for runs of logs that do not say. */
const noRetries: Retries = { launches: 0, launchDelayMs: 0, resumes: 0, runs: 0, ofWork: false }

const born = (event: RunEvent & { readonly type: "RunSubmitted" }): Run => ({
  id: event.run,
  spec: event.data.spec,
  timeouts: event.data.timeouts,
  retries: event.data.retries ?? noRetries,
  root: event.data.root ?? event.run,
  ...(event.data.retry !== undefined && { retry: event.data.retry }),
  actor: event.actor,
  state: bornIn,
  order: event.position,
  priority: priorityOf(event.data.spec),
  top: 0,
  attempt: 0,
  unreached: 0,
  resumes: 0,
  notBefore: event.data.spec.notBefore ?? 0,
  submittedAt: event.at
})

const illegal = (run: Run | undefined, event: RunEvent): Error =>
  new Error(`${event.type} cannot befall run ${event.run}, which is ${run?.state ?? "unknown"}`)

type Of<T extends RunEvent["type"]> = Extract<RunEvent, { readonly type: T }>

const claimed = (run: Run, { data, position }: Of<"SlotClaimed">): Run => {
  const { attempt: _, ...claim } = data
  return { ...run, claims: [...(run.claims ?? []), { ...claim, order: position }] }
}

/** The run with a claim replaced, or taken out where there is nothing in its place. */
const withClaim = (
  run: Run,
  { data }: Of<"SlotGranted" | "SlotReleased">,
  change: (claim: Claim) => ReadonlyArray<Claim>
): Run => {
  const { claims = [], ...rest } = run
  const at = claims.findIndex(({ step, pool }) => step === data.step && pool === data.pool)
  const claim = claims[at]
  if (!claim) throw new Error(`step ${data.step} of run ${run.id} has no claim on pool ${data.pool}`)
  const changed = claims.toSpliced(at, 1, ...change(claim))
  return changed.length > 0 ? { ...rest, claims: changed } : rest
}

/** The run without what it had of its worker. */
const atRest = (run: Run): Run => {
  const { startedAt: _, worker: __, progress: ___, ...more } = run
  const { reserved: ____, claims: _____, misses: ______, ...rest } = more
  return rest
}

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
    case "RunReprioritized":
      return { ...run, state, priority: event.data.priority }
    case "RunMovedToTop":
      return { ...run, state, top: event.position }
    case "RunHeld":
      return { ...run, state, held: { at: event.at, actor: event.actor, ...event.data } }
    case "RunReleased": {
      const { held: _, ...rest } = run
      return { ...rest, state }
    }
    case "RunAdmitted": {
      const { attempt, reserved } = event.data
      return { ...run, state, attempt, admittedAt: event.at, ...(reserved && { reserved }) }
    }
    case "RunStarted": {
      const { worker } = event.data
      return { ...run, state, unreached: 0, startedAt: event.at, ...(worker !== undefined && { worker }) }
    }
    case "RunSettled": {
      const { reserved: _, ...rest } = run
      return { ...rest, state }
    }
    case "SlotClaimed":
      return { ...claimed(run, event), state }
    case "SlotGranted":
      return { ...withClaim(run, event, (claim) => [{ ...claim, granted: true }]), state }
    case "SlotReleased":
      return { ...withClaim(run, event, () => []), state }
    case "RunResumed":
      return {
        ...atRest(run),
        state,
        attempt: event.data.attempt,
        admittedAt: event.at,
        resumes: run.resumes + 1
      }
    case "RunProgressed": {
      const { attempt: _, ...told } = event.data
      return { ...run, state, progress: { at: event.at, ...told } }
    }
    case "RunHealthChanged": {
      const { misses: _, ...rest } = run
      return { ...rest, state, ...(event.data.misses > 0 && { misses: event.data.misses }) }
    }
    case "RunRequeued": {
      const { admittedAt: _, ...rest } = atRest(run)
      return { ...rest, state, unreached: run.unreached + 1, notBefore: event.data.notBefore }
    }
    case "RunCancelRequested": {
      const { reserved: _, ...rest } = run
      return { ...rest, state, stopping: { at: event.at, cause: event.data.cause, actor: event.actor } }
    }
    case "RunSucceeded":
    case "RunFailed":
    case "RunCanceled": {
      const { attempt: _, ...how } = event.data
      const { claims: __, reserved: ___, ...rest } = run
      return { ...rest, state, endedAt: event.at, end: { state, ...how } as NonNullable<Run["end"]> }
    }
  }
}

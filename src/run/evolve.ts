/**
 * One run, one event: what is known afterwards. An event that the chart does not allow is a defect of whoever
 * wrote the log, never something to pass over.
 */
import { bornIn, next, type RunState } from "./lifecycle.ts"
import { priorityOf } from "./priority.ts"
import type { Claim, Run } from "./Run.ts"
import type { Retries, RunEvent } from "./RunEvent.ts"

/** What holds for runs of logs that do not say. */
const noRetries: Retries = { launches: 0, launchDelayMs: 0, resumes: 0, runs: 0, ofWork: false }

type Of<T extends RunEvent["type"]> = Extract<RunEvent, { readonly type: T }>

/** The launcher that a run names, or that was settled for it. */
const launcherOf = ({ data: { spec, launcher = spec.launcher } }: Of<"RunSubmitted">) =>
  launcher === undefined ? {} : { launcher }

const born = (event: Of<"RunSubmitted">): Run => ({
  id: event.run,
  spec: event.data.spec,
  timeouts: event.data.timeouts,
  retries: event.data.retries ?? noRetries,
  root: event.data.root ?? event.run,
  ...(event.data.retry !== undefined && { retry: event.data.retry }),
  ...launcherOf(event),
  actor: event.actor,
  state: bornIn,
  order: event.position,
  since: event.at,
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

/** What the end of an attempt that another one follows leaves behind. */
const setBack = (run: Run, { at, data: { cause } }: Of<"RunResumed"> | Of<"RunRequeued">) => {
  const isCrash = cause._tag === "WorkerLost" && cause.withCoordinator === true
  return {
    setBack: { at, attempt: run.attempt, cause },
    ...(isCrash && { crashes: (run.crashes ?? 0) + 1 })
  }
}

const requeued = (run: Run, event: Of<"RunRequeued">, state: RunState): Run => {
  const { at, position, data } = event
  const { admittedAt: _, stopping: __, ...rest } = atRest(run)
  const back = { ...rest, ...setBack(run, event), state, notBefore: data.notBefore }
  const unreached = data.cause._tag === "LaunchUnreachable" ? run.unreached + 1 : 0
  if (!data.retry) return { ...back, unreached }
  const { rule, number, place } = data.retry
  // Each attempt that a rule makes begins anew.
  const anew = { ...back, unreached: 0, resumes: 0, retried: { ...run.retried, [rule]: number } }
  return place === "end" ? { ...anew, order: position, since: at, top: 0 } : anew
}

type Change<T extends RunEvent["type"]> = (run: Run, event: Of<T>, state: RunState) => Run

type Ended = Of<"RunSucceeded"> | Of<"RunFailed"> | Of<"RunCanceled">

const ended = (run: Run, { at, data }: Ended, state: RunState): Run => {
  const { attempt: _, ...how } = data
  const { claims: __, reserved: ___, ...rest } = run
  return { ...rest, state, endedAt: at, end: { state, ...how } as NonNullable<Run["end"]> }
}

/** What each kind of event changes, besides the state that the chart leads to. */
const changes: { readonly [T in Exclude<RunEvent["type"], "RunSubmitted">]: Change<T> } = {
  RunQueued: (run, _, state) => ({ ...run, state }),
  RunReprioritized: (run, { data }, state) => ({ ...run, state, priority: data.priority }),
  RunMovedToTop: (run, { position }, state) => ({ ...run, state, top: position }),
  RunHeld: (run, { at, actor, data }, state) => ({ ...run, state, held: { at, actor, ...data } }),
  RunReleased: ({ held: _, ...rest }, __, state) => ({ ...rest, state }),
  RunAdmitted: (run, { at, data: { attempt, reserved } }, state) => ({
    ...run,
    state,
    attempt,
    admittedAt: at,
    ...(reserved && { reserved })
  }),
  RunStarted: (run, { at, data: { worker } }, state) => ({
    ...run,
    state,
    unreached: 0,
    startedAt: at,
    ...(worker !== undefined && { worker })
  }),
  RunSettled: ({ reserved: _, ...rest }, __, state) => ({ ...rest, state }),
  SlotClaimed: (run, event, state) => ({ ...claimed(run, event), state }),
  SlotGranted: (run, event, state) => ({
    ...withClaim(run, event, (claim) => [{ ...claim, granted: true }]),
    state
  }),
  SlotReleased: (run, event, state) => ({ ...withClaim(run, event, () => []), state }),
  RunResumed: (run, event, state) => ({
    ...atRest(run),
    ...setBack(run, event),
    state,
    attempt: event.data.attempt,
    admittedAt: event.at,
    resumes: run.resumes + 1
  }),
  RunProgressed: (run, { at, data: { attempt: _, ...told } }, state) => ({
    ...run,
    state,
    progress: { at, ...told }
  }),
  RunHealthChanged: ({ misses: _, ...rest }, { data: { misses } }, state) => ({
    ...rest,
    state,
    ...(misses > 0 && { misses })
  }),
  RunRequeued: requeued,
  RunCancelRequested: ({ reserved: _, ...rest }, { at, actor, data }, state) => ({
    ...rest,
    state,
    // Who asks while it is being stopped gives it no more time for that.
    stopping: { at: rest.stopping?.at ?? at, cause: data.cause, actor }
  }),
  RunSucceeded: ended,
  RunFailed: ended,
  RunCanceled: ended
}

/** What is known of the run after the event. */
export const evolve = (run: Run | undefined, event: RunEvent): Run => {
  if (event.type === "RunSubmitted") {
    if (run) throw illegal(run, event)
    return born(event)
  }
  const state = run && next(run.state, event.type)
  if (!state) throw illegal(run, event)
  const change = changes[event.type] as (run: Run, event: RunEvent, state: RunState) => Run
  return change(run, event, state)
}

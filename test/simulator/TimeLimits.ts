/**
 * Time limits, kept anew from the events: a limit is the one that was in force when the run was submitted, and none is
 * over too early.
 */
import { type Event, isRunEvent } from "../../src/queue/Event.ts"
import { defaultPolicy, type Policy } from "../../src/queue/Policy.ts"
import type { FailureCause, StopCause } from "../../src/run/Outcome.ts"
import type { RunEvent, Timeouts } from "../../src/run/RunEvent.ts"

interface Known {
  readonly timeouts: Timeouts
  readonly submittedAt: number
  notBefore: number
  /** Of its launch or its start. */
  since: number
  /** Since when it is being stopped. */
  stoppingAt: number | undefined
}

type Cause = FailureCause | StopCause

const same = (a: number | null | undefined, b: number | null | undefined) => (a ?? null) === (b ?? null)

export class TimeLimits {
  private policy: Policy = defaultPolicy
  private readonly runs = new Map<string, Known>()

  /** What is wrong with the event, as far as time goes. */
  take(event: Event): ReadonlyArray<string> {
    if (event.type === "PolicySet") this.policy = event.data.policy
    if (!isRunEvent(event)) return []
    if (event.type === "RunSubmitted") return this.submit(event)
    const run = this.runs.get(event.run)
    if (!run) return []
    const issues = "cause" in event.data ? this.over(run, event, event.data.cause) : []
    const left = this.left(run, event)
    this.move(run, event)
    return [...issues, ...left]
  }

  private submit({ run, at, data }: RunEvent & { type: "RunSubmitted" }): ReadonlyArray<string> {
    const { timeouts, spec } = data
    const notBefore = spec.notBefore ?? 0
    this.runs.set(run, { timeouts, submittedAt: at, notBefore, since: at, stoppingAt: undefined })
    const { policy } = this
    const wanted = {
      ...policy.timeouts,
      queueMs: spec.maxQueuedMs ?? policy.timeouts.queueMs,
      runtimeMs: spec.maxRuntimeMs ?? policy.timeouts.runtimeMs
    }
    const names = ["startMs", "runtimeMs", "cancelMs", "queueMs"] as const
    return names
      .filter((name) => !same(wanted[name], timeouts[name]))
      .map((name) => `${name} of run ${run} is ${timeouts[name]}; the rules in force say ${wanted[name]}`)
  }

  /** A run that was told to stop ends without its worker's word when its time for that is over, and no sooner. */
  private left({ timeouts: { cancelMs }, stoppingAt }: Known, event: RunEvent): ReadonlyArray<string> {
    if (stoppingAt === undefined || (event.type !== "RunCanceled" && event.type !== "RunFailed")) return []
    if (event.data.worker !== undefined) return []
    const inTime = cancelMs !== null && event.at >= stoppingAt + cancelMs
    return inTime
      ? []
      : [`run ${event.run} ends after ${event.at - stoppingAt} of ${cancelMs} ms without a word`]
  }

  private over(
    { timeouts, submittedAt, since, notBefore }: Known,
    { at, run }: RunEvent,
    cause: Cause
  ): ReadonlyArray<string> {
    const limits = {
      StartTimeout: [timeouts.startMs, since],
      RuntimeExceeded: [timeouts.runtimeMs, since],
      QueueTimeout: [timeouts.queueMs ?? null, Math.max(submittedAt, notBefore)]
    } as const
    if (cause._tag !== "StartTimeout" && cause._tag !== "RuntimeExceeded" && cause._tag !== "QueueTimeout")
      return []
    const [limit, from] = limits[cause._tag]
    if (limit !== cause.limitMs) return [`${cause._tag} of ${cause.limitMs} ms; run ${run} has ${limit}`]
    return at < from + limit ? [`${cause._tag} of run ${run} after ${at - from} of ${limit} ms`] : []
  }

  private move(run: Known, event: RunEvent): void {
    switch (event.type) {
      case "RunAdmitted":
      case "RunStarted":
      case "RunResumed":
        run.since = event.at
        break
      case "RunRequeued":
        run.notBefore = event.data.notBefore
        run.stoppingAt = undefined
        break
      case "RunCancelRequested":
        run.stoppingAt ??= event.at
    }
  }
}

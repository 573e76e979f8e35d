/**
 * What is known of one run: the fold of its events.
 */
import type { RunState } from "./lifecycle.ts"
import type { FailureCause, StopCause, WorkerFailure } from "./Outcome.ts"
import type { Priority } from "./priority.ts"
import type { Timeouts } from "./RunEvent.ts"
import type { RunId, RunSpec } from "./RunSpec.ts"

/** How a run has ended. */
export type RunEnd =
  | { readonly state: "succeeded"; readonly result?: unknown }
  | { readonly state: "failed"; readonly cause: FailureCause; readonly worker?: WorkerFailure }
  | { readonly state: "canceled"; readonly cause: StopCause; readonly worker?: WorkerFailure }

/** What is known of one run. All times are milliseconds since 1970. */
export interface Run {
  readonly id: RunId
  readonly spec: RunSpec
  readonly timeouts: Timeouts
  /** Who submitted it. */
  readonly actor: string
  readonly state: RunState
  /** Its place among runs of the same priority: the log position of its submission. Kept when it is requeued. */
  readonly order: number
  readonly priority: Priority
  /** The attempt that runs, or that ran last; 0 before the first admission. */
  readonly attempt: number
  /** Not admitted before this moment; 0 is any time. */
  readonly notBefore: number
  readonly submittedAt: number
  readonly admittedAt?: number
  readonly startedAt?: number
  readonly endedAt?: number
  /** Where to find the worker: a pid, a pod. */
  readonly worker?: string
  readonly progress?: { readonly at: number; readonly fraction?: number; readonly message?: string }
  /** Why and since when it is being stopped. */
  readonly stopping?: { readonly at: number; readonly cause: StopCause; readonly actor: string }
  readonly end?: RunEnd
}

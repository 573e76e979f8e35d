/**
 * What is known of one run: the fold of its events.
 */
import type { RunState } from "./lifecycle.ts"
import type { FailureCause, StopCause, WorkerFailure } from "./Outcome.ts"
import type { Priority } from "./priority.ts"
import type { Retries, RunEventData, Timeouts } from "./RunEvent.ts"
import type { RunId, RunSpec } from "./RunSpec.ts"

/** How a run has ended. */
export type RunEnd =
  | { readonly state: "succeeded"; readonly result?: unknown }
  | { readonly state: "failed"; readonly cause: FailureCause; readonly worker?: WorkerFailure }
  | { readonly state: "canceled"; readonly cause: StopCause; readonly worker?: WorkerFailure }

/** The slots of a pool that a step has, or waits for. */
export interface Claim {
  readonly step: string
  readonly pool: string
  readonly slots: number
  /** The run's priority and the step's, added. Higher first. */
  readonly priority: number
  /** Its place among claims of the same priority: the log position where it was made. */
  readonly order: number
  readonly granted: boolean
}

/** What is known of one run. All times are milliseconds since 1970. */
export interface Run {
  readonly id: RunId
  readonly spec: RunSpec
  readonly timeouts: Timeouts
  readonly retries: Retries
  /** The first run of the work that it does again; itself if it is that. */
  readonly root: RunId
  /** Its number among automatic retries; undefined if it is none. */
  readonly retry?: number
  /** The launcher that takes it; undefined is the usual one. */
  readonly launcher?: string
  /** Who submitted it. */
  readonly actor: string
  readonly state: RunState
  /** Its place among runs of the same priority: the log position of its submission, or where it was last put behind them. */
  readonly order: number
  /** Since when it stands there, for those who wait longer to go before others. */
  readonly since: number
  readonly priority: Priority
  /** The log position where it was moved to the top; 0 if it never was. The higher, the further ahead. */
  readonly top: number
  /** Since when it is not to be admitted, and who said so. */
  readonly held?: { readonly at: number; readonly actor: string; readonly reason?: string }
  /** The attempt that runs, or that ran last; 0 before the first admission. */
  readonly attempt: number
  /** Not admitted before this moment; 0 is any time. */
  readonly notBefore: number
  /** Launches in a row that did not reach the launcher. */
  readonly unreached: number
  /** Attempts made on the slots of one that was lost. */
  readonly resumes: number
  /** How often each of its retry rules was used, by its number; none of them, if there is nothing. */
  readonly retried?: Readonly<Record<number, number>>
  /** How often its worker was lost together with the coordinator. */
  readonly crashes?: number
  /** Why its last attempt but this one ended. */
  readonly setBack?: { readonly at: number; readonly attempt: number; readonly cause: FailureCause }
  readonly submittedAt: number
  readonly admittedAt?: number
  readonly startedAt?: number
  /** Pool slots counted as taken until its steps have made their claims. */
  readonly reserved?: NonNullable<RunEventData["RunAdmitted"]["reserved"]>
  /** What its steps have of pools, or wait for; one for each step and pool. */
  readonly claims?: ReadonlyArray<Claim>
  readonly endedAt?: number
  /** Where to find the worker: a pid, a pod. */
  readonly worker?: string
  readonly progress?: { readonly at: number; readonly fraction?: number; readonly message?: string }
  /** How often in a row its worker was not found well; left out if it was. */
  readonly misses?: number
  /** Why and since when it is being stopped. */
  readonly stopping?: { readonly at: number; readonly cause: StopCause; readonly actor: string }
  readonly end?: RunEnd
}

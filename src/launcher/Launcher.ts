/**
 * Where runs execute. The coordinator says what should be; a launcher makes it so and tells what became of it.
 *
 * Promises, held by `test/launcher/LauncherContract.ts` for every implementation:
 * 1. An attempt is started at most once, whatever happens to the coordinator: `launch` attaches to one that runs.
 * 2. Letting go of `launch` does not stop the work; only `stop` does.
 * 3. An attempt that was stopped before it started never starts.
 * 4. What it tells twice, late, or of another attempt changes nothing: the first end of an attempt is its end.
 * 5. That nobody could look for a worker does not end it: it is told as `Health`, and looked for again.
 *
 * A launcher that cannot be told of an end follows the attempt with `watch`, and has the world outside keep it under its
 * `tokenOf`. The lines of a run's own log are no reports: they go to its `RunLog`, which bounds them.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { Outcome } from "../run/Outcome.ts"
import type { RunId, RunSpec } from "../run/RunSpec.ts"

/** One attempt at one run. */
export interface Assignment {
  readonly run: RunId
  readonly attempt: number
  readonly spec: RunSpec
  /** Whether a coordinator that is gone may have started it already. */
  readonly recovered: boolean
  /** The launcher that was settled for it; undefined is the usual one. */
  readonly launcher?: string
  /** The worker that has started it, as the log says. */
  readonly worker?: string
}

/** What a launcher tells before the end. */
export type Report =
  /** It was taken, and starts when there is room: no launch is under way any more. */
  | { readonly _tag: "Accepted" }
  | { readonly _tag: "Started"; readonly worker?: string }
  | { readonly _tag: "Progress"; readonly fraction?: number; readonly message?: string }
  /** How the worker was found; `transient` where it may only be that nobody could look. */
  | {
      readonly _tag: "Health"
      readonly healthy: boolean
      readonly transient?: boolean
      readonly message?: string
    }

/** Takes a report; the launcher need not wait for it. */
export type Tell = (report: Report) => void

/** What executes runs, as the coordinator sees it. */
export class Launcher extends Context.Service<
  Launcher,
  {
    /** Starts the attempt, or attaches to it where it runs already; answers how it has ended. */
    readonly launch: (assignment: Assignment, tell: Tell) => Effect.Effect<Outcome>
    /** Stops the attempt, or keeps it from ever starting; answers how it has ended, once it has. */
    readonly stop: (assignment: Assignment) => Effect.Effect<Outcome>
    /** Its end is recorded: what was kept to answer for the attempt may go. */
    readonly forget: (assignment: Assignment) => void
  }
>()("signalbox/launcher/Launcher") {}

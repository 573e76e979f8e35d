/**
 * Who waits for a run to end, or for all of them to.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { RunQueue } from "../queue/RunQueue.ts"
import type { Turn } from "../queue/turn.ts"
import { isFinished } from "../run/lifecycle.ts"
import type { Run } from "../run/Run.ts"
import type { RunId } from "../run/RunSpec.ts"
import { type CoordinatorError, coordinatorError } from "./CoordinatorError.ts"

export class Waiters {
  private readonly ends = new Map<RunId, Deferred.Deferred<Run, CoordinatorError>>()
  private readonly quiet = Deferred.makeUnsafe<void, CoordinatorError>()

  /** Waits until the run has ended; asked for in the turn whose state of the run this is. */
  endOf(run: Run): Effect.Effect<Run, CoordinatorError> {
    if (isFinished(run.state)) return Effect.succeed(run)
    const end = this.ends.get(run.id) ?? Deferred.makeUnsafe<Run, CoordinatorError>()
    this.ends.set(run.id, end)
    return Deferred.await(end)
  }

  /** Waits until a drained coordinator has nothing in flight. */
  get allQuiet(): Effect.Effect<void, CoordinatorError> {
    return Deferred.await(this.quiet)
  }

  /** Tells those who waited for this turn. */
  settled({ touched }: Turn, quiet: boolean): void {
    if (quiet) Deferred.doneUnsafe(this.quiet, Exit.void)
    if (this.ends.size === 0) return
    for (const { run } of touched) this.tell(run)
  }

  /** Tells those whose run has ended by what the log says, in a turn that was never heard of. */
  recovered({ runs }: RunQueue): void {
    for (const id of this.ends.keys()) {
      const run = runs.get(id)
      if (run) this.tell(run)
    }
  }

  private tell(run: Run): void {
    const end = isFinished(run.state) ? this.ends.get(run.id) : undefined
    if (!end) return
    Deferred.doneUnsafe(end, Exit.succeed(run))
    this.ends.delete(run.id)
  }

  /** Tells the others that they wait in vain. */
  fail(why: string): void {
    const stopped = Exit.fail(coordinatorError({ _tag: "Stopped", why }))
    for (const end of this.ends.values()) Deferred.doneUnsafe(end, stopped)
    Deferred.doneUnsafe(this.quiet, stopped)
  }
}

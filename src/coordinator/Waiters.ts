/**
 * Who waits for something to become so of a run, or for all runs to end.
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

interface Waiter {
  readonly isMet: (run: Run) => boolean
  readonly met: Deferred.Deferred<Run, CoordinatorError>
}

const hasEnded = ({ state }: Run): boolean => isFinished(state)

export class Waiters {
  private readonly waiters = new Map<RunId, Set<Waiter>>()
  private readonly quiet = Deferred.makeUnsafe<void, CoordinatorError>()

  /** Waits until the run has ended; asked for in the turn whose state of the run this is. */
  endOf(run: Run): Effect.Effect<Run, CoordinatorError> {
    return this.until(run, hasEnded)
  }

  /** Waits until this is so of the run, or the run has ended; asked for in the turn whose state of the run this is. */
  until(run: Run, isMet: (run: Run) => boolean): Effect.Effect<Run, CoordinatorError> {
    if (hasEnded(run) || isMet(run)) return Effect.succeed(run)
    const waiter = { isMet, met: Deferred.makeUnsafe<Run, CoordinatorError>() }
    const others = this.waiters.get(run.id) ?? new Set()
    this.waiters.set(run.id, others.add(waiter))
    return Effect.onInterrupt(Deferred.await(waiter.met), () =>
      Effect.sync(() => this.forget(run.id, waiter))
    )
  }

  /** Waits until a drained coordinator has nothing in flight. */
  get allQuiet(): Effect.Effect<void, CoordinatorError> {
    return Deferred.await(this.quiet)
  }

  /** Tells those who waited for this turn. */
  settled({ touched }: Turn, quiet: boolean): void {
    if (quiet) Deferred.doneUnsafe(this.quiet, Exit.void)
    if (this.waiters.size === 0) return
    for (const { run } of touched) this.tell(run)
  }

  /** Tells those for whom it is so by what the log says, in a turn that was never heard of. */
  recovered({ runs }: RunQueue): void {
    for (const id of this.waiters.keys()) {
      const run = runs.get(id)
      if (run) this.tell(run)
    }
  }

  private tell(run: Run): void {
    for (const waiter of this.waiters.get(run.id) ?? []) {
      if (!hasEnded(run) && !waiter.isMet(run)) continue
      Deferred.doneUnsafe(waiter.met, Exit.succeed(run))
      this.forget(run.id, waiter)
    }
  }

  private forget(run: RunId, waiter: Waiter): void {
    const waiters = this.waiters.get(run)
    waiters?.delete(waiter)
    if (waiters?.size === 0) this.waiters.delete(run)
  }

  /** Tells the others that they wait in vain. */
  fail(why: string): void {
    const stopped = Exit.fail(coordinatorError({ _tag: "Stopped", why }))
    for (const waiters of this.waiters.values())
      for (const { met } of waiters) Deferred.doneUnsafe(met, stopped)
    Deferred.doneUnsafe(this.quiet, stopped)
  }
}

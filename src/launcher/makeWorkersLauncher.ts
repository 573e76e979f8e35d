/**
 * Runs done by workers elsewhere, which ask for them: see `WorkerPool`.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import type { Launcher } from "./Launcher.ts"
import type { Handed, WorkerPool } from "./WorkerPool.ts"

/** Makes the launcher of a pool: what it launches, workers that ask for the run's queue may do. */
export const makeWorkersLauncher = (pool: WorkerPool): Launcher["Service"] => {
  /** Waits for the end of an attempt, and sees to it that its worker is heard of meanwhile. */
  const endOf = (handed: Handed) => {
    const tick = Effect.andThen(
      Effect.sleep(pool.tickMs),
      Effect.sync(() => pool.tick(handed))
    )
    const watching = Semaphore.withPermits(handed.watch, 1)(Effect.forever(tick))
    return Effect.raceFirst(Deferred.await(handed.outcome), watching)
  }
  return {
    launch: (assignment, tell) =>
      Effect.suspend(() => {
        const known = pool.known(assignment)
        const handed = known ?? pool.enter(assignment)
        const { worker } = handed
        handed.listeners.add(tell)
        if (!known) pool.offer(handed)
        if (worker !== undefined) tell({ _tag: "Started", worker })
        else if (!handed.over) tell({ _tag: "Accepted" })
        return Effect.ensuring(
          endOf(handed),
          Effect.sync(() => handed.listeners.delete(tell))
        )
      }),
    stop: (assignment) =>
      Effect.suspend(() => {
        const handed = pool.known(assignment) ?? pool.enter(assignment)
        pool.stop(handed)
        return endOf(handed)
      }),
    forget: (assignment) => pool.forget(assignment)
  }
}

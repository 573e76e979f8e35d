/**
 * Follows an attempt whose end nobody tells: looks for it again and again. For launchers that start work in a place
 * that only answers questions, such as a container engine or a cluster.
 *
 * That nobody could look says nothing of the worker, and never counts against it, however often it is so. That it was
 * looked for and is not there counts once it is so several times in a row: what was just made may not be shown yet.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Outcome } from "../run/Outcome.ts"
import { settings } from "../settings.ts"
import type { Tell } from "./Launcher.ts"

/** How an attempt was found. */
export type Sight =
  /** It is there and has not started yet. */
  | { readonly _tag: "Accepted" }
  | { readonly _tag: "Running"; readonly worker?: string }
  | { readonly _tag: "Ended"; readonly outcome: Outcome }
  /** It is certainly not there. */
  | { readonly _tag: "Absent" }

/** What may be other than usual. */
export interface WatchOptions {
  /** Between two looks, in milliseconds. Doubled each time that nobody could look, up to 64 times. */
  readonly everyMs?: number | undefined
  /** How long a look may take, in milliseconds. */
  readonly lookMs?: number | undefined
}

const lost: Outcome = { _tag: "WorkerLost", message: "it is not there any more, and left no word of its end" }

const reasonOf = (cause: Cause.Cause<unknown>): string => {
  const error = Cause.squash(cause)
  return error instanceof Error ? error.message : String(error)
}

/** What is known from the looks so far. */
class Watch {
  private readonly tell: Tell
  private told: Sight["_tag"] | undefined
  private absences = 0
  /** How often in a row nobody could look. */
  misses = 0

  constructor(tell: Tell) {
    this.tell = tell
  }

  /** Takes what a look has shown; answers the end if that is it. */
  seen(sight: Sight): Outcome | undefined {
    if (this.misses > 0) this.tell({ _tag: "Health", healthy: true })
    this.misses = 0
    if (sight._tag === "Ended") return sight.outcome
    if (sight._tag === "Absent") return ++this.absences < settings.missesMax ? undefined : lost
    this.absences = 0
    if (this.told === sight._tag) return undefined
    this.told = sight._tag
    const { worker } = { worker: undefined, ...sight }
    if (sight._tag === "Accepted") this.tell({ _tag: "Accepted" })
    else this.tell({ _tag: "Started", ...(worker !== undefined && { worker }) })
    return undefined
  }

  /** Nobody could look: told once, until somebody can again. */
  missed(cause: Cause.Cause<unknown>): void {
    if (this.misses++ > 0) return
    const message = `nobody could look for it: ${reasonOf(cause)}`
    this.tell({ _tag: "Health", healthy: false, transient: true, message })
  }
}

/**
 * Looks until the attempt has ended; answers how. A look that fails, throws, or takes too long has shown nothing. What
 * it has shown is told where it is new.
 */
export const watch = (
  look: () => Effect.Effect<Sight, unknown>,
  tell: Tell,
  { everyMs = settings.watchIntervalMs, lookMs = settings.lookTimeoutMs }: WatchOptions = {}
): Effect.Effect<Outcome> =>
  Effect.gen(function* () {
    const state = new Watch(tell)
    for (;;) {
      const exit = yield* Effect.exit(Effect.timeout(Effect.suspend(look), lookMs))
      if (Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause)) return yield* Effect.interrupt
      const end = Exit.isSuccess(exit) ? state.seen(exit.value) : state.missed(exit.cause)
      if (end) return end
      yield* Effect.sleep(everyMs * 2 ** Math.min(state.misses, 6))
    }
  })

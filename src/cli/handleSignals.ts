/**
 * Ctrl-C once: admit nothing more and finish what runs. Twice: stop what runs. Three times: leave at once.
 * SIGTERM: let go of everything; processes run on, and the next `run` takes them up.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Queue from "effect/Queue"
import { Coordinator } from "../coordinator/Coordinator.ts"
import type { Display } from "./Display.ts"
import { exitCodes } from "./exitCodes.ts"
import { count } from "./format.ts"

type Signal = "SIGINT" | "SIGTERM"

const listen = Effect.gen(function* () {
  const signals = yield* Queue.unbounded<Signal>()
  const heard = (signal: NodeJS.Signals) => Queue.offerUnsafe(signals, signal as Signal)
  yield* Effect.acquireRelease(
    Effect.sync(() => process.on("SIGINT", heard).on("SIGTERM", heard)),
    () => Effect.sync(() => process.off("SIGINT", heard).off("SIGTERM", heard))
  )
  return signals
})

/** Answers signals until the scope ends; `cut` is told when the work is over because of one. */
export const handleSignals = Effect.fnUntraced(function* (
  display: Display,
  cut: Deferred.Deferred<"interrupted" | "terminated">
) {
  const coordinator = yield* Coordinator
  const signals = yield* listen
  const quiet = coordinator
    .drain()
    .pipe(
      Effect.andThen(Effect.sync(() => Deferred.doneUnsafe(cut, Exit.succeed("interrupted" as const)))),
      Effect.ignore
    )
  const drain = Effect.gen(function* () {
    const [running, waiting] = yield* coordinator.query(
      (queue) => [queue.slots.size, queue.waiting.line.size] as const
    )
    display.note(
      `Draining: ${count(running, "run")} in flight to finish, ${waiting} stay queued. Ctrl-C again stops what runs.`
    )
    yield* Effect.forkScoped(quiet)
  })
  const stopAll = Effect.gen(function* () {
    const runs = yield* coordinator.query((queue) => [...queue.slots.runs()])
    display.note(`Stopping ${count(runs.length, "run")}. Ctrl-C again leaves at once.`)
    yield* coordinator.askAll(runs.map((run) => ({ _tag: "CancelRun", run, reason: "interrupted" })))
  })
  const answers = [drain, stopAll, Effect.sync(() => process.exit(exitCodes.interrupted.code))]
  const loop = Effect.gen(function* () {
    for (let interrupts = 0; ; ) {
      const signal = yield* Queue.take(signals)
      if (signal === "SIGTERM") return Deferred.doneUnsafe(cut, Exit.succeed("terminated" as const))
      yield* Effect.ignore(answers[interrupts++] ?? Effect.void)
    }
  })
  yield* Effect.forkScoped(loop)
})

/**
 * Ctrl-C once: drain. Twice: cancel what runs. Three times: leave at once. SIGTERM: as the command line says, by default
 * hand over.
 */
import * as Effect from "effect/Effect"
import * as FiberHandle from "effect/FiberHandle"
import * as Queue from "effect/Queue"
import { Coordinator } from "../coordinator/Coordinator.ts"
import type { ShutdownMode } from "../queue/Shutdown.ts"
import type { Display } from "./Display.ts"
import { exitCodes } from "./exitCodes.ts"

type Signal = "SIGINT" | "SIGTERM"

/** By what a program was told to end. */
export type Cut = "interrupted" | "terminated"

const listen = Effect.gen(function* () {
  const signals = yield* Queue.unbounded<Signal>()
  const heard = (signal: NodeJS.Signals) => Queue.offerUnsafe(signals, signal as Signal)
  yield* Effect.acquireRelease(
    Effect.sync(() => process.on("SIGINT", heard).on("SIGTERM", heard)),
    () => Effect.sync(() => process.off("SIGINT", heard).off("SIGTERM", heard))
  )
  return signals
})

/** What each Ctrl-C does, and what the next one would. */
const answers: ReadonlyArray<readonly [ShutdownMode, hint: string]> = [
  ["drain", "Ctrl-C again stops what runs."],
  ["immediate", "Ctrl-C again leaves at once."]
]

/** Shuts the coordinator down when signals come, until the scope ends; `cut` is told of each. */
export const handleSignals = Effect.fnUntraced(function* (
  display: Display,
  onTerm: ShutdownMode,
  cut: (by: Cut) => void
) {
  const coordinator = yield* Coordinator
  const signals = yield* listen
  const shutting = yield* FiberHandle.make()
  // A later signal does not wait for what an earlier one has begun.
  const shutDown = (mode: ShutdownMode, by: Cut) => {
    cut(by)
    return FiberHandle.run(shutting, Effect.ignore(coordinator.shutDown({ mode, reason: by })))
  }
  const loop = Effect.gen(function* () {
    for (let interrupts = 0; ; ) {
      if ((yield* Queue.take(signals)) === "SIGTERM") {
        yield* shutDown(onTerm, "terminated")
        continue
      }
      const [mode, hint] = answers[interrupts++] ?? process.exit(exitCodes.interrupted.code)
      display.note(hint)
      yield* shutDown(mode, "interrupted")
    }
  })
  yield* Effect.forkScoped(loop)
})

/**
 * The end of a coordinator, in each of its modes: `drain` and `immediate` wait for what runs, as long as they may; then all
 * hand over what is left.
 */
import * as Effect from "effect/Effect"
import type { Command } from "../queue/QueueCommand.ts"
import type { RunQueue } from "../queue/RunQueue.ts"
import type { Shutdown, ShutdownReport } from "../queue/Shutdown.ts"
import type { RunId } from "../run/RunSpec.ts"
import { settings } from "../settings.ts"
import type { CommandRejected, CoordinatorError } from "./CoordinatorError.ts"
import type { Request } from "./OnSubmit.ts"

type Failure = CommandRejected | CoordinatorError

/** What it takes of a coordinator. */
interface Parts {
  readonly ask: (command: Command, by: Request) => Effect.Effect<unknown, Failure>
  readonly askAll: (commands: ReadonlyArray<Command>, by: Request) => Effect.Effect<unknown, Failure>
  readonly query: <A>(question: (queue: RunQueue) => A) => Effect.Effect<A, CoordinatorError>
  /** Waits until a coordinator that drains has nothing in flight. */
  readonly allQuiet: Effect.Effect<void, CoordinatorError>
  /** Lets go of the log, and answers what was in flight then, if that is known. */
  readonly letGo: (shutdown: Shutdown, actor: string) => Effect.Effect<ReadonlyArray<RunId> | undefined>
}

const bounds = { drain: settings.drainTimeoutMs, immediate: settings.immediateTimeoutMs, handover: 0 }

const isUnknown = (error: Failure): boolean =>
  error._tag === "CoordinatorError" && error.reason._tag === "OutcomeUnknown"

/** Shuts a coordinator down; `by` says who asks. */
export const shutDown = Effect.fnUntraced(function* (
  { ask, askAll, query, allQuiet, letGo }: Parts,
  { mode = "drain", withinMs = bounds[mode], reason }: Partial<Shutdown>,
  by: Request
) {
  const shutdown = { mode, ...(reason !== undefined && { reason }) }
  const inFlight = query((queue) => [...queue.slots.runs()])
  const before = mode === "handover" ? [] : yield* inFlight
  if (mode !== "handover") {
    const drain = ask({ _tag: "DrainCoordinator", ...shutdown, mode, withinMs }, by)
    yield* Effect.retry(drain, { while: isUnknown })
    const toCancel = mode === "immediate" ? yield* inFlight : []
    yield* askAll(
      toCancel.map((run) => ({ _tag: "CancelRun", run, reason: reason ?? "shut down" })),
      by
    )
    yield* Effect.timeoutOption(allQuiet, withinMs)
  }
  const left = yield* letGo(shutdown, by.actor)
  const ended = before.filter((run) => left?.includes(run) === false)
  return { mode, ended, ...(left && { left }) } satisfies ShutdownReport
})

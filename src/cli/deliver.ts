/**
 * Who decides commands of this command line: the coordinator that leads the log, wherever it runs, or this very
 * process for a moment if nobody does.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Coordinator } from "../coordinator/Coordinator.ts"
import { CommandRejected } from "../coordinator/CoordinatorError.ts"
import { layer, type OpenOptions } from "../coordinator/open.ts"
import type { CommandsRequest } from "../http/Api.ts"
import { askSocket } from "../http/askSocket.ts"
import type { LogError } from "../log/LogError.ts"
import { makeHome, socketOf } from "./makeHome.ts"
import { actor } from "./root.ts"

type PublicCommand = CommandsRequest["commands"][number]

/** What became of a command. */
interface Answer {
  readonly position: number
  readonly run: { readonly id: string; readonly state: string; readonly attempt: number } | undefined
  /** Whether a coordinator that admits runs has decided it. */
  readonly led: boolean
}

const overSocket = (log: string, command: PublicCommand) =>
  Effect.gen(function* () {
    const [reply] = yield* askSocket(socketOf(log), { actor: actor(), commands: [command] })
    if (reply?._tag === "Rejected") return yield* new CommandRejected({ rejection: reply.rejection })
    if (!reply) return yield* Effect.die(new Error("the coordinator gave no reply"))
    return { position: reply.position, run: reply.run, led: true } satisfies Answer
  })

/** The coordinator of this process, over the log at `path`. */
export const ownCoordinator = (path: string, options: Omit<OpenOptions, "log">) =>
  Layer.unwrap(Effect.as(makeHome(path), layer({ ...options, log: path, actor: actor() })))

const byOurselves = (log: string, command: PublicCommand) =>
  Effect.gen(function* () {
    const coordinator = yield* Coordinator
    const { position, run } = yield* coordinator.ask(command)
    if (run?.state === "canceling") {
      const ended = yield* coordinator.ended(run.id)
      return { position, run: ended, led: false } satisfies Answer
    }
    return { position, run, led: false } satisfies Answer
  }).pipe(Effect.provide(ownCoordinator(log, { admits: false })))

const isLed = (error: { readonly _tag: string } | LogError): boolean =>
  error._tag === "LogError" && "reason" in error && error.reason._tag === "Led"

/** Has the command decided by whoever leads the log, or by this process if nobody does. */
export const deliver = (log: string, command: PublicCommand) =>
  overSocket(log, command).pipe(
    Effect.catchTag("HttpClientError", () =>
      byOurselves(log, command).pipe(
        // Someone has begun to lead between our two looks.
        Effect.catchIf(isLed, (led) => Effect.mapError(overSocket(log, command), () => led))
      )
    )
  )

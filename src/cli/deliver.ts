/**
 * Who decides commands of this command line: the coordinator that leads the log, wherever it runs, or this very
 * process for a moment if nobody does.
 */
import { createConnection } from "node:net"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { Coordinator } from "../coordinator/Coordinator.ts"
import { CommandRejected } from "../coordinator/CoordinatorError.ts"
import { layer, type OpenOptions } from "../coordinator/open.ts"
import type { CommandsRequest } from "../http/Api.ts"
import { askSocket } from "../http/askSocket.ts"
import { EventLog } from "../log/EventLog.ts"
import type { LogError } from "../log/LogError.ts"
import type { Accepted } from "../queue/turn.ts"
import { makeHome, socketOf } from "./makeHome.ts"
import { artifactsIn, fullNameOf, openLog, snapshotIn } from "./openLog.ts"
import { actor } from "./root.ts"

/** What can be asked from a command line. */
export type Commands = CommandsRequest["commands"]

/** What became of a command. */
interface Answer {
  readonly position: number
  readonly run: { readonly id: string; readonly state: string; readonly attempt: number } | undefined
  /** Whether a coordinator that admits runs has decided it. */
  readonly led: boolean
  /** Set where the run was submitted before, under the same idempotency key. */
  readonly deduplicated?: true
}

type Answered = Result.Result<Answer, CommandRejected>

const overSocket = (log: string, commands: Commands) =>
  Effect.gen(function* () {
    const replies = yield* askSocket(socketOf(log), { actor: actor(), commands })
    return replies.map((reply): Answered => {
      if (reply._tag === "Rejected") return Result.fail(new CommandRejected({ rejection: reply.rejection }))
      const { _tag: _, ...answer } = reply
      return Result.succeed({ run: undefined, ...answer, led: true })
    })
  })

/** The coordinator of this process, over the log that `path` names. */
export const ownCoordinator = (path: string, options: Omit<OpenOptions, "log">) =>
  Layer.unwrap(
    Effect.map(makeHome(path), () => {
      // The processes that it starts find the log by this, wherever they run.
      process.env["SIGNALBOX_LOG"] = fullNameOf(path)
      const log = Layer.effect(EventLog, openLog(path))
      return layer({
        ...options,
        log,
        snapshot: snapshotIn(path),
        artifacts: artifactsIn(path),
        actor: actor()
      })
    })
  )

/** What is being stopped is stopped by this process, which must not go before that. */
const settled = (coordinator: Coordinator["Service"], { run, ...rest }: Accepted) =>
  Effect.map(
    run?.state === "canceling" ? coordinator.ended(run.id) : Effect.succeed(run),
    (now): Answer => ({ ...rest, run: now, led: false })
  )

const askOurselves = (commands: Commands) =>
  Effect.gen(function* () {
    const coordinator = yield* Coordinator
    const accepted = yield* coordinator.askAll(commands)
    return yield* Effect.forEach(accepted, (one) =>
      Result.isFailure(one)
        ? Effect.succeed<Answered>(Result.fail(one.failure))
        : Effect.map(settled(coordinator, one.success), (answer): Answered => Result.succeed(answer))
    )
  })

const byOurselves = (log: string, commands: Commands) =>
  Effect.provide(askOurselves(commands), ownCoordinator(log, { admits: false }))

const isLed = (error: { readonly _tag: string } | LogError): boolean =>
  error._tag === "LogError" && "reason" in error && error.reason._tag === "Led"

/** Has commands decided in one turn by whoever leads the log, or by this process if nobody does. */
export const deliverAll = (log: string, commands: Commands) =>
  overSocket(log, commands).pipe(
    Effect.catchTag("HttpClientError", () =>
      byOurselves(log, commands).pipe(
        // Someone has begun to lead between our two looks.
        Effect.catchIf(isLed, (led) => Effect.mapError(overSocket(log, commands), () => led))
      )
    )
  )

/** Has commands decided in one turn. */
export type Ask = (commands: Commands) => ReturnType<typeof deliverAll>

/** Whether someone listens on the socket file. */
const isServed = (path: string): Effect.Effect<boolean> =>
  Effect.callback((resume) => {
    const socket = createConnection(path)
    const tell = (served: boolean) => () => {
      socket.destroy()
      resume(Effect.succeed(served))
    }
    socket.once("connect", tell(true)).once("error", tell(false))
  })

/**
 * For many turns: has them decided by whoever leads the log when they begin, or by this process, which then leads it until
 * they have ended.
 */
export const delivering = <A, E, R>(log: string, use: (ask: Ask) => Effect.Effect<A, E, R>) =>
  Effect.flatMap(isServed(socketOf(log)), (served) =>
    served
      ? use((commands) => deliverAll(log, commands))
      : Effect.gen(function* () {
          const coordinator = yield* Coordinator
          const ask: Ask = (commands) =>
            Effect.provideService(askOurselves(commands), Coordinator, coordinator)
          return yield* use(ask)
        }).pipe(Effect.provide(ownCoordinator(log, { admits: false })))
  )

/** Has one command decided; fails where it is refused. */
export const deliver = (log: string, command: Commands[0]) =>
  Effect.flatMap(deliverAll(log, [command]), ([answer]) =>
    answer ? Effect.fromResult(answer) : Effect.die(new Error("the coordinator gave no reply"))
  )

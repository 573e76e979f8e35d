/**
 * The API, answered by the coordinator of this program.
 */
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as Result from "effect/Result"
import { Coordinator } from "../coordinator/Coordinator.ts"
import type { CommandRejected } from "../coordinator/CoordinatorError.ts"
import type { Accepted } from "../queue/turn.ts"
import { Api, type CommandReply, type CommandsRequest } from "./Api.ts"

type Commands = ReadonlyArray<CommandsRequest["commands"][number]>
type Headers = Readonly<Record<string, string | undefined>>

const toReply = (reply: Result.Result<Accepted, CommandRejected>): CommandReply => {
  if (Result.isFailure(reply)) return { _tag: "Rejected", rejection: reply.failure.rejection }
  const { position, run, deduplicated } = reply.success
  return {
    _tag: "Accepted",
    position,
    ...(run && { run: { id: run.id, state: run.state, attempt: run.attempt } }),
    ...(deduplicated && { deduplicated })
  }
}

/** The key of a request, with or without the quotes that a structured field has. */
const keyOf = (headers: Headers): string | undefined => /^"?(.*?)"?$/.exec(headers[keyHeader] ?? "")?.[1]

const keyHeader = "idempotency-key"

/**
 * The commands of a request that has an `Idempotency-Key`: its submissions carry it on. Where there are several commands,
 * each has the key with its own number behind it, so that the whole request may come again.
 */
export const withKey = (commands: Commands, headers: Headers): Commands => {
  const key = keyOf(headers)
  if (!key) return commands
  return commands.map((command, at) =>
    command._tag === "SubmitRun" && command.idempotencyKey === undefined
      ? { ...command, idempotencyKey: commands.length === 1 ? key : `${key}#${at + 1}` }
      : command
  )
}

export const handlers = HttpApiBuilder.group(
  Api,
  "commands",
  Effect.fn(function* (group) {
    const coordinator = yield* Coordinator
    return group.handleAll({
      ask: ({ payload: { actor, commands }, request }) =>
        Effect.map(
          coordinator.askAll(withKey(commands, request.headers), { actor, headers: request.headers }),
          (replies) => replies.map(toReply)
        ),
      shutDown: ({ payload: { actor, ...shutdown }, request: { headers } }) =>
        Effect.catch(coordinator.shutDown(shutdown, { actor, headers }), (error) =>
          // It asks nothing that could be refused.
          error._tag === "CommandRejected" ? Effect.die(error) : Effect.fail(error)
        )
    })
  })
)

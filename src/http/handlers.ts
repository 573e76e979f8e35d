/**
 * The API, answered by the coordinator of this program.
 */
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as Result from "effect/Result"
import { Coordinator } from "../coordinator/Coordinator.ts"
import type { CommandRejected } from "../coordinator/CoordinatorError.ts"
import type { Accepted } from "../queue/turn.ts"
import { Api, type CommandReply } from "./Api.ts"

const toReply = (reply: Result.Result<Accepted, CommandRejected>): CommandReply => {
  if (Result.isFailure(reply)) return { _tag: "Rejected", rejection: reply.failure.rejection }
  const { position, run } = reply.success
  return {
    _tag: "Accepted",
    position,
    ...(run && { run: { id: run.id, state: run.state, attempt: run.attempt } })
  }
}

export const handlers = HttpApiBuilder.group(
  Api,
  "commands",
  Effect.fn(function* (group) {
    const coordinator = yield* Coordinator
    return group.handleAll({
      ask: ({ payload: { actor, commands }, request }) =>
        Effect.map(coordinator.askAll(commands, { actor, headers: request.headers }), (replies) =>
          replies.map(toReply)
        )
    })
  })
)

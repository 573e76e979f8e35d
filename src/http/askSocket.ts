/**
 * Asks a coordinator that another process runs.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpApiClient from "effect/http-api/HttpApiClient"
import { Api, type CommandsRequest } from "./Api.ts"

/** Has commands decided by the coordinator that listens on the socket file at `path`. */
export const askSocket = (path: string, payload: CommandsRequest) =>
  Effect.gen(function* () {
    const client = yield* HttpApiClient.make(Api, {
      transformClient: HttpClient.mapRequest(HttpClientRequest.prependUrl("http://signalbox"))
    })
    return yield* client.commands.ask({ payload })
  }).pipe(Effect.provide(NodeHttpClient.layerUndiciOptions({ connect: { socketPath: path } })))

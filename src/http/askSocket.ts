/**
 * Asks a coordinator that another process runs.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpApiClient from "effect/http-api/HttpApiClient"
import { Api, type CommandsRequest, type ShutdownRequest } from "./Api.ts"

const client = HttpApiClient.make(Api, {
  transformClient: HttpClient.mapRequest(HttpClientRequest.prependUrl("http://signalbox"))
})

/** By the socket file at `path`; an answer may take as long as a shutdown. */
const over = (path: string) =>
  NodeHttpClient.layerUndiciOptions({ connect: { socketPath: path }, headersTimeout: 0 })

/** Has commands decided by the coordinator that listens on the socket file at `path`. */
export const askSocket = (path: string, payload: CommandsRequest) =>
  Effect.provide(
    Effect.flatMap(client, ({ commands }) => commands.ask({ payload })),
    over(path)
  )

/** Has that coordinator end; answers when it has. */
export const shutDownOver = (path: string, payload: ShutdownRequest) =>
  Effect.provide(
    Effect.flatMap(client, ({ commands }) => commands.shutDown({ payload })),
    over(path)
  )

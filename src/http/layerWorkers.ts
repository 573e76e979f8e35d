/**
 * Serves workers elsewhere over TCP, with a token that both sides know. Put what ends TLS before it, where it is not on
 * this machine or in a network of its own.
 */
import { createHash, timingSafeEqual } from "node:crypto"
import { createServer } from "node:http"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { WorkerPool } from "../launcher/WorkerPool.ts"
import { settings } from "../settings.ts"
import { listenError } from "./ListenError.ts"
import { Bearer, Unauthorized, WorkerApi } from "./WorkerApi.ts"
import { workerHandlers } from "./workerHandlers.ts"

/** Where workers find it, and the token that they must have. */
export interface WorkersAddress {
  readonly host: string
  /** 0 is one that is free. */
  readonly port: number
  readonly token: string
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest()

/** Lets those in who have this token; how long that takes tells nothing of it. */
const bearer = (token: string) =>
  Layer.succeed(Bearer, {
    bearer: (answer, { credential }) =>
      timingSafeEqual(digest(Redacted.value(credential)), digest(token))
        ? answer
        : Effect.fail(
            new Unauthorized({
              message: "the header `Authorization: Bearer TOKEN` is missing or has another token"
            })
          )
  })

/** Answers workers of this pool over TCP, by the coordinator to which its launcher was given. */
export const layerWorkers = (pool: WorkerPool, { host, port, token }: WorkersAddress) => {
  const routes = HttpApiBuilder.layer(WorkerApi).pipe(
    Layer.provide(workerHandlers(pool)),
    Layer.provide(bearer(token)),
    Layer.provide(HttpApiMiddleware.layerProblemDetails({ includeDetails: true }))
  )
  const closing = Layer.effectDiscard(Effect.addFinalizer(() => Effect.sync(() => pool.close())))
  const options = { disableLogger: true, disableListenLog: true }
  const server = Layer.catchTag(
    NodeHttpServer.layer(createServer, { host, port }),
    "ServeError",
    ({ cause }) => Layer.effectContext(Effect.fail(listenError(host, port, cause)))
  )
  return Layer.merge(HttpRouter.serve(routes, options), closing).pipe(
    Layer.provide(
      Layer.succeed(HttpIncomingMessage.MaxBodySize, ByteSize.bytes(settings.workerRequestBytesMax))
    ),
    Layer.provideMerge(server)
  )
}

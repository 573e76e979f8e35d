/**
 * Serves the API on a socket of this machine, which only this user may open.
 */
import { chmodSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as Layer from "effect/Layer"
import { Api } from "./Api.ts"
import { handlers } from "./handlers.ts"

const routes = HttpApiBuilder.layer(Api).pipe(Layer.provide(handlers))

/** Listens on the socket file at `path`; whoever leads the log owns it, so an older file is removed first. */
export const layerSocket = (path: string) =>
  Layer.unwrap(
    Effect.sync(() => {
      rmSync(path, { force: true })
      const closed = Layer.effectDiscard(Effect.sync(() => chmodSync(path, 0o600)))
      const server = NodeHttpServer.layer(createServer, { path })
      const options = { disableLogger: true, disableListenLog: true }
      return Layer.mergeAll(HttpRouter.serve(routes, options), closed).pipe(Layer.provide(server))
    })
  )

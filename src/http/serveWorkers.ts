/**
 * Workers elsewhere, for a program that has opened a Signalbox.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as HttpServer from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import type { Signalbox } from "../coordinator/Signalbox.ts"
import type { WorkerPool } from "../launcher/WorkerPool.ts"
import { layerWorkers, type WorkersAddress } from "./layerWorkers.ts"

/** A server that workers ask. */
export interface WorkersServer extends AsyncDisposable {
  /** Where workers find it. */
  readonly url: string
  /** Hands nothing out any more, and answers nobody. What workers do goes on. */
  readonly close: () => Promise<void>
}

/**
 * Has workers ask for the attempts of a pool, whose launcher was given to this Signalbox. Rejects with `ListenError`. Close it
 * before the Signalbox, or after it has drained.
 */
export const serveWorkers = async (
  { services }: Signalbox,
  pool: WorkerPool,
  address: WorkersAddress
): Promise<WorkersServer> => {
  const scope = Scope.makeUnsafe()
  const closing = Scope.close(scope, Exit.void)
  const served = Layer.provide(layerWorkers(pool, address), Layer.succeedContext(services))
  const context = await Effect.runPromise(Effect.onError(Layer.buildWithScope(served, scope), () => closing))
  const bound = Context.get(context, HttpServer.HttpServer).address
  const port = bound._tag === "UnixPathAddress" ? address.port : bound.port
  const host = address.host.includes(":") ? `[${address.host}]` : address.host
  const close = () => Effect.runPromise(closing)
  return { url: `http://${host}:${port}`, close, [Symbol.asyncDispose]: close }
}

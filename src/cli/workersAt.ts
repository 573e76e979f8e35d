/**
 * Workers elsewhere: where this command line listens for them.
 */
import * as Config from "effect/Config"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { layerWorkers } from "../http/layerWorkers.ts"
import { makeWorkersLauncher } from "../launcher/makeWorkersLauncher.ts"
import { WorkerPool } from "../launcher/WorkerPool.ts"
import { Exit, exitCodes } from "./exitCodes.ts"
import { artifactsIn } from "./openLog.ts"

export const workersFlag = Flag.String("listen").pipe(
  Flag.withMetavar("HOST:PORT"),
  Flag.withDescription(
    "Hand runs whose launcher is `workers` to workers that ask here, with SIGNALBOX_WORKER_TOKEN"
  ),
  Flag.optional
)

const usage = (message: string) => new Exit({ code: exitCodes.usage.code, message })

const tokenConfig = Config.option(Config.Redacted("SIGNALBOX_WORKER_TOKEN"))

const addressOf = Effect.fnUntraced(function* (text: string) {
  const [, host, digits] = /^\[?([^[\]]+)\]?:(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  if (host === undefined || port > 65_535)
    return yield* usage(`--listen ${text}: a host and a port are expected, such as 127.0.0.1:7070.`)
  const token = Option.getOrUndefined(yield* Effect.orDie(tokenConfig))
  if (!token || Redacted.value(token) === "")
    return yield* usage("--listen needs a token in SIGNALBOX_WORKER_TOKEN, for workers to show.")
  return { host, port, token: Redacted.value(token) }
})

/** The launcher of such workers, and the server that they ask; nothing where none are listened for. */
export const workersAt = Effect.fnUntraced(function* (listen: Option.Option<string>, log: string) {
  if (Option.isNone(listen)) return { launchers: {}, served: Layer.empty }
  const address = yield* addressOf(listen.value)
  const pool = new WorkerPool(artifactsIn(log))
  const served = Layer.catchTag(layerWorkers(pool, address), "ListenError", ({ message }) =>
    Layer.effectContext(usage(`--listen: ${message}`))
  )
  return { launchers: { workers: makeWorkersLauncher(pool) }, served }
})

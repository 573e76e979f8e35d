/** The public names of `signalbox/workers`: runs done by workers elsewhere. Needs the package `@effect/platform-node`. */
export { ListenError } from "./http/ListenError.ts"
export { layerWorkers, type WorkersAddress } from "./http/layerWorkers.ts"
export { serveWorkers, type WorkersServer } from "./http/serveWorkers.ts"
export { makeWorkersLauncher } from "./launcher/makeWorkersLauncher.ts"
export { WorkerPool } from "./launcher/WorkerPool.ts"

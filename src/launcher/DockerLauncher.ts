/**
 * Runs as containers of an engine with Docker's API, here or elsewhere. They outlive the coordinator: a later one finds
 * them again by their names.
 */
import { DockerAttempt } from "./DockerAttempt.ts"
import { DockerEngine } from "./DockerEngine.ts"
import type { DockerOptions } from "./DockerOptions.ts"
import type { Launcher } from "./Launcher.ts"
import { launcherOfAttempts } from "./launcherOfAttempts.ts"
import { tokenOf } from "./tokenOf.ts"

/** Where the environment says the engine is, as for Docker's own command line. */
const addressOf = ({ host, certificates }: DockerOptions) => {
  const { DOCKER_HOST, DOCKER_TLS_VERIFY, DOCKER_CERT_PATH } = process.env
  const usual = DOCKER_TLS_VERIFY && DOCKER_CERT_PATH ? DOCKER_CERT_PATH : undefined
  return {
    host: host ?? (DOCKER_HOST || "unix:///var/run/docker.sock"),
    certificates: certificates ?? (host === undefined ? usual : undefined)
  }
}

/**
 * Makes the launcher; what containers have printed goes into files under `artifacts`. Throws where the engine's address
 * makes no sense; whether one is there shows with the first run.
 */
export const makeDockerLauncher = (artifacts: string, options: DockerOptions = {}): Launcher["Service"] => {
  const engine = new DockerEngine(addressOf(options))
  return launcherOfAttempts(
    (assignment) => tokenOf({ ...assignment, box: options.box ?? "" }),
    (assignment) => new DockerAttempt(assignment, engine, artifacts, options)
  )
}

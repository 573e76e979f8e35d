/**
 * Runs as containers of an engine with Docker's API, here or elsewhere. They outlive the coordinator: a later one finds
 * them again by their names.
 */
import * as Effect from "effect/Effect"
import { DockerAttempt } from "./DockerAttempt.ts"
import { DockerEngine } from "./DockerEngine.ts"
import type { DockerOptions } from "./DockerOptions.ts"
import type { Assignment, Launcher } from "./Launcher.ts"
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
  const known = new Map<string, DockerAttempt>()
  const nameOf = (assignment: Assignment) => tokenOf({ ...assignment, box: options.box ?? "" })
  const attemptOf = (assignment: Assignment): DockerAttempt => {
    const name = nameOf(assignment)
    const attempt = known.get(name) ?? new DockerAttempt(assignment, engine, artifacts, options)
    known.set(name, attempt)
    return attempt
  }
  return {
    launch: (assignment, tell) => Effect.suspend(() => attemptOf(assignment).launch(tell)),
    stop: (assignment) => Effect.suspend(() => attemptOf(assignment).stop()),
    forget: (assignment) => {
      const attempt = known.get(nameOf(assignment))
      known.delete(nameOf(assignment))
      if (attempt) Effect.runFork(attempt.forget())
    }
  }
}

/**
 * The launchers that a configuration file asks for.
 */
import type { Contents } from "../config/signalboxYaml.ts"
import { makeDockerLauncher } from "../launcher/DockerLauncher.ts"
import type { Launchers } from "../launcher/route.ts"

/** Makes them, with their files under `artifacts`. */
export const launchersIn = (said: Contents["launchers"] | null, artifacts: string): Launchers => {
  if (!said?.docker) return {}
  const { host_config: hostConfig, terminate_grace_seconds: grace, ...docker } = said.docker
  return {
    docker: makeDockerLauncher(artifacts, {
      ...docker,
      hostConfig,
      terminateGraceMs: grace === undefined ? undefined : grace * 1_000
    })
  }
}

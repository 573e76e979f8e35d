/**
 * The launchers that a configuration file asks for.
 */
import * as Effect from "effect/Effect"
import type { Contents } from "../config/signalboxYaml.ts"
import { makeDockerLauncher } from "../launcher/DockerLauncher.ts"
import { makeKubernetesLauncher } from "../launcher/KubernetesLauncher.ts"
import type { Launchers } from "../launcher/route.ts"
import { Exit, exitCodes } from "./exitCodes.ts"

type Said = NonNullable<Contents["launchers"]>

const inMs = (seconds: number | undefined) => (seconds === undefined ? undefined : seconds * 1_000)

const dockerIn = (said: NonNullable<Said["docker"]>, artifacts: string): Launchers => {
  const { host_config: hostConfig, terminate_grace_seconds: grace, ...docker } = said
  return { docker: makeDockerLauncher(artifacts, { ...docker, hostConfig, terminateGraceMs: inMs(grace) }) }
}

const kubernetesIn = async (said: NonNullable<Said["kubernetes"]>, artifacts: string): Promise<Launchers> => {
  const { terminate_grace_seconds: grace, ttl_seconds: ttl, ...rest } = said
  const { service_account: serviceAccount, env_secrets: envSecrets, pod_spec: podSpec, ...kubernetes } = rest
  const options = { ...kubernetes, serviceAccount, envSecrets, podSpec }
  const times = { terminateGraceMs: inMs(grace), ttlMs: inMs(ttl) }
  return { kubernetes: await makeKubernetesLauncher(artifacts, { ...options, ...times }) }
}

/** Makes them, with their files under `artifacts`. */
export const launchersIn = (said: Said | null, artifacts: string): Effect.Effect<Launchers, Exit> =>
  Effect.tryPromise({
    try: async () => ({
      ...(said?.docker && dockerIn(said.docker, artifacts)),
      ...(said?.kubernetes && (await kubernetesIn(said.kubernetes, artifacts)))
    }),
    catch: (error) => {
      const why = error instanceof Error ? error.message : String(error)
      return new Exit({ code: exitCodes.usage.code, message: `the launchers of the configuration: ${why}` })
    }
  })

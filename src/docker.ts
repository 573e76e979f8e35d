/** The public names of `signalbox/docker`: runs as containers of an engine with Docker's API. */
export { makeDockerLauncher } from "./launcher/DockerLauncher.ts"
export type { DockerOptions, RegistryAccess } from "./launcher/DockerOptions.ts"

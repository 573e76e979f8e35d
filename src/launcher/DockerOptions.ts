/**
 * What may be other than usual where runs are containers.
 */
import type { ContainerOptions } from "./containerOf.ts"
import type { Keep } from "./RemoteAttempt.ts"

/** How an engine is let into a registry. */
export interface RegistryAccess {
  readonly username: string
  readonly password: string
  readonly serveraddress?: string | undefined
}

/** How attempts are made containers, where, and what becomes of these. */
export interface DockerOptions extends ContainerOptions {
  /** Where the engine is. Default: what `DOCKER_HOST` says, else `unix:///var/run/docker.sock`. */
  readonly host?: string | undefined
  /** The folder with `ca.pem`, `cert.pem` and `key.pem`. Default: `DOCKER_CERT_PATH`, if `DOCKER_TLS_VERIFY` is set. */
  readonly certificates?: string | undefined
  /** When an image is fetched: if the engine does not have it, before each attempt, or never. Default: `missing`. */
  readonly pull?: "missing" | "always" | "never" | undefined
  /** What the engine shows to the registry when it fetches an image. */
  readonly registry?: RegistryAccess | undefined
  /** Which containers stay when their end is recorded. Default: `none`. */
  readonly keep?: Keep | undefined
  /** Between a container's stop signal and SIGKILL, in milliseconds, of which whole seconds are used. */
  readonly terminateGraceMs?: number | undefined
}

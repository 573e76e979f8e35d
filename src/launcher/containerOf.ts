/**
 * The container of an attempt, as Docker's Engine API wants it described. A run's `cwd` is a folder of the coordinator's
 * machine, and none of the image: there, the image's own holds, or the launcher's `WorkingDir`.
 */
import type { ProcessLimits } from "../run/RunSpec.ts"
import type { Container } from "./DockerEngine.ts"
import type { Assignment } from "./Launcher.ts"

/** Names the image of a run, where it is not the usual one. */
export const imageTag = "signalbox/docker-image"

/** What containers have in common. */
export interface ContainerOptions {
  /** The image of runs that name none by the tag `signalbox/docker-image`. */
  readonly image?: string | undefined
  /** Tells logs from each other whose runs share an engine. */
  readonly box?: string | undefined
  /** The network mode, such as `bridge`, `host`, `none` or a network's name. */
  readonly network?: string | undefined
  /** Variables of every container; those of a run go before them. */
  readonly env?: Readonly<Record<string, string>> | undefined
  /** More of the API's `HostConfig`, such as `Binds` or `NanoCpus`; goes before what is made of the run. */
  readonly hostConfig?: Readonly<Record<string, unknown>> | undefined
  /** More of the API's container, such as `User` or `StopSignal`; goes before what is made of the run. */
  readonly config?: Readonly<Record<string, unknown>> | undefined
}

/** The labels by which a container says what it is of. */
export const labelsOf = ({ run, attempt }: Pick<Assignment, "run" | "attempt">, box = "") => ({
  "signalbox.run": run,
  "signalbox.attempt": String(attempt),
  "signalbox.box": box
})

/** Says that the container keeps the name of an attempt that is never to start. */
const stoppedLabel = "signalbox.stopped"

/** Whether a container only keeps an attempt from starting. */
export const isStopMark = ({ Config }: Container): boolean => Config.Labels?.[stoppedLabel] === "true"

const hostLimits = ({ cpuSeconds, memoryMb, openFiles }: ProcessLimits): Record<string, unknown> => {
  const limit = (name: string, value: number | undefined) =>
    value === undefined ? [] : [{ Name: name, Soft: value, Hard: value }]
  const ulimits = [...limit("cpu", cpuSeconds), ...limit("nofile", openFiles)]
  // What is swapped counts, too: else it would be swapped where it is to be stopped.
  const bytes = (memoryMb ?? 0) * 2 ** 20
  return {
    ...(memoryMb !== undefined && { Memory: bytes, MemorySwap: bytes }),
    ...(ulimits.length > 0 && { Ulimits: ulimits })
  }
}

/** The image of a run; an engine that is to fetch one without a tag would fetch all that have its name. */
export const imageOf = ({ spec }: Assignment, options: ContainerOptions): string | undefined => {
  const image = spec.tags?.[imageTag] ?? options.image
  return image === undefined || /[:@][^/]*$/.test(image) ? image : `${image}:latest`
}

/** The body that creates the container of an attempt of this image. */
export const containerOf = (assignment: Assignment, image: string, options: ContainerOptions) => {
  const { run, attempt, spec } = assignment
  const { command, input, job } = spec
  const env = {
    ...options.env,
    ...spec.env,
    SIGNALBOX_RUN: run,
    SIGNALBOX_ATTEMPT: String(attempt),
    ...(job !== undefined && { SIGNALBOX_JOB: job }),
    ...(input !== undefined && { SIGNALBOX_INPUT: JSON.stringify(input) })
  }
  const { Labels, ...config } = { Labels: {}, ...options.config }
  return {
    // An image's own command does the work of a run that has none.
    ...(command !== undefined && { Cmd: typeof command === "string" ? ["/bin/sh", "-c", command] : command }),
    ...config,
    Image: image,
    Tty: false,
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    Labels: { ...(Labels as object), ...labelsOf(assignment, options.box) },
    HostConfig: {
      ...(options.network !== undefined && { NetworkMode: options.network }),
      ...hostLimits(spec.limits ?? {}),
      ...options.hostConfig,
      // An attempt is started once, and its container is there until its end is recorded.
      RestartPolicy: { Name: "no" },
      AutoRemove: false
    }
  }
}

/** The body that creates a container which keeps the attempt from starting. */
export const stopMarkOf = (assignment: Assignment, image: string, options: ContainerOptions) => {
  const container = containerOf(assignment, image, options)
  return { ...container, Labels: { ...container.Labels, [stoppedLabel]: "true" } }
}

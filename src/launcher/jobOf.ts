/**
 * The Kubernetes job of an attempt: one pod, started once, whose container `run` does the work.
 */
import * as Schema from "effect/Schema"
import { Json } from "../run/Json.ts"
import type { RunSpec } from "../run/RunSpec.ts"
import type { Assignment } from "./Launcher.ts"
import { workContainer } from "./podState.ts"

/** Names the image of a run, where it is not the usual one. */
export const podImageTag = "signalbox/k8s-image"
/** Dagster's tag for what a run has of its own, as JSON. */
const configTag = "dagster-k8s/config"

/** What jobs have in common. */
export interface JobOptions {
  /** The image of runs that name none by the tag `signalbox/k8s-image`. */
  readonly image?: string | undefined
  /** Tells logs from each other whose runs share a namespace: a label's value. */
  readonly box?: string | undefined
  /** Variables of every pod; those of a run go before them. */
  readonly env?: Readonly<Record<string, string>> | undefined
  /** Secrets whose keys become variables. */
  readonly envSecrets?: ReadonlyArray<string> | undefined
  readonly serviceAccount?: string | undefined
  readonly labels?: Readonly<Record<string, string>> | undefined
  readonly annotations?: Readonly<Record<string, string>> | undefined
  /** What a container asks for and may have, as Kubernetes has it: `requests`, `limits`. */
  readonly resources?: Readonly<Record<string, unknown>> | undefined
  /** More of the pod's spec, such as `nodeSelector`, `tolerations`, `volumes`, `imagePullSecrets`. */
  readonly podSpec?: Readonly<Record<string, unknown>> | undefined
  /** More of the container, such as `volumeMounts`, `imagePullPolicy`, `securityContext`. */
  readonly container?: Readonly<Record<string, unknown>> | undefined
  /** Between a pod's stop signal and SIGKILL, in milliseconds, of which whole seconds are used. */
  readonly terminateGraceMs?: number | undefined
  /** How long a job whose end nobody has recorded stays in the cluster, in milliseconds. Default: a day. */
  readonly ttlMs?: number | undefined
}

/** The labels by which all of a box are found, and by which one attempt is. */
export const boxLabel = "signalbox/box"
export const tokenLabel = "signalbox/token"
/** Says that a job is never to have a pod again. */
export const stoppedLabel = "signalbox/stopped"

const Mapping = Schema.Record(Schema.String, Json)
const Metadata = Schema.Struct({
  labels: Schema.optionalKey(Mapping),
  annotations: Schema.optionalKey(Mapping)
})

/** What of Dagster's tag is taken; any other key is refused, for nobody would see that it has no effect. */
const RunConfig = Schema.Struct({
  container_config: Schema.optionalKey(Mapping),
  pod_spec_config: Schema.optionalKey(Mapping),
  pod_template_spec_metadata: Schema.optionalKey(Metadata),
  job_spec_config: Schema.optionalKey(
    Schema.Struct({ ttl_seconds_after_finished: Schema.optionalKey(Schema.Int) })
  ),
  job_metadata: Schema.optionalKey(Metadata)
})
type RunConfig = typeof RunConfig.Type

const decodeConfig = Schema.decodeUnknownSync(Schema.fromJsonString(RunConfig))

/** Dagster takes `node_selector` for `nodeSelector`, at the top of what it is given. */
const camel = (of: Readonly<Record<string, unknown>> = {}): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(of).map(([key, value]) => [
      key.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase()),
      value
    ])
  )

/** What makes an attempt one pod that is started once, and so is no run's to say. */
const ours = ["containers", "restart_policy", "restartPolicy"]

/** What a run's tag says of its job, or what is wrong with it. */
export const configOf = ({ tags }: RunSpec): RunConfig | string => {
  const text = tags?.[configTag]
  if (text === undefined) return {}
  try {
    const config = decodeConfig(text, { onExcessProperty: "error", errors: "all" })
    const taken = ours.filter((key) => Object.hasOwn(config.pod_spec_config ?? {}, key))
    return taken.length === 0
      ? config
      : `the tag ${configTag}: pod_spec_config says no ${taken.join(", ")} here`
  } catch (error) {
    return `the tag ${configTag}: ${error instanceof Error ? error.message : error}`
  }
}

/** Whether a label may have this value. */
export const isLabelValue = (text: string): boolean =>
  /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/.test(text)

/** The labels of what belongs to an attempt. */
export const jobLabels = ({ run, attempt }: Assignment, token: string, box = "") => ({
  "app.kubernetes.io/managed-by": "signalbox",
  [boxLabel]: box,
  [tokenLabel]: token,
  "signalbox/attempt": String(attempt),
  ...(isLabelValue(run) && { "signalbox/run": run })
})

const argsOf = ({ command }: RunSpec) => {
  if (command === undefined) return {}
  return { args: typeof command === "string" ? ["/bin/sh", "-c", command] : command }
}

const envOf = ({ run, attempt, spec }: Assignment, options: JobOptions) => {
  const env: Record<string, string> = {
    ...options.env,
    ...spec.env,
    SIGNALBOX_RUN: run,
    SIGNALBOX_ATTEMPT: String(attempt),
    ...(spec.job !== undefined && { SIGNALBOX_JOB: spec.job }),
    ...(spec.input !== undefined && { SIGNALBOX_INPUT: JSON.stringify(spec.input) })
  }
  return Object.entries(env).map(([name, value]) => ({ name, value }))
}

const resourcesOf = ({ limits }: RunSpec, { resources }: JobOptions) => {
  if (limits?.memoryMb === undefined) return resources && { resources }
  const memory = { memory: `${limits.memoryMb}Mi` }
  return {
    resources: {
      ...resources,
      requests: { ...(resources?.["requests"] as object), ...memory },
      limits: { ...(resources?.["limits"] as object), ...memory }
    }
  }
}

const listIn = (of: Readonly<Record<string, unknown>> | undefined, key: string): ReadonlyArray<unknown> => {
  const list = of?.[key]
  return Array.isArray(list) ? list : []
}

const containerOf = (assignment: Assignment, image: string, options: JobOptions, config: RunConfig) => ({
  ...argsOf(assignment.spec),
  ...(options.envSecrets && { envFrom: options.envSecrets.map((name) => ({ secretRef: { name } })) }),
  ...resourcesOf(assignment.spec, options),
  ...options.container,
  ...camel(config.container_config),
  name: workContainer,
  image,
  env: [
    ...listIn(options.container, "env"),
    ...listIn(config.container_config, "env"),
    ...envOf(assignment, options)
  ]
})

/** The image of a run. */
export const podImageOf = ({ spec }: Assignment, { image }: JobOptions): string | undefined =>
  spec.tags?.[podImageTag] ?? spec.tags?.["dagster/image"] ?? image

const dayMs = 86_400_000

/** The job of an attempt of this image. Suspended, it has no pod. */
export const jobOf = (
  assignment: Assignment,
  of: {
    readonly token: string
    readonly image: string
    readonly config: RunConfig
    readonly isStopped?: boolean
  },
  options: JobOptions
) => {
  const { token, image, config, isStopped = false } = of
  const labels = jobLabels(assignment, token, options.box)
  const { job_metadata: job, pod_template_spec_metadata: pod, job_spec_config: spec } = config
  const named = { "signalbox/run": assignment.run }
  const { terminateGraceMs, serviceAccount, ttlMs = dayMs } = options
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name: token,
      labels: { ...options.labels, ...job?.labels, ...labels, ...(isStopped && { [stoppedLabel]: "true" }) },
      annotations: { ...options.annotations, ...job?.annotations, ...named }
    },
    spec: {
      ttlSecondsAfterFinished: spec?.ttl_seconds_after_finished ?? Math.ceil(ttlMs / 1_000),
      backoffLimit: 0,
      completions: 1,
      parallelism: 1,
      suspend: isStopped,
      template: {
        metadata: {
          labels: { ...options.labels, ...pod?.labels, ...labels },
          annotations: { ...options.annotations, ...pod?.annotations, ...named }
        },
        spec: {
          ...(serviceAccount !== undefined && { serviceAccountName: serviceAccount }),
          ...(terminateGraceMs !== undefined && {
            terminationGracePeriodSeconds: Math.round(terminateGraceMs / 1_000)
          }),
          ...options.podSpec,
          ...camel(config.pod_spec_config),
          restartPolicy: "Never",
          containers: [containerOf(assignment, image, options, config)]
        }
      }
    }
  }
}

/**
 * The launchers of a signalbox.yaml, for those of them that need to be told something.
 */
import * as Schema from "effect/Schema"
import { optional, seconds, size } from "./sections.ts"
import type { WholeNumber } from "./wholeNumber.ts"

const Texts = Schema.Record(Schema.String, Schema.String)
const Anything = Schema.Record(Schema.String, Schema.Unknown)

const EngineHost = Schema.String.check(
  Schema.isPattern(/^(unix|tcp|https?):\/\/./, {
    message: "expected unix://PATH, tcp://HOST:PORT, http://… or https://…"
  })
)

const docker = (int: WholeNumber) =>
  Schema.Struct({
    host: optional(
      EngineHost,
      "Where the engine is: `unix://PATH`, `tcp://HOST:PORT`, http or https. Default: `DOCKER_HOST`, else `unix:///var/run/docker.sock`."
    ),
    certificates: optional(
      Schema.NonEmptyString,
      "The folder with `ca.pem`, `cert.pem` and `key.pem`. Default: `DOCKER_CERT_PATH`, if `DOCKER_TLS_VERIFY` is set."
    ),
    image: optional(
      Schema.NonEmptyString,
      "The image of runs that name none by the tag `signalbox/docker-image`."
    ),
    pull: optional(
      Schema.Literals(["missing", "always", "never"]),
      "When an image is fetched. Default: `missing`."
    ),
    network: optional(Schema.NonEmptyString, "`bridge`, `host`, `none`, or the name of a network."),
    env: optional(Texts, "Variables of every container; those of a run go before them."),
    host_config: optional(Anything, "More of the Engine API's `HostConfig`, such as `Binds`."),
    config: optional(Anything, "More of the Engine API's container, such as `User` or `WorkingDir`."),
    keep: optional(
      Schema.Literals(["none", "failed", "all"]),
      "Which containers stay when their end is recorded. Default: `none`."
    ),
    terminate_grace_seconds: optional(
      seconds(size(int)),
      "Between a container's stop signal and SIGKILL. Default: 10."
    ),
    box: optional(
      Schema.NonEmptyString,
      "Tells logs from each other whose runs share an engine. Default: one name for all."
    )
  })

const kubernetes = (int: WholeNumber) =>
  Schema.Struct({
    kubeconfig: optional(
      Schema.NonEmptyString,
      "A kubeconfig. Default: `KUBECONFIG`, else that of `kubectl`; within a cluster, the service account of its pod."
    ),
    context: optional(Schema.NonEmptyString, "A context of it. Default: the current one."),
    namespace: optional(Schema.NonEmptyString, "Where jobs are made. Default: the namespace of the context."),
    image: optional(
      Schema.NonEmptyString,
      "The image of runs that name none by the tag `signalbox/k8s-image`."
    ),
    service_account: optional(Schema.NonEmptyString, "As whom pods run."),
    env: optional(Texts, "Variables of every pod; those of a run go before them."),
    env_secrets: optional(Schema.Array(Schema.NonEmptyString), "Secrets whose keys become variables."),
    labels: optional(Texts, "More labels of jobs and pods."),
    annotations: optional(Texts, "More annotations of jobs and pods."),
    resources: optional(Anything, "What a container asks for and may have: `requests`, `limits`."),
    pod_spec: optional(Anything, "More of the pod's spec, such as `nodeSelector`, as Kubernetes spells it."),
    container: optional(Anything, "More of the container, such as `volumeMounts`, as Kubernetes spells it."),
    keep: optional(
      Schema.Literals(["none", "failed", "all"]),
      "Which jobs stay when their end is recorded, until their time is over. Default: `none`."
    ),
    ttl_seconds: optional(
      seconds(size(int)),
      "How long a job whose end nobody has recorded stays in the cluster. Default: a day."
    ),
    terminate_grace_seconds: optional(
      seconds(size(int)),
      "Between a pod's stop signal and SIGKILL. Default: that of the cluster, 30."
    ),
    box: optional(
      Schema.NonEmptyString,
      "Tells logs from each other whose runs share a namespace. Default: one name for all."
    )
  })

/** The keys of `launchers`. */
export const launchersSchema = (int: WholeNumber) =>
  Schema.Struct({
    docker: optional(docker(int), "Runs as containers, by an engine with Docker's API."),
    kubernetes: optional(
      kubernetes(int),
      "Runs as jobs of a cluster. Needs the package `@kubernetes/client-node` beside Signalbox."
    )
  })

/**
 * Runs as jobs of a Kubernetes cluster. They outlive the coordinator: a later one finds them again by their names.
 */
import type { KubeConfig } from "@kubernetes/client-node"
import { ClusterApi } from "./ClusterApi.ts"
import { boxLabel, isLabelValue } from "./jobOf.ts"
import { KubernetesAttempt } from "./KubernetesAttempt.ts"
import type { KubernetesOptions } from "./KubernetesOptions.ts"
import type { Launcher } from "./Launcher.ts"
import { launcherOfAttempts } from "./launcherOfAttempts.ts"
import { Mirror } from "./Mirror.ts"
import { tokenOf } from "./tokenOf.ts"

/** The client is large, and loaded only where there is a cluster. */
const configured = async ({ kubeconfig, context }: KubernetesOptions): Promise<KubeConfig> => {
  const client = await import("@kubernetes/client-node")
  const config = new client.KubeConfig()
  if (kubeconfig === undefined) config.loadFromDefault()
  else config.loadFromFile(kubeconfig)
  if (context !== undefined) config.setCurrentContext(context)
  if (config.getCurrentCluster() === null)
    throw new Error(`there is no cluster of the context ${config.getCurrentContext() || "(none)"}`)
  return config
}

/** The launcher of the cluster that a kubeconfig names. */
export const launcherOf = (
  config: KubeConfig,
  artifacts: string,
  options: KubernetesOptions
): Launcher["Service"] => {
  const { box = "" } = options
  if (!isLabelValue(box)) throw new Error(`the box ${box} cannot be a label's value`)
  const { namespace: usual } = config.getContextObject(config.getCurrentContext()) ?? {}
  const api = new ClusterApi(config, options.namespace ?? usual ?? "default")
  const selector = `app.kubernetes.io/managed-by=signalbox,${boxLabel}=${box}`
  const cluster = { api, jobs: new Mirror(api, "jobs", selector), pods: new Mirror(api, "pods", selector) }
  return launcherOfAttempts(
    (assignment) => tokenOf({ ...assignment, box }),
    (assignment) => new KubernetesAttempt(assignment, cluster, artifacts, options)
  )
}

/**
 * Makes the launcher; what pods have printed goes into files under `artifacts`. Rejects where there is no such cluster to
 * ask; whether one answers shows with the first run.
 */
export const makeKubernetesLauncher = async (
  artifacts: string,
  options: KubernetesOptions = {}
): Promise<Launcher["Service"]> => launcherOf(await configured(options), artifacts, options)

/**
 * What may be other than usual where runs are jobs of a cluster.
 */
import type { JobOptions } from "./jobOf.ts"
import type { Keep } from "./RemoteAttempt.ts"

/** How attempts are made jobs, where, and what becomes of these. */
export interface KubernetesOptions extends JobOptions {
  /** A kubeconfig. Default: `KUBECONFIG`, else that of `kubectl`; within a cluster, the service account of its pod. */
  readonly kubeconfig?: string | undefined
  /** A context of it. Default: the current one. */
  readonly context?: string | undefined
  /** Where jobs are made. Default: the namespace of the context, else `default`. */
  readonly namespace?: string | undefined
  /** Which jobs stay when their end is recorded, until their time is over. Default: `none`. */
  readonly keep?: Keep | undefined
}

/** The public names of `signalbox/kubernetes`: runs as jobs of a cluster. Needs the package `@kubernetes/client-node`. */
export { makeKubernetesLauncher } from "./launcher/KubernetesLauncher.ts"
export type { KubernetesOptions } from "./launcher/KubernetesOptions.ts"

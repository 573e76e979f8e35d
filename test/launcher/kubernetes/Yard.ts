import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { KubeConfig } from "@kubernetes/client-node"
import * as Effect from "effect/Effect"
import { launcherOf } from "../../../src/launcher/KubernetesLauncher.ts"
import type { KubernetesOptions } from "../../../src/launcher/KubernetesOptions.ts"
import { tokenOf } from "../../../src/launcher/tokenOf.ts"
import type { RunSpec } from "../../../src/run/RunSpec.ts"
import { temporaryFolder } from "../../log/temporaryFolder.ts"
import { assignmentOf } from "../assignment.ts"
import type { Work, Workshop } from "../Workshop.ts"
import { ApiServer } from "./ApiServer.ts"

const box = "yard"

/** Attempts at jobs of a cluster of its own. */
export class Yard {
  readonly folder: string
  readonly cluster: ApiServer

  private constructor(folder: string, cluster: ApiServer) {
    this.folder = folder
    this.cluster = cluster
    writeFileSync(this.kubeconfig, cluster.kubeconfig)
  }

  /** A cluster that must have been asked nothing that it does not understand. */
  static readonly make = Effect.flatMap(temporaryFolder, (folder) =>
    Effect.acquireRelease(
      Effect.promise(async () => {
        const cluster = new ApiServer()
        await cluster.open()
        return new Yard(folder, cluster)
      }),
      ({ cluster }) =>
        Effect.promise(async () => {
          await cluster.close()
          if (cluster.faults.length > 0) throw new Error(cluster.faults.join("\n"))
        })
    )
  )

  get kubeconfig(): string {
    return join(this.folder, "kubeconfig")
  }

  launcher(options: KubernetesOptions = {}) {
    const config = new KubeConfig()
    config.loadFromFile(this.kubeconfig)
    return launcherOf(config, join(this.folder, "artifacts"), { image: "busybox:1", box, ...options })
  }

  nameOf(run: string, attempt = 1): string {
    return tokenOf({ run, attempt, box })
  }

  podOf(run: string, attempt = 1): string {
    return `${this.nameOf(run, attempt)}-pod`
  }

  readonly spec = (id: string, work: Work): RunSpec => ({ id, command: [work] })

  at(work: Work, more: Partial<RunSpec> = {}) {
    return assignmentOf({ ...this.spec("r", work), ...more })
  }

  readonly starts = (run: string): number => this.cluster.things.started.filter((one) => one === run).length

  finish(run: string): Effect.Effect<void> {
    return Effect.sync(() => this.cluster.things.finish(run))
  }

  read(file: string): string {
    const path = join(this.folder, file)
    return existsSync(path) ? readFileSync(path, "utf8") : ""
  }

  get workshop(): Workshop {
    const { things } = this.cluster
    return {
      launcher: this.launcher(),
      spec: this.spec,
      finish: (run) => this.finish(run),
      starts: this.starts,
      failure: "Exited",
      troubles: {
        hold: Effect.sync(() => {
          things.isAdmitting = false
        }),
        admit: Effect.sync(() => things.admit()),
        kill: (run) => Effect.sync(() => things.end(this.podOf(run), 137)),
        forget: (run) => Effect.sync(() => things.removeJob(this.nameOf(run))),
        blind: (yes) =>
          Effect.sync(() => {
            this.cluster.isBlind = yes
            if (yes) this.cluster.cut()
          })
      }
    }
  }
}

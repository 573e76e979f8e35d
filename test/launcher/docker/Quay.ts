import { randomUUID } from "node:crypto"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { makeDockerLauncher } from "../../../src/launcher/DockerLauncher.ts"
import type { DockerOptions } from "../../../src/launcher/DockerOptions.ts"
import { tokenOf } from "../../../src/launcher/tokenOf.ts"
import type { RunSpec } from "../../../src/run/RunSpec.ts"
import { temporaryFolder } from "../../log/temporaryFolder.ts"
import { assignmentOf } from "../assignment.ts"
import type { Work, Workshop } from "../Workshop.ts"
import { ask, type ContainerEngine, image } from "./ContainerEngine.ts"
import { Gate } from "./Gate.ts"

const scripts: Readonly<Record<Work, string>> = {
  succeed: "true",
  fail: "echo no flour >&2; exit 3",
  wait: "trap 'exit 143' TERM; while [ ! -e /shelf/finished ]; do sleep 0.02; done"
}

/** Attempts at containers of a box of its own, which see a folder of the test as `/shelf`. */
export class Quay {
  readonly folder: string
  readonly box = randomUUID()
  readonly gate: Gate
  private readonly engine: ContainerEngine

  private constructor(folder: string, engine: ContainerEngine) {
    this.folder = folder
    this.engine = engine
    this.gate = new Gate(join(folder, "gate.sock"), engine.socket)
  }

  static make(engine: ContainerEngine) {
    return Effect.flatMap(temporaryFolder, (folder) =>
      Effect.acquireRelease(
        Effect.promise(async () => {
          const quay = new Quay(folder, engine)
          await quay.gate.open()
          return quay
        }),
        (quay) =>
          Effect.promise(async () => {
            await quay.gate.close()
            await engine.removeAll(`signalbox.box=${quay.box}`)
          })
      )
    )
  }

  /** How containers are made here. */
  get options() {
    return { host: `unix://${this.gate.path}`, image, box: this.box, network: "host" }
  }

  launcher(options: DockerOptions = {}) {
    const hostConfig = { Binds: [`${this.folder}:/shelf`] }
    return makeDockerLauncher(join(this.folder, "artifacts"), { ...this.options, hostConfig, ...options })
  }

  readonly spec = (id: string, work: Work): RunSpec => ({
    id,
    command: `echo started >> /shelf/${id}.starts; ${scripts[work]}`
  })

  nameOf(run: string, attempt = 1): string {
    return tokenOf({ run, attempt, box: this.box })
  }

  /** Asks the engine itself. */
  ask(method: string, path: string, body?: string) {
    return Effect.promise(() => ask(this.engine.socket, method, path, body, "application/json"))
  }

  /** Makes a container as somebody else would; answers its id. */
  create(name: string, container: unknown): Effect.Effect<string> {
    const made = this.ask("POST", `/containers/create?name=${name}`, JSON.stringify(container))
    return Effect.flatMap(made, (answer) =>
      answer?.status === 201
        ? Effect.succeed(JSON.parse(answer.text).Id)
        : Effect.die(new Error(`no container was made: ${answer?.text}`))
    )
  }

  /** The container of an attempt as the engine shows it. */
  shown(run: string, attempt = 1) {
    return Effect.map(this.ask("GET", `/containers/${this.nameOf(run, attempt)}/json`), (answer) =>
      answer?.status === 200 ? JSON.parse(answer.text) : undefined
    )
  }

  read(file: string): string {
    const path = join(this.folder, file)
    return existsSync(path) ? readFileSync(path, "utf8") : ""
  }

  readonly starts = (run: string): number => this.read(`${run}.starts`).split("\n").length - 1

  readonly finish = Effect.sync(() => writeFileSync(join(this.folder, "finished"), ""))

  at(command: RunSpec["command"], more: Partial<RunSpec> = {}) {
    return assignmentOf({ id: "r", command, ...more } as RunSpec)
  }

  get workshop(): Workshop {
    return {
      launcher: this.launcher(),
      spec: this.spec,
      finish: () => this.finish,
      starts: this.starts,
      failure: "Exited",
      troubles: {
        kill: (run) => Effect.asVoid(this.ask("POST", `/containers/${this.nameOf(run)}/kill?signal=KILL`)),
        forget: (run) => Effect.asVoid(this.ask("DELETE", `/containers/${this.nameOf(run)}?force=true`)),
        blind: (yes) => Effect.promise(() => (yes ? this.gate.close() : this.gate.open()))
      }
    }
  }
}

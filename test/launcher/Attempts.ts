import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import type { Assignment, Launcher } from "../../src/launcher/Launcher.ts"
import { makeProcessLauncher, type ProcessLauncherOptions } from "../../src/launcher/ProcessLauncher.ts"
import type { RunSpec } from "../../src/run/RunSpec.ts"
import { temporaryFolder } from "../log/temporaryFolder.ts"
import { assignmentOf, Ear } from "./assignment.ts"

/** Attempts at commands, each in a folder that all commands share. */
export class Attempts {
  readonly folder: string
  readonly launcher: Launcher["Service"]

  private constructor(folder: string, options: ProcessLauncherOptions) {
    this.folder = folder
    this.launcher = makeProcessLauncher(join(folder, "artifacts"), options)
  }

  static readonly make = (options: ProcessLauncherOptions = {}) =>
    Effect.map(temporaryFolder, (folder) => new Attempts(folder, options))

  /** The attempt at such a run. */
  at(command: RunSpec["command"], more: Partial<RunSpec> = {}): Assignment {
    return assignmentOf({ id: "r", command, cwd: this.folder, ...more } as RunSpec)
  }

  /** Launches it and waits for its end. */
  run(command: RunSpec["command"], more: Partial<RunSpec> = {}) {
    return this.launcher.launch(this.at(command, more), () => {})
  }

  /** Launches it and waits until it has made this file; answers what stands in it. */
  begin(assignment: Assignment, file: string) {
    return Effect.gen({ self: this }, function* () {
      const ear = yield* Ear.make
      const launch = yield* Effect.forkChild(this.launcher.launch(assignment, ear.tell))
      const report = yield* ear.next
      const worker = report._tag === "Started" ? Number(report.worker?.replace("pid ", "")) : Number.NaN
      return { launch, worker, text: yield* this.written(file) }
    })
  }

  /** Waits until a whole line stands in the file. */
  written(file: string): Effect.Effect<string> {
    return Effect.gen({ self: this }, function* () {
      while (!this.read(file).endsWith("\n")) yield* Effect.sleep(1)
      return this.read(file)
    })
  }

  /** What stands in a file that the command has made, or its attempt. */
  read(file: string): string {
    const path = join(this.folder, file)
    return existsSync(path) ? readFileSync(path, "utf8") : ""
  }
}

/** Where the files of the first attempt stand. */
export const artifact = (name: string): string => join("artifacts", "r", "1", name)

/** Whether the process has ended, whether or not its parent has taken notice. */
const hasEnded = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
  } catch {
    return true
  }
  const stat = `/proc/${pid}/stat`
  return existsSync(stat) && / [ZX] /.test(readFileSync(stat, "utf8"))
}

/** Waits until the process has ended. */
export const isGone = (pid: number): Effect.Effect<void> =>
  Effect.gen(function* () {
    while (!hasEnded(pid)) yield* Effect.sleep(1)
  })

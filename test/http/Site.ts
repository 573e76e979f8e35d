import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import { temporaryFolder } from "../log/temporaryFolder.ts"

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

/** Kinds of workers, and the program of each; those whose language this machine lacks are left out, loudly. */
export const workerKinds: Readonly<Record<string, ReadonlyArray<string>>> = {
  TypeScript: [process.execPath, at("./programs/worker.ts")],
  ...(spawnSync("python3", ["--version"]).status === 0 && {
    Python: ["python3", at("./programs/worker.py"), at("../../docs/examples/worker.py")]
  })
}
if (!workerKinds["Python"]) process.stderr.write("python3 is not here: the Python worker is NOT tested\n")

/** The worker of the docs. */
export const exampleWorker = [
  process.execPath,
  "--conditions=signalbox-source",
  at("../../docs/examples/worker.ts")
]

/** On Linux each process has an address of its own, so that no port is taken by another. */
const host =
  process.platform === "linux" ? `127.${process.pid & 255}.${(process.pid >> 8) & 255}.77` : "127.0.0.1"

let ports = 17_000 + (process.pid % 10_000)

/** An address that nobody listens at. */
export const freeAddress = () => ({ host, port: ports++ })

/** A program that was started, and what it has printed so far. */
export class Program {
  readonly child: ChildProcess
  private text = ""

  constructor(cwd: string, more: NodeJS.ProcessEnv, [file = "", ...args]: ReadonlyArray<string>) {
    const env = { ...process.env, ...more }
    this.child = spawn(file, args, { cwd, env, stdio: ["ignore", "pipe", "inherit"] })
    this.child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.text += text
    })
  }

  /** Waits until it has printed a line that matches; answers how many do. */
  printed(pattern: RegExp): Effect.Effect<number> {
    return Effect.gen({ self: this }, function* () {
      while (!pattern.test(this.text)) yield* Effect.sleep(5)
      return [...this.text.matchAll(new RegExp(pattern, "gm"))].length
    })
  }

  signal(signal: NodeJS.Signals): Effect.Effect<void> {
    return Effect.sync(() => this.child.kill(signal))
  }

  /** Waits for its end; answers its exit code. */
  readonly ended: Effect.Effect<number | null> = Effect.callback((resume) => {
    if (this.child.exitCode !== null) return resume(Effect.succeed(this.child.exitCode))
    this.child.once("exit", (code) => resume(Effect.succeed(code)))
  })

  /** Ends it with no time for a word. */
  readonly kill: Effect.Effect<void> = Effect.callback((resume) => {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return resume(Effect.void)
    this.child.once("exit", () => resume(Effect.void))
    this.child.kill("SIGKILL")
  })
}

/** A folder with a log, and programs that work there. */
export class Site {
  readonly folder: string
  readonly token = "token-of-the-site"
  readonly port = freeAddress().port
  readonly url = `http://${host}:${this.port}`

  private constructor(folder: string) {
    this.folder = folder
  }

  private get env() {
    return { SIGNALBOX_URL: this.url, SIGNALBOX_WORKER_TOKEN: this.token }
  }

  static readonly make = Effect.map(temporaryFolder, (folder) => new Site(folder))

  private program(command: ReadonlyArray<string>) {
    return Effect.acquireRelease(
      Effect.sync(() => new Program(this.folder, this.env, command)),
      (program) => program.kill
    )
  }

  /** A coordinator that submits these runs, `ID=JOB`, if they are not known yet. */
  coordinator(leaseMs: number, resumes: number, ...runs: ReadonlyArray<string>) {
    const args = [host, this.port, this.token, leaseMs, resumes].map(String)
    return this.program([process.execPath, at("./programs/coordinator.ts"), ...args, ...runs])
  }

  worker(command: ReadonlyArray<string>) {
    return this.program(command)
  }

  /** Waits until an attempt was begun. */
  begun(attempt: string): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      while (!this.read("begun").includes(`${attempt}\n`)) yield* Effect.sleep(5)
    })
  }

  /** Lets those that wait end. */
  readonly finish = Effect.sync(() => writeFileSync(join(this.folder, "finished"), ""))

  read(file: string): string {
    const path = join(this.folder, file)
    return existsSync(path) ? readFileSync(path, "utf8") : ""
  }
}

import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { LogErrorReason } from "../../../src/log/LogError.ts"
import type { Order } from "./main.ts"
import { ownMounts } from "./ownMounts.ts"

const program = fileURLToPath(new URL("./main.ts", import.meta.url))

/** How a process is kept from what ours may do. */
export interface Restriction {
  /** How large a file it may write, in blocks of 512 bytes. */
  readonly fileBlocks?: number
  /** Whether it runs as a user without rights. If we have none ourselves, it runs as we do. */
  readonly unprivileged?: boolean
  /** An empty disk of so many bytes, in memory, that it finds at this folder and that goes with it. */
  readonly disk?: { readonly folder: string; readonly bytes: number }
  /** What its environment has besides ours. */
  readonly env?: Readonly<Record<string, string>>
}

export type Answer =
  | { readonly done: unknown }
  | { readonly failed: LogErrorReason; readonly message: string }

const start = (path: string, { fileBlocks, unprivileged = false, disk, env }: Restriction): ChildProcess => {
  const limit = fileBlocks === undefined ? "" : `ulimit -f ${fileBlocks};`
  const nobody = unprivileged && process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
  const mount = disk ? `mount -t tmpfs -o size=${disk.bytes} tmpfs "${disk.folder}" &&` : ""
  const [command = "", ...args] = [...(disk ? ownMounts : []), "/bin/sh", "-c", `${limit} ${mount} exec "$@"`]
  return spawn(command, [...args, "sh", process.execPath, program, path], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, ...env },
    ...nobody
  })
}

/** Another process at a log. */
export class LogProcess {
  private readonly child: ChildProcess
  private readonly lines: AsyncIterator<string>

  private constructor(child: ChildProcess) {
    this.child = child
    if (!child.stdout) throw new Error("its output is not read")
    // Whoever has died of a fault is told in vain.
    child.stdin?.on("error", () => {})
    this.lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  }

  /** One that is ready for orders, and is killed with the scope. */
  static make(path: string, restriction: Restriction = {}): Effect.Effect<LogProcess, never, Scope.Scope> {
    const started = Effect.sync(() => new LogProcess(start(path, restriction)))
    return Effect.tap(
      Effect.acquireRelease(started, (one) => one.kill),
      (one) => one.next
    )
  }

  /** The next thing it says. */
  get next(): Effect.Effect<unknown> {
    return Effect.promise(async () => {
      const { done, value } = await this.lines.next()
      if (done) throw new Error("the process has ended")
      return JSON.parse(value)
    })
  }

  /** What it had said before it was killed, and nobody has heard yet. */
  get rest(): Effect.Effect<ReadonlyArray<unknown>> {
    return Effect.promise(async () => {
      const said: Array<unknown> = []
      for (let line = await this.lines.next(); !line.done; line = await this.lines.next()) {
        said.push(JSON.parse(line.value))
      }
      return said
    })
  }

  tell(order: Order): Effect.Effect<void> {
    return Effect.sync(() => this.child.stdin?.write(`${JSON.stringify(order)}\n`))
  }

  ask(order: Order): Effect.Effect<Answer> {
    return Effect.andThen(this.tell(order), this.next as Effect.Effect<Answer>)
  }

  /** Tells it that there are no more orders: it ends when it has obeyed. */
  get end(): Effect.Effect<void> {
    return Effect.sync(() => this.child.stdin?.end())
  }

  /** Halts it where it stands. */
  get pause(): Effect.Effect<void> {
    return Effect.sync(() => this.child.kill("SIGSTOP"))
  }

  /** Lets it go on as if nothing had been. */
  get resume(): Effect.Effect<void> {
    return Effect.sync(() => this.child.kill("SIGCONT"))
  }

  /** Ends it as a power cut would; answers when it is gone. */
  get kill(): Effect.Effect<void> {
    return Effect.promise(async () => {
      const { exitCode, signalCode } = this.child
      if (exitCode !== null || signalCode !== null) return
      const exited = once(this.child, "exit")
      this.child.kill("SIGKILL")
      await exited
    })
  }
}

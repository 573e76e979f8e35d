/**
 * The writer's thread, as seen by who asks it.
 */
import { Worker } from "node:worker_threads"
import * as Effect from "effect/Effect"
import type { Row } from "../codec.ts"
import { type LogError, type LogErrorReason, logError } from "../LogError.ts"
import type { WriterAnswer, WriterData, WriterRequest } from "./sqliteWriter.ts"

/** From source the thread runs TypeScript, from a package JavaScript. */
const writerUrl = new URL(
  import.meta.url.endsWith(".ts") ? "./sqliteWriter.ts" : "./sqliteWriter.js",
  import.meta.url
)

/** A thread that leads a log, or says why it cannot; it answers in the order in which it is asked. */
export class WriterThread {
  private readonly worker: Worker
  private readonly waiting: Array<(answer: WriterAnswer) => void> = []
  private readonly ended: Promise<void>
  private lost: LogErrorReason | undefined
  /** Its first answer, which comes unasked. */
  readonly ready: Promise<WriterAnswer>

  constructor(data: WriterData) {
    this.worker = new Worker(writerUrl, { workerData: data })
    this.worker.on("message", (answer: WriterAnswer) => this.waiting.shift()?.(answer))
    this.worker.on("error", (error) => this.lose(data.path, String(error)))
    this.ready = new Promise((resolve) => this.waiting.push(resolve))
    this.ended = new Promise((resolve) => {
      this.worker.on("exit", () => {
        this.lose(data.path, "its lead was let go")
        resolve()
      })
    })
  }

  private lose(log: string, issue: string): void {
    this.lost ??= { _tag: "Unavailable", log, issue }
    for (const waiter of this.waiting.splice(0)) waiter({ failed: this.lost })
  }

  /** Whether it leads, and has answered all that it was asked. */
  get isIdle(): boolean {
    return this.lost === undefined && this.waiting.length === 0
  }

  append(rows: ReadonlyArray<Row>): Effect.Effect<void, LogError> {
    return Effect.callback((resume) => {
      if (this.lost) return resume(Effect.fail(logError(this.lost)))
      this.waiting.push((answer) =>
        resume("failed" in answer ? Effect.fail(logError(answer.failed)) : Effect.void)
      )
      this.worker.postMessage({ append: rows } satisfies WriterRequest)
    })
  }

  /** Lets go of the lead; answers when the thread has ended. */
  get release(): Effect.Effect<void> {
    return Effect.promise(() => {
      this.worker.postMessage({ release: true } satisfies WriterRequest)
      return this.ended
    })
  }
}

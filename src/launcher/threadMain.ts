/**
 * The other end of `inThread`: does one attempt in this thread, and tells the program of it.
 */
import { parentPort, workerData } from "node:worker_threads"
import type { RunSpec } from "../run/RunSpec.ts"
import type { JobContext } from "./InlineLauncher.ts"

/** What a thread is started with. */
export interface ThreadData {
  readonly module: string
  readonly name: string
  readonly run: string
  readonly attempt: number
  readonly spec: RunSpec
}

/** What a thread is told: that its job is to stop. */
export interface ToThread {
  readonly abort: true
}

/** What a thread tells: how far it is, a line for the run's own log, and last an answer or what was thrown. */
export type FromThread =
  | { readonly progress: readonly [fraction: number | undefined, message?: string] }
  | { readonly log: string }
  | { readonly answer: unknown }
  | { readonly threw: string; readonly stack: string | undefined }

const { module, name, run, attempt, spec } = workerData as ThreadData
const abort = new AbortController()
parentPort?.on("message", (_: ToThread) => abort.abort())

const tell = (what: FromThread): void => parentPort?.postMessage(what)

const context: JobContext = {
  run,
  attempt,
  spec,
  input: spec.input,
  tags: spec.tags ?? {},
  signal: abort.signal,
  progress: (fraction, message) =>
    tell({ progress: message === undefined ? [fraction] : [fraction, String(message)] }),
  log: (line) => tell({ log: String(line) })
}

try {
  const jobs: Readonly<Record<string, unknown>> = await import(module)
  const job = jobs[name]
  if (typeof job !== "function") throw new Error(`${module} exports no function ${name}`)
  tell({ answer: await job(context) })
} catch (error) {
  const isError = error instanceof Error
  tell({ threw: isError ? error.message : String(error), stack: isError ? error.stack : undefined })
}

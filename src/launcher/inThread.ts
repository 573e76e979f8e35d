/**
 * Jobs that compute: each attempt has a thread of its own, so that the program goes on meanwhile, and even work that takes
 * no notice of anything can be stopped.
 */
import { Worker } from "node:worker_threads"
import { settings } from "../settings.ts"
import type { Job, JobContext } from "./InlineLauncher.ts"
import type { FromThread, ThreadData, ToThread } from "./threadMain.ts"

/** How a job has its thread. */
export interface ThreadOptions {
  /** How long a job that is to stop may take for that, in milliseconds, before its thread is ended. Default: 10 s. */
  readonly graceMs?: number
  /** Megabytes that its heap may have; with more its attempt fails. Default: as much as Node gives a thread. */
  readonly memoryMb?: number
}

/** From source the thread runs TypeScript, from a package JavaScript. */
const threadUrl = new URL(
  import.meta.url.endsWith(".ts") ? "./threadMain.ts" : "./threadMain.js",
  import.meta.url
)

const startThread = (data: ThreadData, { memoryMb }: ThreadOptions): Worker =>
  new Worker(threadUrl, {
    workerData: data,
    ...(memoryMb !== undefined && { resourceLimits: { maxOldGenerationSizeMb: memoryMb } })
  })

const failure = (message: string, stack: string | undefined): Error => {
  const error = new Error(message)
  if (stack !== undefined) error.stack = stack
  return error
}

/** Follows a thread to the answer of its job. */
const answerOf = (thread: Worker, { progress, log }: JobContext): Promise<unknown> =>
  new Promise((resolve, reject) => {
    thread.on("message", (told: FromThread) => {
      if ("progress" in told) progress(...told.progress)
      else if ("log" in told) log(told.log)
      else if ("answer" in told) resolve(told.answer)
      else reject(failure(told.threw, told.stack))
    })
    thread.on("error", reject)
    thread.on("exit", (code) =>
      reject(new Error(`its thread has ended with code ${code}, without an answer`))
    )
  })

/**
 * A job that is done in a thread: the function that `module` exports under that name, called with its context. It is a
 * plain or an async function; what it answers, and the run's input, pass by structured clone. Its `signal` is aborted when
 * the run is to stop.
 */
export const inThread =
  (module: URL, name: string, options: ThreadOptions = {}): Job =>
  async (context: JobContext) => {
    const { run, attempt, spec, signal } = context
    const thread = startThread({ module: module.href, name, run, attempt, spec }, options)
    let grace: NodeJS.Timeout | undefined
    const stop = () => {
      thread.postMessage({ abort: true } satisfies ToThread)
      grace = setTimeout(() => void thread.terminate(), options.graceMs ?? settings.terminateGraceMs)
    }
    if (signal.aborted) stop()
    else signal.addEventListener("abort", stop, { once: true })
    try {
      return await answerOf(thread, context)
    } finally {
      clearTimeout(grace)
      signal.removeEventListener("abort", stop)
      // What it has left running ends with it.
      await thread.terminate()
    }
  }

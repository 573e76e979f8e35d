/**
 * A worker: does attempts that a coordinator elsewhere hands out over HTTP, by functions of this program. It needs no
 * more than `fetch`.
 *
 * It begins an attempt only when the coordinator has recorded that, tells that it still works while it does, and tells
 * the end until somebody has taken it or the attempt is another's. A coordinator that is away for a while is asked again.
 */
import type { JobContext } from "./launcher/InlineLauncher.ts"
import type { Outcome } from "./run/Outcome.ts"
import type { RunSpec } from "./run/RunSpec.ts"

/** The work behind a job's name; what it answers, as JSON, is the run's result. */
export type WorkerJob = (context: JobContext) => unknown

/** How to work. */
export interface WorkOptions {
  /** Where the coordinator listens for workers, such as `http://127.0.0.1:7070`. */
  readonly url: string
  /** The token that it asks for. */
  readonly token: string
  /** The functions that runs may name as their `job`. */
  readonly jobs: Readonly<Record<string, WorkerJob>>
  /** Names this worker, and no other before or after it. Default: made up. */
  readonly name?: string
  /** Queues to take attempts of. Default: `default`. */
  readonly queues?: ReadonlyArray<string>
  /** Attempts at the same time. Default: 1. */
  readonly capacity?: number
  /** When aborted, no more is taken; what is under way is done to its end. */
  readonly signal?: AbortSignal
}

interface Attempt {
  readonly run: string
  readonly attempt: number
  readonly spec: RunSpec
}

interface Answers {
  readonly poll: { readonly attempts: ReadonlyArray<Attempt>; readonly leaseMs: number }
  readonly start: { readonly leaseMs: number }
  readonly heartbeat: { readonly stop: boolean }
  readonly end: undefined
}

/** That it was answered, and that the attempt is not ours. */
class NotOurs extends Error {}

/** Between two reports of progress or of lines, and before an unanswered question is asked again. */
const pauseMs = 1_000
/** How long an answer may take beyond the time that was asked for. */
const answerMs = 15_000
const linesMax = 1_000
const lineLengthMax = 10_000

/** Waits for so long, or until the signal is aborted. */
const pause = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener("abort", done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal?.addEventListener("abort", done, { once: true })
  })

const textOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown))

const outcomeOf = async (job: WorkerJob | undefined, context: JobContext): Promise<Outcome> => {
  if (!job) return { _tag: "LaunchRefused", message: `this worker has no job ${context.spec.job}` }
  try {
    const result = await job(context)
    if (result === undefined) return { _tag: "Succeeded" }
    const json = JSON.stringify(result)
    if (json === undefined) return { _tag: "Threw", message: "the job's result is not JSON" }
    return { _tag: "Succeeded", result: JSON.parse(json) }
  } catch (error) {
    if (context.signal.aborted) return { _tag: "Terminated", message: "stopped" }
    const stack = error instanceof Error && error.stack ? { stack: error.stack } : {}
    return { _tag: "Threw", message: textOf(error), ...stack }
  }
}

class Worker {
  private readonly options: WorkOptions
  private readonly name: string

  constructor(options: WorkOptions) {
    this.options = options
    this.name = options.name ?? `worker-${crypto.randomUUID()}`
  }

  private async ask<Q extends keyof Answers>(question: Q, body: object, waitMs = 0): Promise<Answers[Q]> {
    const { url, token } = this.options
    const response = await fetch(new URL(`/v1/workers/${question}`, url), {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ worker: this.name, ...body, ...(waitMs > 0 && { waitMs }) }),
      signal: AbortSignal.timeout(waitMs + answerMs)
    })
    const text = await response.text()
    if (response.ok) return (text === "" ? undefined : JSON.parse(text)) as Answers[Q]
    if (response.status === 409) throw new NotOurs(text)
    throw new Error(`${question} was answered with ${response.status}: ${text}`)
  }

  /** Asks until it is answered, by whichever coordinator comes. */
  private async insist<Q extends keyof Answers>(question: Q, body: object): Promise<Answers[Q]> {
    for (;;) {
      try {
        return await this.ask(question, body)
      } catch (error) {
        if (error instanceof NotOurs) throw error
        await pause(pauseMs)
      }
    }
  }

  /** Does attempts until it is told to take no more. */
  async work(): Promise<void> {
    const { signal, queues = ["default"], capacity = 1 } = this.options
    const under = new Set<Promise<void>>()
    while (!signal?.aborted) {
      if (under.size >= capacity) {
        await Promise.race(under)
        continue
      }
      try {
        const { attempts } = await this.ask("poll", { queues, capacity: capacity - under.size }, answerMs)
        for (const attempt of attempts) {
          const done: Promise<void> = this.attempt(attempt).finally(() => under.delete(done))
          under.add(done)
        }
      } catch {
        await pause(pauseMs, signal)
      }
    }
    await Promise.all(under)
  }

  private async attempt(given: Attempt): Promise<void> {
    const { run, attempt, spec } = given
    const claim = { run, attempt }
    try {
      const { leaseMs } = await this.insist("start", claim)
      const stop = new AbortController()
      const done = new AbortController()
      const telling = new Telling((news) => this.ask("heartbeat", { ...claim, ...news }))
      const listening = this.listen(claim, leaseMs, stop, done.signal)
      const job = Object.hasOwn(this.options.jobs, spec.job ?? "")
        ? this.options.jobs[spec.job ?? ""]
        : undefined
      const outcome = await outcomeOf(job, {
        ...given,
        input: spec.input,
        tags: spec.tags ?? {},
        signal: stop.signal,
        progress: (fraction, message) => telling.progress(fraction, message),
        log: (line) => telling.line(line)
      })
      await telling.rest()
      await this.insist("end", { ...claim, outcome })
      done.abort()
      await listening
    } catch (error) {
      // The attempt is over, or another's: nobody waits for what we would have to say.
      if (!(error instanceof NotOurs)) throw error
    }
  }

  /** Is heard of while the work goes on, and hears when it is to stop. */
  private async listen(
    claim: object,
    leaseMs: number,
    stop: AbortController,
    done: AbortSignal
  ): Promise<void> {
    const waitMs = leaseMs / 3
    while (!done.aborted) {
      try {
        const answer = await this.ask("heartbeat", claim, stop.signal.aborted ? 0 : waitMs)
        if (answer.stop) stop.abort()
        if (answer.stop) await pause(waitMs, done)
      } catch (error) {
        if (error instanceof NotOurs) return stop.abort()
        await pause(pauseMs, done)
      }
    }
  }
}

interface News {
  readonly progress?: { readonly fraction?: number; readonly message?: string }
  readonly lines?: ReadonlyArray<string>
}

/** Tells of progress and lines, not more often than once in a while; what cannot be told is lost. */
class Telling {
  private readonly tell: (news: News) => Promise<unknown>
  private news: { progress?: NonNullable<News["progress"]>; lines: Array<string> } = { lines: [] }
  /** What is being told just now. */
  private sending: Promise<void> = Promise.resolve()
  /** Whether something was told a moment ago. */
  private resting = false

  constructor(tell: (news: News) => Promise<unknown>) {
    this.tell = tell
  }

  progress(fraction: number | undefined, message: string | undefined): void {
    this.news.progress = {
      ...(Number.isFinite(fraction) && { fraction: Math.min(1, Math.max(0, Number(fraction))) }),
      ...(message !== undefined && { message: String(message) })
    }
    this.soon()
  }

  line(text: string): void {
    if (this.news.lines.length >= linesMax) return
    this.news.lines.push(
      this.news.lines.length === linesMax - 1
        ? "… more lines than could be told"
        : text.slice(0, lineLengthMax)
    )
    this.soon()
  }

  /** Tells what was not told yet, at once. */
  async rest(): Promise<void> {
    await this.sending
    await this.now()
  }

  private soon(): void {
    if (this.resting) return
    this.resting = true
    this.sending = this.now()
    void this.sending
      .then(() => pause(pauseMs))
      .then(() => {
        this.resting = false
        if (this.news.progress || this.news.lines.length > 0) this.soon()
      })
  }

  private async now(): Promise<void> {
    await Promise.resolve()
    const { progress, lines } = this.news
    if (!progress && lines.length === 0) return
    this.news = { lines: [] }
    try {
      await this.tell({ ...(progress && { progress }), ...(lines.length > 0 && { lines }) })
    } catch {
      // The next ones may come through.
    }
  }
}

/** Works for a coordinator until the signal is aborted; answers when what was under way then has ended. */
export const work = (options: WorkOptions): Promise<void> => new Worker(options).work()

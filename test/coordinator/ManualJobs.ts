import type { JobContext, Jobs } from "../../src/launcher/InlineLauncher.ts"

/** Jobs that end when they are told to, and count how often each attempt was begun. */
export class ManualJobs {
  /** Each call of a job, as `run attempt`. */
  readonly begun: Array<string> = []
  private readonly ends = new Map<string, PromiseWithResolvers<unknown>>()

  readonly jobs: Jobs = {
    /** Ends at once. */
    quick: (context) => {
      this.begin(context)
      return "done"
    },
    /** Ends when it is told to, or stopped. */
    manual: (context) => {
      const { promise, reject } = this.begin(context)
      context.signal.addEventListener("abort", () => reject(new Error("stopped")))
      return promise
    },
    /** Takes no notice of being stopped. */
    deaf: (context) => this.begin(context).promise
  }

  private begin({ run, attempt }: JobContext): PromiseWithResolvers<unknown> {
    this.begun.push(`${run} ${attempt}`)
    return this.endOf(run)
  }

  private endOf(run: string): PromiseWithResolvers<unknown> {
    const end = this.ends.get(run) ?? Promise.withResolvers<unknown>()
    this.ends.set(run, end)
    return end
  }

  /** Ends the work of a run, now or as soon as it begins. */
  end(run: string, result: unknown = "done"): void {
    this.endOf(run).resolve(result)
  }
}

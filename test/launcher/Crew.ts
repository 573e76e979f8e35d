import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import { makeWorkersLauncher } from "../../src/launcher/makeWorkersLauncher.ts"
import { type Handed, WorkerPool } from "../../src/launcher/WorkerPool.ts"
import { temporaryFolder } from "../log/temporaryFolder.ts"
import type { Work, Workshop } from "./Workshop.ts"

/** Workers of a pool, without the wire between: as many as there is work. They do what a run's job says. */
export class Crew {
  readonly pool: WorkerPool
  readonly starts: Array<string> = []
  private readonly fibers = new Map<string, Fiber.Fiber<void>>()
  private readonly workers = new Map<string, string>()
  private admitting = true
  private finished = false
  private number = 0

  private constructor(pool: WorkerPool) {
    this.pool = pool
  }

  static readonly make: Effect.Effect<Crew, never, Scope.Scope> = Effect.gen(function* () {
    const crew = new Crew(new WorkerPool(yield* temporaryFolder, { leaseMs: 200 }))
    yield* Effect.forkScoped(crew.hire)
    return crew
  })

  private readonly hire: Effect.Effect<void> = Effect.gen({ self: this }, function* () {
    for (;;) {
      for (const handed of yield* this.pool.take(["default"], 1)) {
        // The oldest that nobody has begun is offered again: whoever waits for `admit` does not take it.
        while (!this.admitting) yield* Effect.sleep(1)
        const fiber = yield* Effect.forkDetach(this.work(handed))
        this.fibers.set(handed.assignment.run, fiber)
      }
    }
  })

  private work({ assignment: { run, attempt, spec } }: Handed): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      const claim = { worker: `w${++this.number}`, run, attempt }
      if (this.pool.start(claim) !== "go on") return
      this.workers.set(`${run} ${attempt}`, claim.worker)
      this.starts.push(run)
      while (spec.job === "wait" && !this.finished) {
        if (this.pool.hear(claim) !== "go on") {
          this.pool.end(claim, { _tag: "Terminated", message: "stopped" })
          return
        }
        yield* Effect.sleep(2)
      }
      this.pool.end(
        claim,
        spec.job === "fail" ? { _tag: "Threw", message: "no flour" } : { _tag: "Succeeded" }
      )
    })
  }

  private readonly kill = (run: string) =>
    Effect.suspend(() => {
      const fiber = this.fibers.get(run)
      return fiber ? Fiber.interrupt(fiber) : Effect.void
    })

  get workshop(): Workshop {
    return {
      launcher: makeWorkersLauncher(this.pool),
      spec: (id: string, job: Work) => ({ id, job }),
      finish: () =>
        Effect.sync(() => {
          this.finished = true
        }),
      starts: (run) => this.starts.filter((one) => one === run).length,
      failure: "Threw",
      troubles: {
        hold: Effect.sync(() => {
          this.admitting = false
        }),
        admit: Effect.sync(() => {
          this.admitting = true
        }),
        kill: this.kill,
        forget: (run) =>
          Effect.andThen(
            this.kill(run),
            Effect.sync(() => this.pool.forget({ run, attempt: 1, spec: { id: run }, recovered: false }))
          ),
        lie: (run, attempt) =>
          Effect.sync(() => {
            const worker = this.workers.get(`${run} ${attempt}`) ?? ""
            this.pool.end({ worker, run, attempt }, { _tag: "Threw", message: "a lie" })
          })
      }
    }
  }
}

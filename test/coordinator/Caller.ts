import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import type { Coordinator } from "../../src/coordinator/Coordinator.ts"
import type { CommandRejected, CoordinatorError } from "../../src/coordinator/CoordinatorError.ts"
import type { LogError } from "../../src/log/LogError.ts"
import type { Command } from "../../src/queue/QueueCommand.ts"
import type { RunQueue } from "../../src/queue/RunQueue.ts"
import { settings } from "../../src/settings.ts"

type Leading = Coordinator["Service"]

/** Someone who asks until there is an answer, and starts a coordinator anew whenever it is gone. */
export class Caller {
  /** How often a coordinator was started. */
  starts = 0
  /** The runs whose submission was acknowledged. */
  readonly accepted = new Set<string>()
  private readonly start: Effect.Effect<Leading, LogError, Scope.Scope>
  private leading: { readonly coordinator: Leading; readonly scope: Scope.Closeable } | undefined

  private constructor(start: Effect.Effect<Leading, LogError, Scope.Scope>) {
    this.start = start
  }

  /** One for whom time passes while there is no answer. */
  static make(
    start: Effect.Effect<Leading, LogError, Scope.Scope>
  ): Effect.Effect<Caller, never, Scope.Scope> {
    return Effect.gen(function* () {
      const passing = Effect.andThen(TestClock.adjust(settings.recoveryDelayMs), Effect.yieldNow)
      yield* Effect.forkScoped(Effect.forever(passing))
      return yield* Effect.acquireRelease(
        Effect.sync(() => new Caller(start)),
        (caller) => caller.stop
      )
    })
  }

  /** The coordinator that leads; another one if that has stopped. */
  get coordinator(): Effect.Effect<Leading> {
    return Effect.gen({ self: this }, function* () {
      while (!this.leading || (yield* this.leading.coordinator.state) === "stopped") {
        yield* this.stop
        const scope = Scope.makeUnsafe()
        const started = yield* Effect.exit(Scope.provide(this.start, scope))
        this.starts++
        if (Exit.isSuccess(started)) this.leading = { coordinator: started.value, scope }
        else yield* Scope.close(scope, Exit.void)
      }
      return this.leading.coordinator
    })
  }

  /** Has the coordinator stop, if there is one. */
  get stop(): Effect.Effect<void> {
    return Effect.suspend(() => {
      const { leading } = this
      this.leading = undefined
      return leading ? Scope.close(leading.scope, Exit.void) : Effect.void
    })
  }

  private insist<A>(
    use: (coordinator: Leading) => Effect.Effect<A, CommandRejected | CoordinatorError>
  ): Effect.Effect<Result.Result<A, CommandRejected>> {
    return Effect.gen({ self: this }, function* () {
      for (;;) {
        const answer = yield* Effect.result(use(yield* this.coordinator))
        if (Result.isSuccess(answer)) return Result.succeed(answer.success)
        if (answer.failure._tag === "CommandRejected") return Result.fail(answer.failure)
      }
    })
  }

  /** Asks until there is an answer. What is refused the second time has arrived the first time. */
  ask(command: Command): Effect.Effect<void> {
    return Effect.map(
      this.insist((coordinator) => coordinator.ask(command)),
      (answer) => {
        const arrived = Result.isSuccess(answer) || answer.failure.rejection._tag === "RunExists"
        if (command._tag === "SubmitRun" && arrived) this.accepted.add(command.spec.id)
      }
    )
  }

  query<A>(question: (queue: RunQueue) => A): Effect.Effect<A> {
    const answer = this.insist((coordinator) => coordinator.query(question))
    return Effect.map(answer, Result.getOrThrow)
  }

  /** Waits until a run has ended. */
  ended(run: string): Effect.Effect<void> {
    return Effect.asVoid(this.insist((coordinator) => coordinator.ended(run)))
  }
}

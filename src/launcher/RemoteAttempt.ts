/**
 * One attempt in a place that only answers questions and keeps what was started there under a name: what is the same for
 * a container engine and a cluster.
 *
 * The launching goes on where who launched lets go, and is done once for all who ask. As long as nothing can have been
 * started, trouble is the end of the attempt; from then on, nothing but what stands in that place is.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import type { Outcome } from "../run/Outcome.ts"
import { settings } from "../settings.ts"
import type { AskError } from "./askHttp.ts"
import type { Assignment, Report, Tell } from "./Launcher.ts"

/** How an attempt ends that was kept from starting. */
export const neverStarted: Outcome = { _tag: "Terminated", message: "stopped before it started" }

/** How an attempt ends that nobody will ever start. */
export const refused = (message: string): Outcome => ({ _tag: "LaunchRefused", message })

/**
 * How an attempt ends that was not started. A request that makes no sense will make none later; what the other side has
 * trouble with, or no room for, may be over then.
 */
export const notStarted = (error: AskError): Outcome => {
  const isFinal = error._tag === "Refused" && error.status < 500 && !mayPass.includes(error.status)
  return { _tag: isFinal ? "LaunchRefused" : "LaunchUnreachable", message: error.message }
}

/** Too many requests, a conflict, or a quota: Kubernetes says 403 of one that is full. */
const mayPass: ReadonlyArray<number> = [403, 409, 429]

/** Which of what has run stays when its end is recorded. */
export type Keep = "none" | "failed" | "all"

/** How often a removal is tried. */
const removals = { schedule: Schedule.spaced(settings.engineRetryMs), times: 5 }

/** An attempt that somebody has asked for, until it is forgotten. */
export abstract class RemoteAttempt {
  protected readonly assignment: Assignment
  /** How it has ended; the first end is the end. */
  private readonly ended = Deferred.makeUnsafe<Outcome>()
  private readonly listeners = new Set<Tell>()
  private placing: Fiber.Fiber<void> | undefined
  protected isStopped = false
  /** Whether its start was asked for here, or seen. */
  protected wasBegun: boolean
  /** Whether it may have been started without a word of it. */
  protected mayRun = false
  private isBlind = false

  constructor(assignment: Assignment) {
    this.assignment = assignment
    this.wasBegun = assignment.worker !== undefined
  }

  /** One try at starting it; whether it needs no other. */
  protected abstract tryToPlace(): Effect.Effect<boolean, AskError>
  /** Looks until it has ended, and settles how. */
  protected abstract follow(tell: Tell): Effect.Effect<void>
  /** One try at ending it, or at keeping it from ever starting. */
  protected abstract tryToStop(): Effect.Effect<void, AskError>
  /** Removes what was kept of it. */
  protected abstract remove(outcome: Outcome): Effect.Effect<void, AskError>

  protected get isOver(): boolean {
    return Deferred.isDoneUnsafe(this.ended)
  }

  protected settle(outcome: Outcome): void {
    Deferred.doneUnsafe(this.ended, Effect.succeed(outcome))
  }

  protected tellAll(report: Report): void {
    for (const tell of this.listeners) tell(report)
  }

  protected patiently(work: Effect.Effect<void, AskError>): Effect.Effect<void> {
    return Effect.orDie(Effect.retry(work, Schedule.spaced(settings.engineRetryMs)))
  }

  /** Starts it if that is to be done, and answers how it has ended. */
  launch(tell: Tell): Effect.Effect<Outcome> {
    const following = Effect.gen({ self: this }, function* () {
      if (!this.isOver) {
        this.placing ??= Effect.runFork(this.place())
        yield* Fiber.await(this.placing)
      }
      if (!this.isOver) yield* this.follow(tell)
      return yield* Deferred.await(this.ended)
    })
    return Effect.suspend(() => {
      this.listeners.add(tell)
      return Effect.ensuring(
        Effect.raceFirst(Deferred.await(this.ended), following),
        Effect.sync(() => this.listeners.delete(tell))
      )
    })
  }

  private place(): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      for (;;) {
        const tried = yield* Effect.result(Effect.suspend(() => this.tryToPlace()))
        if (tried._tag === "Failure") {
          const mayRun = this.mayRun || this.wasBegun || this.assignment.recovered
          if (!mayRun) return this.settle(notStarted(tried.failure))
          this.tellHealth(tried.failure)
        } else {
          this.tellHealth()
          if (tried.success) return
        }
        // Where all have let go, who launches next begins anew.
        if (this.listeners.size === 0) break
        yield* Effect.sleep(settings.engineRetryMs)
      }
      this.placing = undefined
    })
  }

  private tellHealth(error?: AskError): void {
    if (this.isBlind === (error !== undefined)) return
    this.isBlind = error !== undefined
    const trouble = error && { transient: true, message: error.message }
    this.tellAll({ _tag: "Health", healthy: !error, ...trouble })
  }

  /** Ends it, or keeps it from ever starting; answers how it has ended. */
  stop(): Effect.Effect<Outcome> {
    return Effect.gen({ self: this }, function* () {
      this.isStopped = true
      if (this.placing) yield* Fiber.interrupt(this.placing)
      while (!this.isOver) yield* this.patiently(Effect.suspend(() => this.tryToStop()))
      return yield* Deferred.await(this.ended)
    })
  }

  /** Whether what was kept of it is to stay. */
  protected stays({ _tag }: Outcome, keep: Keep = "none"): boolean {
    const hasRun = _tag === "Succeeded" || _tag === "Exited"
    return hasRun && (keep === "all" || (keep === "failed" && _tag !== "Succeeded"))
  }

  /** Once it has ended, removes what is not to stay. */
  forget(): Effect.Effect<void> {
    return Effect.flatMap(Deferred.await(this.ended), (outcome) =>
      Effect.ignore(
        Effect.retry(
          Effect.suspend(() => this.remove(outcome)),
          removals
        )
      )
    )
  }
}

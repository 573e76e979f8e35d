/**
 * One process of a simulation, as Effect sees it: a scheduler whose tasks run when the simulation says so, one by one
 * and in their order, and a clock. When it is killed nothing of it runs any more, no finalizer either.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Scheduler from "effect/Scheduler"
import type { Time } from "./Time.ts"

/** More than any step of a sound program needs to come to rest. */
const tasksMax = 100_000

export class Host implements Scheduler.Scheduler, Scheduler.SchedulerDispatcher {
  readonly executionMode = "async"
  readonly number: number
  isDead = false
  private tasks: Array<() => void> = []
  private next = 0
  private readonly context: Context.Context<never>

  constructor(number: number, time: Time) {
    this.number = number
    this.context = Context.empty().pipe(
      Context.add(Scheduler.Scheduler, this as Scheduler.Scheduler),
      Context.add(Clock.Clock, clockOf(this, time))
    ) as Context.Context<never>
  }

  shouldYield(fiber: Fiber.Fiber<unknown, unknown>): boolean {
    return fiber.currentOpCount >= fiber.cache.maxOpsBeforeYield
  }

  makeDispatcher(): Scheduler.SchedulerDispatcher {
    return this
  }

  scheduleTask(task: () => void): void {
    if (!this.isDead) this.tasks.push(task)
  }

  flush(): void {
    this.run(tasksMax)
  }

  /** Whether nothing is left to do until something comes from outside. */
  get isIdle(): boolean {
    return this.next === this.tasks.length
  }

  /** Runs so many tasks, or fewer if no more are left. Throws if there is no end to them. */
  run(upTo = tasksMax): void {
    for (let count = 0; count < upTo && this.next < this.tasks.length; count++) {
      this.tasks[this.next++]?.()
    }
    if (upTo === tasksMax && !this.isIdle)
      throw new Error(`it does not come to rest within ${tasksMax} tasks`)
    if (this.isIdle) {
      this.tasks = []
      this.next = 0
    }
  }

  /** Begins an effect in this process. */
  fork<A, E>(effect: Effect.Effect<A, E>): Fiber.Fiber<A, E> {
    return Effect.runForkWith(this.context)(effect)
  }

  kill(): void {
    this.isDead = true
    this.tasks = []
    this.next = 0
  }
}

const nanos = (ms: number): bigint => BigInt(ms) * 1_000_000n

const clockOf = (host: Host, time: Time): Clock.Clock => ({
  currentTimeMillisUnsafe: () => time.now,
  currentTimeMillis: Effect.sync(() => time.now),
  currentTimeNanosUnsafe: () => nanos(time.now),
  currentTimeNanos: Effect.sync(() => nanos(time.now)),
  monotonicTimeNanosUnsafe: () => nanos(time.passed),
  monotonicTimeNanos: Effect.sync(() => nanos(time.passed)),
  sleep: (duration) =>
    Effect.callback((resume) => {
      const wakes = time.sleep(host, Duration.toMillis(duration), () => resume(Effect.void))
      return Effect.sync(wakes)
    })
})

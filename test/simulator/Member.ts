/**
 * A coordinator in a process of its own, as production has it, and what is to be seen of it from outside.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import type { Coordinator } from "../../src/coordinator/Coordinator.ts"
import { Workers } from "../../src/coordinator/Workers.ts"
import type { Launcher } from "../../src/launcher/Launcher.ts"
import type { LogError } from "../../src/log/LogError.ts"
import type { RunQueue } from "../../src/queue/RunQueue.ts"
import { startCoordinator } from "../coordinator/startCoordinator.ts"
import { orders } from "../simulation/History.ts"
import type { Disk } from "./Disk.ts"
import type { Host } from "./Host.ts"

/** The workers of each launcher's newest term: only they know how many permits are taken. */
const workersOf = new WeakMap<Launcher["Service"], Workers>()
const { make } = Workers
Workers.make = (launcher, post) =>
  Effect.map(make.call(Workers, launcher, post), (workers) => {
    workersOf.set(launcher, workers)
    return workers
  })

type Service = Coordinator["Service"]

export class Member {
  readonly host: Host
  coordinator: Service | undefined
  /** Its own queue, and of which epoch. */
  live: RunQueue | undefined
  liveEpoch = 0
  /** What it has asked the world to launch and to stop, with the epoch in which it has. */
  readonly launched = new Set<string>()
  readonly stopped = new Set<string>()
  /** How it ended. */
  exit: Exit.Exit<void, LogError> | undefined
  /** Who waits for an answer of it. Each says whether there should be one, as far as the log goes. */
  readonly waiting = new Set<() => boolean>()
  private readonly launcher: Launcher["Service"]

  constructor(host: Host, disk: Disk, launcher: Launcher["Service"], takeOver: boolean, admits: boolean) {
    this.host = host
    this.launcher = launcher
    const log = disk.logFor(host)
    const lives = Effect.gen({ self: this }, function* () {
      const coordinator = yield* startCoordinator({ log, launcher, orders, takeOver, admits })
      this.coordinator = coordinator
      yield* coordinator.done
    })
    host.fork(Effect.scoped(lives)).addObserver((exit) => {
      this.exit = exit
      host.kill()
    })
  }

  get isAlive(): boolean {
    return !this.host.isDead
  }

  /** Whether it leads and is up to date, as far as it knows. */
  get isLeading(): boolean {
    const state = this.coordinator && Effect.runSync(this.coordinator.state)
    return this.isAlive && (state === "leading" || state === "draining")
  }

  /** Why it ended, if that was not what ends a coordinator that is well. */
  get defect(): string | undefined {
    const { exit } = this
    if (!exit || Exit.isSuccess(exit)) return undefined
    if (!Cause.hasDies(exit.cause)) {
      const error = Cause.squash(exit.cause) as LogError
      const mayBe = ["Led", "Fenced", "Unavailable"].includes(error.reason?._tag)
      return mayBe || Cause.hasInterruptsOnly(exit.cause) ? undefined : error.message
    }
    return Cause.pretty(exit.cause)
  }

  /** How many permits of each limit are taken. */
  get permits(): ReadonlyMap<string, number> {
    return workersOf.get(this.launcher)?.permits.taken ?? new Map()
  }

  /** Asks for something; nobody waits for the answer of a process that is gone. */
  ask<A, E>(
    use: (coordinator: Service) => Effect.Effect<A, E>,
    hear: (exit: Exit.Exit<A, E>) => void,
    isDue: () => boolean = () => true
  ): void {
    const { coordinator } = this
    if (!coordinator) return
    // Its own, whoever else asks the same.
    const waiter = () => isDue()
    this.waiting.add(waiter)
    const fiber: Fiber.Fiber<A, E> = this.host.fork(use(coordinator))
    fiber.addObserver((exit) => {
      this.waiting.delete(waiter)
      hear(exit)
    })
  }
}

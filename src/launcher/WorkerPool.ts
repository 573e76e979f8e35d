/**
 * Attempts that workers elsewhere do: which wait for a worker, which one does which, and when one was last heard of.
 *
 * A worker first starts an attempt, and begins only when that was recorded: so the log alone says who may work on what,
 * and a coordinator that knows nothing but the log gives no attempt to a second worker. It then has a lease, which each
 * heartbeat renews. Leases are counted in ticks of this program and not by the clock: where the program itself has stood
 * still, its workers have not been silent for longer.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Semaphore from "effect/Semaphore"
import type { Outcome } from "../run/Outcome.ts"
import type { RunId } from "../run/RunSpec.ts"
import { settings } from "../settings.ts"
import type { Assignment, Report, Tell } from "./Launcher.ts"
import { RunLog } from "./RunLog.ts"

/** What a worker says which attempt it speaks of by. */
export interface Claim {
  readonly worker: string
  readonly run: RunId
  readonly attempt: number
}

/** How an attempt stands to the worker that speaks of it: its own, not its own, or never heard of here. */
type Standing = "stop" | "go on" | "over" | "unknown"

/** An attempt that was handed in. */
export interface Handed {
  readonly assignment: Assignment
  readonly queue: string
  readonly outcome: Deferred.Deferred<Outcome>
  /** One at a time watches over its lease. */
  readonly watch: Semaphore.Semaphore
  readonly listeners: Set<Tell>
  /** Called when its worker has something to hear. */
  readonly wakers: Set<() => void>
  readonly log: RunLog
  /** Who has started it. */
  worker: string | undefined
  /** Whether a worker was asked to start it a moment ago. */
  offered: boolean
  stopping: boolean
  over: boolean
  /** Ticks since its worker was heard of, or since it was offered. */
  quietTicks: number
}

/** The tag by which a run says which workers may do it; those who ask for no other queue have `default`. */
const queueTag = "signalbox/queue"

/** The queue of runs that name none. */
export const defaultQueue = "default"

const keyOf = ({ run, attempt }: { readonly run: RunId; readonly attempt: number }) => `${run} ${attempt}`

/** Ticks that make up a lease. */
const leaseTicks = 4
/** Ticks after which one that is not heard of is missed: more than lie between two heartbeats. */
const missedTicks = 3

/** Attempts that wait for workers elsewhere, or are done by them. One pool has one launcher, and one server. */
export class WorkerPool {
  readonly leaseMs: number
  private readonly artifacts: string
  private readonly handed = new Map<string, Handed>()
  /** Those that no worker has started, the oldest first. */
  private readonly waiting = new Set<Handed>()
  /** Workers that wait for work. */
  private readonly pollers = new Set<() => void>()
  private closed = false

  /** `artifacts` is the folder for the lines of the runs' own logs. */
  constructor(artifacts: string, { leaseMs = settings.workerLeaseMs }: { readonly leaseMs?: number } = {}) {
    this.artifacts = artifacts
    this.leaseMs = leaseMs
  }

  /** Between two ticks, in milliseconds. */
  get tickMs(): number {
    return this.leaseMs / leaseTicks
  }

  known(assignment: Assignment): Handed | undefined {
    return this.handed.get(keyOf(assignment))
  }

  /** Takes an attempt in; one that the log says was started waits for its worker, any other for some worker. */
  enter(assignment: Assignment): Handed {
    const { worker, spec } = assignment
    const handed: Handed = {
      assignment,
      queue: spec.tags?.[queueTag] ?? defaultQueue,
      outcome: Deferred.makeUnsafe(),
      watch: Semaphore.makeUnsafe(1),
      listeners: new Set(),
      wakers: new Set(),
      log: new RunLog(this.artifacts, assignment),
      worker: assignment.recovered ? worker : undefined,
      offered: false,
      stopping: false,
      over: false,
      quietTicks: 0
    }
    this.handed.set(keyOf(assignment), handed)
    return handed
  }

  /** Lets workers have it. */
  offer(handed: Handed): void {
    if (handed.worker !== undefined || handed.over) return
    handed.offered = false
    this.waiting.add(handed)
    for (const wake of this.pollers) wake()
  }

  /** Tells its worker to stop; what no worker has started never starts. */
  stop(handed: Handed): void {
    if (handed.worker === undefined) {
      this.finish(handed, { _tag: "Terminated", message: "stopped before it started" })
    }
    handed.stopping = true
    for (const wake of handed.wakers) wake()
  }

  forget(assignment: Assignment): void {
    const handed = this.known(assignment)
    if (!handed) return
    this.handed.delete(keyOf(assignment))
    // Its end was recorded without its worker: whoever still works on it is told so.
    this.finish(handed, { _tag: "WorkerLost", message: "its end was recorded without it" })
  }

  /** A tick has passed. */
  tick(handed: Handed): void {
    if (handed.over) return
    handed.quietTicks++
    if (handed.worker !== undefined && handed.quietTicks === missedTicks) {
      const message = `worker ${handed.worker} was not heard of for ${missedTicks * this.tickMs} ms`
      this.tell(handed, { _tag: "Health", healthy: false, transient: true, message })
    }
    if (handed.quietTicks <= leaseTicks) return
    if (handed.worker !== undefined) {
      const message = `worker ${handed.worker} was not heard of for ${this.leaseMs} ms`
      this.finish(handed, { _tag: "WorkerLost", message })
    } else if (handed.offered) {
      this.waiting.delete(handed)
      this.offer(handed)
    }
  }

  /** Hands nothing out any more, and keeps no worker waiting for an answer. */
  close(): void {
    this.closed = true
    for (const wake of this.pollers) wake()
    for (const { wakers } of this.handed.values()) for (const wake of wakers) wake()
  }

  /** The next attempts of these queues, at most so many; waits until there is one, or the pool is closed. */
  take(queues: ReadonlyArray<string>, max: number): Effect.Effect<ReadonlyArray<Handed>> {
    return Effect.callback((resume) => {
      const look = () => {
        const found = this.closed
          ? []
          : [...this.waiting].filter(({ offered, queue }) => !offered && queues.includes(queue))
        if (found.length === 0 && !this.closed) return
        this.pollers.delete(look)
        const taken = found.slice(0, max)
        for (const handed of taken) {
          handed.offered = true
          handed.quietTicks = 0
        }
        resume(Effect.succeed(taken))
      }
      this.pollers.add(look)
      look()
      return Effect.sync(() => this.pollers.delete(look))
    })
  }

  /** A worker says that it starts an attempt; the first one has it. It must not begin before that is recorded. */
  start(claim: Claim): Standing {
    const handed = this.handed.get(keyOf(claim))
    if (handed && !handed.over && handed.worker === undefined) {
      handed.worker = claim.worker
      this.waiting.delete(handed)
      this.tell(handed, { _tag: "Started", worker: claim.worker })
    }
    return this.hear(claim)
  }

  /** A worker that has started an attempt is told not to begin: it never starts. */
  withdraw(claim: Claim): void {
    const handed = this.ofWorker(claim)
    if (handed) this.finish(handed, { _tag: "Terminated", message: "stopped before it started" })
  }

  /** How an attempt stands to a worker. */
  standing(claim: Claim): Standing {
    const handed = this.ofWorker(claim)
    if (handed) return handed.stopping ? "stop" : "go on"
    return this.handed.has(keyOf(claim)) ? "over" : "unknown"
  }

  /** A worker is heard of, and may bring progress and lines for the run's log. */
  hear(claim: Claim, progress?: Report, lines: ReadonlyArray<string> = []): Standing {
    const handed = this.ofWorker(claim)
    if (handed) {
      if (handed.quietTicks >= missedTicks) this.tell(handed, { _tag: "Health", healthy: true })
      handed.quietTicks = 0
      if (progress) this.tell(handed, progress)
      for (const line of lines) handed.log.add(line)
    }
    return this.standing(claim)
  }

  /** Waits until the worker of an attempt has something else to hear than to go on. */
  news(claim: Claim): Effect.Effect<void> {
    return Effect.callback((resume) => {
      const handed = this.ofWorker(claim)
      if (!handed || handed.stopping || this.closed) return resume(Effect.void)
      const wake = () => resume(Effect.void)
      handed.wakers.add(wake)
      return Effect.sync(() => handed.wakers.delete(wake))
    })
  }

  /** A worker tells how an attempt has ended. */
  end(claim: Claim, outcome: Outcome): Standing {
    const standing = this.hear(claim)
    const handed = this.ofWorker(claim)
    if (handed) this.finish(handed, outcome)
    return standing
  }

  private ofWorker(claim: Claim): Handed | undefined {
    const handed = this.handed.get(keyOf(claim))
    return handed && !handed.over && handed.worker === claim.worker ? handed : undefined
  }

  private tell({ listeners }: Handed, report: Report): void {
    for (const tell of listeners) tell(report)
  }

  private finish(handed: Handed, outcome: Outcome): void {
    if (handed.over) return
    handed.over = true
    this.waiting.delete(handed)
    Deferred.doneUnsafe(handed.outcome, Exit.succeed(outcome))
    for (const wake of handed.wakers) wake()
  }
}

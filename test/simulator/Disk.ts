/**
 * A disk on which things go wrong. What stands on it outlives every process; what becomes of an append is up to the
 * history. Behind it is the log in memory, which keeps the contract of every log; events pass through rows and back on
 * their way to it, as they do in a store.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import { fromRow, toRow } from "../../src/log/codec.ts"
import type { EventLog, Lead } from "../../src/log/EventLog.ts"
import { type LogError, logError } from "../../src/log/LogError.ts"
import { makeMemoryEventLog } from "../../src/log/MemoryEventLog.ts"
import type { Event } from "../../src/queue/Event.ts"
import type { Host } from "./Host.ts"

/**
 * What becomes of an append.
 * - `written`: what it says
 * - `lost`: it fails, and nothing was written
 * - `unheard`: it is written, and fails all the same
 * - `late`: it fails, and may be written later
 */
export type Fate = "written" | "lost" | "unheard" | "late"

interface Request {
  readonly host: Host
  readonly lead: Lead
  readonly events: ReadonlyArray<Event>
  readonly answer: (exit: Exit.Exit<void, LogError>) => void
}

const silent = logError({ _tag: "Unavailable", log: "the log", issue: "no answer" })

/** Told of what is written, at the moment when it is, and of what was to be written. */
type Written = (events: ReadonlyArray<Event>, epoch: number, given: ReadonlyArray<Event>) => void

export class Disk {
  readonly log = makeMemoryEventLog()
  /** Whether appends wait until they are dealt with one by one. */
  isSlow = false
  /** What becomes of the next appends. */
  readonly fates: Array<Fate> = []
  /** What fails the next time that it is asked for. */
  readonly failing = new Set<"lead" | "read">()
  /** What is on its way. */
  readonly waiting: Array<Request> = []
  private readonly late: Array<Request> = []
  private readonly written: Written
  /** The process that took the lead last, and under which epoch. */
  leader: { readonly host: Host; readonly epoch: number } | undefined

  constructor(written: Written) {
    this.written = written
  }

  private write({ lead, events }: Request): Exit.Exit<void, LogError> {
    const rows = events.map((event) => fromRow("the log", toRow(event)))
    const exit = Effect.runSyncExit(lead.append(rows))
    if (Exit.isSuccess(exit)) this.written(rows, lead.epoch, events)
    return exit
  }

  private complete(request: Request, fate: Fate): void {
    const exit = fate === "written" || fate === "unheard" ? this.write(request) : Exit.void
    if (fate === "late") this.late.push(request)
    request.answer(fate === "written" ? exit : Exit.fail(silent))
  }

  /** Deals with the append that has waited longest. */
  commit(fate: Fate): void {
    const request = this.waiting.shift()
    if (request) this.complete(request, fate)
  }

  /** What was on its way when it failed arrives now, or finds that it comes too late. */
  arrive(): void {
    for (const request of this.late.splice(0)) this.write(request)
  }

  /** The process is gone; what it had on its way is written, or not. */
  crash(host: Host, isWritten: boolean): void {
    const its = this.waiting.filter((request) => request.host === host)
    for (const request of its) {
      this.waiting.splice(this.waiting.indexOf(request), 1)
      if (isWritten) this.write(request)
    }
  }

  /** From now on nothing fails, and nothing waits. */
  heal(): void {
    this.isSlow = false
    this.fates.length = 0
    this.failing.clear()
    this.arrive()
    while (this.waiting.length > 0) this.commit("written")
  }

  private fails(what: "lead" | "read"): boolean {
    return this.failing.delete(what)
  }

  private append(host: Host, lead: Lead, events: ReadonlyArray<Event>): Effect.Effect<void, LogError> {
    return Effect.callback((resume) => {
      const request = { host, lead, events, answer: (exit: Exit.Exit<void, LogError>) => resume(exit) }
      // One process's appends are dealt with in their order.
      if (this.isSlow || this.waiting.some((before) => before.host === host)) this.waiting.push(request)
      else this.complete(request, this.fates.shift() ?? "written")
    })
  }

  /** The log as that process reaches it. */
  logFor(host: Host): EventLog["Service"] {
    const { log } = this
    return {
      ...log,
      read: (range) => Stream.suspend(() => (this.fails("read") ? Stream.fail(silent) : log.read(range))),
      lead: (candidate) =>
        Effect.gen({ self: this }, function* () {
          if (this.fails("lead")) return yield* silent
          // The lock of a process that is gone is gone with it.
          const isFree = this.leader?.host.isDead ?? false
          const lead = yield* log.lead({ ...candidate, takeOver: candidate.takeOver || isFree })
          this.leader = { host, epoch: lead.epoch }
          return { ...lead, append: (events) => this.append(host, lead, events) }
        })
    }
  }
}

/**
 * Looks at the log as it is written, and at what is said about it. What it knows it has from the events, the clock and
 * the world outside; the coordinator is not asked.
 */
import { isDeepStrictEqual } from "node:util"
import { Invariants } from "../../src/history/Invariants.ts"
import { type Event, isRunEvent } from "../../src/queue/Event.ts"
import type { Command } from "../../src/queue/QueueCommand.ts"
import { RunQueue } from "../../src/queue/RunQueue.ts"
import type { Accepted } from "../../src/queue/turn.ts"
import { isFinished, isHoldingSlot } from "../../src/run/lifecycle.ts"
import type { Run } from "../../src/run/Run.ts"
import { orders } from "../simulation/History.ts"
import { admissible } from "../simulation/naive.ts"
import type { Attempt } from "../simulation/World.ts"
import { keyOf, type Asked as WorldAsked } from "./Outside.ts"
import { TimeLimits } from "./TimeLimits.ts"
import { wordsOf } from "./wordsOf.ts"

/** A promise that was broken. */
export interface Breach {
  readonly rule: string
  readonly issue: string
}

/** Of one turn in so many it is worked out anew who may start: that takes long. */
const turnsPerCheck = 3

/** All but the data, which shows in the state. */
const envelopesOf = (events: ReadonlyArray<Event>): string =>
  events
    .map(({ position, turn, at, type, version, run, actor, cause, epoch }) =>
      [position, turn, at, type, version, run, actor, cause, epoch].join(" ")
    )
    .join()

/** The admissions that follow each other from there on. */
const admissionsFrom = (events: ReadonlyArray<Event>, from: number): ReadonlyArray<Event> => {
  const end = events.findIndex(({ type }, index) => index > from && type !== "RunAdmitted")
  return events.slice(from, end < 0 ? events.length : end)
}

export class Audit {
  /** All that is durable. */
  readonly log: Array<Event> = []
  /** What the log says, folded as it is written. */
  readonly queue = new RunQueue(orders)
  /** The runs that were touched since someone last looked. */
  readonly touched = new Set<string>()
  /** Each attempt that was ever launched. */
  readonly launches: Array<Attempt> = []
  readonly seen = new Map<string, number>()
  breach: Breach | undefined
  private readonly invariants = new Invariants()
  private readonly limits = new TimeLimits()
  private readonly fresh = new Set<string>()

  fail(rule: string, issue: string): void {
    this.breach ??= { rule, issue }
  }

  count(what: string): void {
    this.seen.set(what, (this.seen.get(what) ?? 0) + 1)
  }

  /** Events have become durable, in one append under that epoch. `given` are those that were to be written. */
  written(events: ReadonlyArray<Event>, epoch: number, given: ReadonlyArray<Event>): void {
    if (envelopesOf(events) !== envelopesOf(given))
      this.fail("store", `turn ${given[0]?.turn} is not stored as it was given`)
    // A queue that is full lets in whom it can in the midst of a turn, before it takes the next submission.
    const isAdmission = (event: Event | undefined) => event?.type === "RunAdmitted"
    for (const [index, event] of events.entries()) {
      if (isAdmission(event) && !isAdmission(events[index - 1])) this.weigh(admissionsFrom(events, index))
      this.take(event, epoch)
    }
    if (!isAdmission(events.at(-1))) this.weigh([])
  }

  private take(event: Event, epoch: number): void {
    this.count(event.type)
    if (event.epoch !== epoch) this.fail("fence", `epoch ${epoch} writes an event of epoch ${event.epoch}`)
    for (const { rule, issue } of this.invariants.take(event)) this.fail(rule, `${event.position}: ${issue}`)
    for (const issue of this.limits.take(event)) this.fail("deadline", `${event.position}: ${issue}`)
    for (const issue of wordsOf(event)) this.fail("word", `${event.position}: ${issue}`)
    this.log.push(event)
    if (isRunEvent(event)) this.touched.add(event.run)
    try {
      this.queue.apply(event)
    } catch (error) {
      this.fail("replay", String(error))
    }
  }

  /** Whether those admitted are those that the rules let in, in their order. */
  private weigh(admissions: ReadonlyArray<Event>): void {
    const { queue } = this
    if (queue.turn % turnsPerCheck !== 0 || this.breach) return
    const at = admissions[0]?.at ?? queue.at
    const are = admissions.flatMap(({ type, run }) => (type === "RunAdmitted" && run !== null ? [run] : []))
    const should = admissible(queue, this.log.slice(0, queue.position), orders, at)
    if (!isDeepStrictEqual(are, should))
      this.fail(
        "order",
        `turn ${queue.turn} admits ${are.join(", ") || "nobody"}; the rules, ${should.join(", ")}`
      )
  }

  private turnUpTo(position: number): ReadonlyArray<Event> {
    const last = this.log[position - 1]
    return last
      ? this.log.slice(Math.max(0, position - 2_000), position).filter(({ turn }) => turn === last.turn)
      : []
  }

  /** Someone was told that a command is accepted. */
  accepted(command: Command, accepted: Accepted): void {
    const { position, run } = accepted
    const { queue } = this
    if (position > queue.position) {
      this.fail(
        "durable",
        `${command._tag} is answered at position ${position}; ${queue.position} is durable`
      )
      return
    }
    const has = (type: Event["type"]) => this.turnUpTo(position).some((event) => event.type === type)
    if (!this.isDone(command, accepted, has))
      this.fail("kept", `${command._tag} was accepted, and the log does not show it`)
    if (run && position === queue.position && !isDeepStrictEqual(run, queue.runs.get(run.id)))
      this.fail("kept", `run ${run.id} was shown as the log does not have it`)
  }

  private isDone(
    command: Command,
    { run, deduplicated }: Accepted,
    has: (type: Event["type"]) => boolean
  ): boolean {
    switch (command._tag) {
      case "SubmitRun":
        // Known already by its key: another run stands for it.
        if (deduplicated) return run !== undefined && this.queue.runs.get(run.id) !== undefined
        return this.queue.runs.has(command.spec.id) && has("RunSubmitted")
      case "CancelRun": {
        const state = this.queue.runs.get(command.run)?.state
        return state !== undefined && (state === "canceling" || isFinished(state))
      }
      case "ReportEnded": {
        const run = this.queue.runs.get(command.run)
        return run !== undefined && !(isHoldingSlot(run.state) && run.attempt === command.attempt)
      }
      case "SetPolicy":
        return has("PolicySet")
      case "PauseAdmission":
        return has("AdmissionPaused")
      case "DrainCoordinator":
        return has("CoordinatorDraining")
      default:
        return true
    }
  }

  /** Someone was told that a run has ended. */
  ended(run: Run): void {
    if (!isDeepStrictEqual(run, this.queue.runs.get(run.id)) || !isFinished(run.state))
      this.fail("durable", `the end of run ${run.id} was told; the log has not got it`)
  }

  /** A process has asked something of the world. */
  asked({ what, assignment }: WorldAsked): void {
    const { run: id, attempt, recovered } = assignment
    const run = this.queue.runs.get(id)
    if (!run || run.attempt < attempt)
      this.fail("ahead", `${what} of attempt ${attempt} of run ${id}, of which the log knows nothing`)
    if (what !== "launch") return
    this.launches.push({ run: id, attempt })
    if (recovered) return
    const key = keyOf({ run: id, attempt })
    if (this.fresh.has(key)) this.fail("once", `attempt ${attempt} of run ${id} is launched twice`)
    this.fresh.add(key)
  }
}

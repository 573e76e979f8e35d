/**
 * What the log says, folded, and nothing that follows from it: every run, the rules in force, what is paused, who holds slots.
 * What follows, who stands where and who could start next, is worked out by `RunQueue`; a long log is folded into these
 * facts alone, and that is done once, at its end.
 */
import { evolve } from "../run/evolve.ts"
import { isHoldingSlot } from "../run/lifecycle.ts"
import type { Run } from "../run/Run.ts"
import type { RunEvent } from "../run/RunEvent.ts"
import type { RunId } from "../run/RunSpec.ts"
import { type Event, isRunEvent, type QueueEvent } from "./Event.ts"
import { IdempotencyKeys, type Known } from "./IdempotencyKeys.ts"
import { Limits } from "./Limits.ts"
import { type Pause, Pauses } from "./Pauses.ts"
import { defaultPolicy, type Policy } from "./Policy.ts"
import { type Moment, Rates } from "./Rates.ts"
import { type KnownSchedule, Schedules } from "./Schedules.ts"

/** Raised whenever other code makes another state of the same events: what was folded before counts no more. */
export const foldVersion = 5

/** The facts as plain data: what a queue is made from, as it was at a moment. */
export interface Essence {
  readonly position: number
  readonly turn: number
  readonly epoch: number
  readonly at: number
  readonly admits: boolean
  readonly admitsAt: number
  readonly policyNumber: number
  readonly policyAt: number
  readonly policy: Policy
  readonly pauses: ReadonlyArray<Pause>
  /** The rates that still feel their last starts, each with when the next would be due. */
  readonly rates: ReadonlyArray<readonly [limit: string, due: Moment]>
  readonly schedules: ReadonlyArray<KnownSchedule>
  readonly keys: ReadonlyArray<Known>
  readonly runs: ReadonlyArray<Run>
  /** Those that hold slots, in the order in which they were admitted. */
  readonly admitted: ReadonlyArray<RunId>
}

/** The fold of the log. */
export class Facts {
  /** The last event's place in the log; 0 before the first. */
  position = 0
  turn = 0
  epoch = 0
  /** The last event's time, in milliseconds since 1970. */
  at = 0
  /** Whether the coordinator that leads admits runs. */
  admits = false
  policy: Policy = defaultPolicy
  /** How many policies were ever set; 0 while the default is in force. */
  policyNumber = 0
  /** Since when the policy is in force, in milliseconds since 1970. */
  policyAt = 0
  /** When it last changed whether a coordinator leads that admits, in milliseconds since 1970. */
  admitsAt = 0
  readonly runs = new Map<RunId, Run>()
  /** Those that hold slots, in the order in which they were admitted. */
  readonly admitted = new Set<RunId>()
  readonly rates = new Rates()
  readonly pauses = new Pauses()
  readonly schedules = new Schedules()
  readonly keys = new IdempotencyKeys()
  protected limits = new Limits(defaultPolicy, [])

  constructor(known?: Essence) {
    if (!known) return
    const { runs, admitted, pauses, rates, schedules, keys, ...rest } = known
    Object.assign(this, rest)
    for (const pause of pauses) this.pauses.set(pause)
    for (const [limit, due] of rates) this.rates.set(limit, due)
    for (const schedule of schedules) this.schedules.set(schedule)
    for (const key of keys) this.keys.set(key)
    for (const run of runs) this.runs.set(run.id, run)
    for (const id of admitted) this.admitted.add(id)
    this.setLimits()
  }

  /** Takes one event in. It must be the log's next, and the chart must allow it; else it throws. */
  apply(event: Event): void {
    if (event.position !== this.position + 1) {
      throw new Error(`${event.position} follows position ${this.position}: the log has a gap`)
    }
    if (isRunEvent(event)) this.applyToRun(event)
    else this.applyToAll(event)
    this.position = event.position
    this.turn = event.turn
    this.at = event.at
    this.keys.forget(event.at)
  }

  private applyToRun(event: RunEvent): void {
    const before = this.runs.get(event.run)
    const after = evolve(before, event)
    this.runs.set(after.id, after)
    if (event.type === "RunSubmitted") this.keys.add(event)
    const held = before !== undefined && isHoldingSlot(before.state)
    const holds = isHoldingSlot(after.state)
    if (held && !holds) this.admitted.delete(after.id)
    if (!held && holds) {
      this.admitted.add(after.id)
      this.rates.take(this.limits.ratesOf(after.spec), event.at)
    }
    this.runChanged(before, after, event.at)
  }

  private applyToAll(event: QueueEvent): void {
    switch (event.type) {
      case "CoordinatorStarted":
        this.epoch = event.epoch
        this.setAdmits(event.data.admits, event.at)
        break
      case "CoordinatorDraining":
      case "CoordinatorStopped":
        this.setAdmits(false, event.at)
        break
      case "AuditKeySet":
        // For those who check the log; nothing is decided by it.
        break
      case "AdmissionPaused":
      case "AdmissionResumed":
        this.pauses.apply(event)
        this.setLimits()
        break
      case "PolicySet":
        this.policy = event.data.policy
        this.policyNumber = event.data.number
        this.policyAt = event.at
        this.setLimits()
        break
      default:
        this.schedules.apply(event)
    }
    this.allChanged(event)
  }

  private setAdmits(admits: boolean, at: number): void {
    if (this.admits !== admits) this.admitsAt = at
    this.admits = admits
  }

  private setLimits(): void {
    this.limits = new Limits(this.policy, this.pauses.scopes)
  }

  /** For whoever works out what follows: a run is another than before. */
  protected runChanged(_before: Run | undefined, _after: Run, _at: number): void {}

  /** For whoever works out what follows: something was decided that is not about one run. */
  protected allChanged(_event: QueueEvent): void {}
}

/**
 * What a queue is made from; the queue may go on, this stays. Of these runs alone, where others do not matter; all that hold
 * slots must be among them.
 */
export const essence = (facts: Facts, runs: Iterable<Run> = facts.runs.values()): Essence => ({
  position: facts.position,
  turn: facts.turn,
  epoch: facts.epoch,
  at: facts.at,
  admits: facts.admits,
  admitsAt: facts.admitsAt,
  policyNumber: facts.policyNumber,
  policyAt: facts.policyAt,
  policy: facts.policy,
  pauses: facts.pauses.all,
  rates: [...facts.rates.entries()],
  schedules: facts.schedules.all,
  keys: facts.keys.all,
  runs: [...runs],
  admitted: [...facts.admitted]
})

/**
 * All runs and the rules over them: the fold of the whole log.
 *
 * It is changed in place by its one owner and by nothing but `apply`, so that folding a million events leaves no
 * garbage behind. Who stands where, who holds what and what is due when is derived from the runs as they change.
 */
import { deadline } from "../run/deadline.ts"
import { evolve } from "../run/evolve.ts"
import { isHoldingSlot, isWaiting } from "../run/lifecycle.ts"
import type { Run } from "../run/Run.ts"
import type { RunEvent } from "../run/RunEvent.ts"
import type { RunId } from "../run/RunSpec.ts"
import { type Event, isRunEvent, type QueueEvent } from "./Event.ts"
import { type Orders, orderNamed } from "./order.ts"
import { defaultPolicy, type Policy } from "./Policy.ts"
import { Limits, type Slot, Slots } from "./Slots.ts"
import { SortedList } from "./SortedList.ts"
import { Waiting } from "./Waiting.ts"

/** A moment at which time decides about a run. */
interface Due {
  readonly at: number
  readonly run: Run
}

/** The state of the whole: every run, who waits in which place, who holds which slot, which rules are in force. */
export class RunQueue {
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
  readonly runs = new Map<RunId, Run>()
  waiting: Waiting
  slots = new Slots()
  readonly deadlines = new SortedList<Due>((a, b) => a.at - b.at || a.run.order - b.run.order)
  private limits = new Limits(defaultPolicy)
  private readonly orders: Orders

  constructor(orders: Orders = {}) {
    this.orders = orders
    this.waiting = this.emptyWaiting()
  }

  private emptyWaiting(): Waiting {
    return new Waiting(orderNamed(this.policy.order, this.orders), (run) => this.slotsFor(run))
  }

  /** What a run needs in order to start, under the policy in force. */
  slotsFor(run: Run): ReadonlyArray<Slot> {
    return this.limits.slotsFor(run.spec.tags)
  }

  /** When time will next decide something by itself, in milliseconds since 1970. */
  get wakesAt(): number | undefined {
    const due = this.deadlines.first?.at ?? Number.POSITIVE_INFINITY
    const wakes = this.admits ? (this.waiting.wakesAt ?? due) : due
    const at = Math.min(due, wakes)
    return at === Number.POSITIVE_INFINITY ? undefined : at
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
  }

  private applyToRun(event: RunEvent): void {
    const before = this.runs.get(event.run)
    const after = evolve(before, event)
    this.runs.set(after.id, after)
    if (before) this.moveOn(before, after, event.at)
    else this.waiting.add(after, event.at)
  }

  private moveOn(before: Run, after: Run, now: number): void {
    const waited = isWaiting(before.state)
    const waits = isWaiting(after.state)
    if (waited && !waits) this.waiting.remove(before)
    if (!waited && waits) this.waiting.add(after, now)
    const held = isHoldingSlot(before.state)
    const holds = isHoldingSlot(after.state)
    if (!held && holds) this.slots.take(after.id, this.slotsFor(after))
    if (held && !holds) this.waiting.loosen(this.slots.release(after.id))
    this.setDeadline(before, after)
  }

  private setDeadline(before: Run, after: Run): void {
    const was = deadline(before)
    const is = deadline(after)
    if (was === is) return
    if (was !== undefined) this.deadlines.remove({ at: was, run: before })
    if (is !== undefined) this.deadlines.add({ at: is, run: after })
  }

  private applyToAll(event: QueueEvent): void {
    switch (event.type) {
      case "CoordinatorStarted":
        this.epoch = event.epoch
        this.admits = event.data.admits
        break
      case "CoordinatorDraining":
      case "CoordinatorStopped":
        this.admits = false
        break
      case "PolicySet":
        this.policy = event.data.policy
        this.policyNumber = event.data.number
        this.rearrange(event.at)
    }
  }

  /** New rules: everyone who waits stands anew, everyone who runs counts anew. Nothing that runs is revoked. */
  private rearrange(now: number): void {
    const { waiting, slots } = this
    this.limits = new Limits(this.policy)
    this.waiting = this.emptyWaiting()
    for (const run of waiting.line) this.waiting.add(this.run(run.id), now)
    this.slots = new Slots()
    for (const id of slots.runs()) this.slots.take(id, this.slotsFor(this.run(id)))
  }

  /** A run that is known to exist. */
  run(id: RunId): Run {
    const run = this.runs.get(id)
    if (!run) throw new Error(`no run ${id}`)
    return run
  }
}

/** All that a queue knows, as plain data: two queues with the same contents go on alike. */
export const contents = (queue: RunQueue) => ({
  position: queue.position,
  turn: queue.turn,
  epoch: queue.epoch,
  at: queue.at,
  admits: queue.admits,
  policyNumber: queue.policyNumber,
  policy: queue.policy,
  runs: [...queue.runs.values()],
  waiting: Array.from(queue.waiting.line, (run) => run.id),
  holders: Object.fromEntries(Array.from(queue.slots.entries(), ([limit, runs]) => [limit, [...runs]]))
})

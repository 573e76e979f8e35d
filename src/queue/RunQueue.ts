/**
 * All runs and the rules over them: the fold of the whole log.
 *
 * It is changed in place by its one owner and by nothing but `apply`, so that folding a million events leaves no
 * garbage behind. Who stands where, who holds what and what is due when is derived from the runs as they change.
 */
import { deadline } from "../run/deadline.ts"
import { evolve } from "../run/evolve.ts"
import { isFinished, isHoldingSlot, isWaiting } from "../run/lifecycle.ts"
import type { Run } from "../run/Run.ts"
import type { RunEvent } from "../run/RunEvent.ts"
import type { RunId } from "../run/RunSpec.ts"
import { type Event, isRunEvent, type QueueEvent } from "./Event.ts"
import { Groups } from "./Groups.ts"
import { IdempotencyKeys } from "./IdempotencyKeys.ts"
import { Limits, locationGate, poolName } from "./Limits.ts"
import { type Orders, orderOf } from "./order.ts"
import { Pauses } from "./Pauses.ts"
import { defaultPolicy, type Policy } from "./Policy.ts"
import { Pools } from "./Pools.ts"
import { Rates } from "./Rates.ts"
import { Schedules } from "./Schedules.ts"
import type { Scope } from "./Scope.ts"
import { Shares } from "./Shares.ts"
import { type Needs, Slots } from "./Slots.ts"
import { SortedList } from "./SortedList.ts"
import { Waiting } from "./Waiting.ts"

/** A moment at which time decides about a run. */
interface Due {
  readonly at: number
  readonly run: Run
}

const isElsewhere = (before: Run, after: Run): boolean =>
  before.priority !== after.priority || before.top !== after.top || before.held !== after.held

/** Raised whenever other code makes another state of the same events: what was folded before counts no more. */
export const foldVersion = 3

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
  /** Since when the policy is in force, in milliseconds since 1970. */
  policyAt = 0
  /** When it last changed whether a coordinator leads that admits, in milliseconds since 1970. */
  admitsAt = 0
  readonly runs = new Map<RunId, Run>()
  waiting: Waiting
  slots = new Slots()
  readonly rates = new Rates()
  readonly pools = new Pools()
  readonly pauses = new Pauses()
  readonly groups = new Groups()
  readonly schedules = new Schedules()
  readonly keys = new IdempotencyKeys()
  readonly deadlines = new SortedList<Due>((a, b) => a.at - b.at || a.run.order - b.run.order)
  /** The custom orders that a policy may name. */
  readonly orders: Orders
  private limits = new Limits(defaultPolicy, [])

  constructor(orders: Orders = {}) {
    this.orders = orders
    this.waiting = this.emptyWaiting()
  }

  /** The queue that had these contents. */
  static from(
    { runs, admitted, pauses, rates, schedules, keys, ...rest }: Essence,
    orders: Orders = {}
  ): RunQueue {
    const queue = Object.assign(new RunQueue(orders), rest)
    for (const pause of pauses) queue.pauses.set(pause)
    for (const [limit, due] of rates) queue.rates.set(limit, due)
    for (const schedule of schedules) queue.schedules.set(schedule)
    for (const key of keys) queue.keys.set(key)
    for (const run of runs) queue.put(run)
    const line = runs.filter(({ state }) => isWaiting(state))
    queue.arrange(line, admitted, rest.at)
    return queue
  }

  private put(run: Run): void {
    this.runs.set(run.id, run)
    this.groups.add(run)
    if (isFinished(run.state)) this.groups.finish(run)
    this.pools.change(undefined, run)
    this.setDeadline(undefined, run)
  }

  private emptyWaiting(): Waiting {
    const { policy, slots, rates } = this
    const needsOf = (run: Run) => this.needsOf(run)
    const room = { slots, rates, shares: new Shares() }
    const reserveAfterMs = policy.mode === "queued" ? policy.reserveAfterMs : undefined
    return new Waiting(orderOf(policy, this.orders), needsOf, room, reserveAfterMs)
  }

  /** What a run needs in order to start, under the policy in force. */
  needsOf(run: Run): Needs {
    return this.limits.needsOf(run.spec)
  }

  /** The policy with so many slots for a limit that the run falls under; undefined if no policy says how many it has. */
  policyWith(policy: Policy, run: Run, limit: string, size: number): Policy | undefined {
    return this.limits.policyWith(policy, run.spec, limit, size)
  }

  /** How long pool slots are reserved for a run that has started, in milliseconds. */
  get settleMs(): number {
    return this.limits.settleMs
  }

  /** Whether anyone is admitted at all. */
  get isAdmitting(): boolean {
    return this.admits && !this.pauses.has({ _tag: "Queue" })
  }

  /** When time will next decide something by itself, in milliseconds since 1970. */
  get wakesAt(): number | undefined {
    const due = Math.min(this.deadlines.first?.at ?? never, this.pauses.endsAt ?? never)
    const fires = this.admits ? Math.min(due, this.schedules.wakesAt ?? never) : due
    const at = this.isAdmitting ? Math.min(fires, this.waiting.wakesAt ?? never) : fires
    return at === never ? undefined : at
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
    if (!before) this.groups.add(after)
    else if (isFinished(after.state)) this.groups.finish(after)
    this.moveInLine(before, after, event.at)
    if (before) this.moveSlots(before, after, event.at)
    this.moveInPools(before, after)
    this.setDeadline(before, after)
  }

  private moveInLine(before: Run | undefined, after: Run, now: number): void {
    const waited = before !== undefined && isWaiting(before.state)
    const waits = isWaiting(after.state)
    if (waited && waits && !isElsewhere(before, after)) return
    if (waited) this.waiting.remove(before)
    if (waits) this.waiting.add(after, now)
  }

  private moveSlots(before: Run, after: Run, now: number): void {
    const held = isHoldingSlot(before.state)
    const holds = isHoldingSlot(after.state)
    if (held === holds) return
    const share = this.limits.shareOf(after.spec)
    if (share) this.waiting.count(share, holds ? 1 : -1)
    if (holds) {
      const { slots, rates } = this.needsOf(after)
      this.slots.take(after.id, slots)
      this.rates.take(rates, now)
    } else for (const { limit } of this.slots.release(after.id)) this.waiting.loosen(limit)
  }

  private moveInPools(before: Run | undefined, after: Run): void {
    if (before?.reserved !== after.reserved) {
      for (const [pool, slots] of Object.entries(before?.reserved?.pools ?? {})) this.count(pool, -slots)
      for (const [pool, slots] of Object.entries(after.reserved?.pools ?? {})) this.count(pool, slots)
    }
    for (const [pool, slots] of this.pools.change(before, after)) this.count(pool, slots)
  }

  private count(pool: string, slots: number): void {
    if (this.policy.pools?.granularity !== "op") return
    this.slots.count(poolName(pool), slots)
    if (slots < 0) this.waiting.loosen(poolName(pool))
  }

  private setDeadline(before: Run | undefined, after: Run): void {
    const was = before && deadline(before)
    const is = deadline(after)
    if (was === is) return
    if (before && was !== undefined) this.deadlines.remove({ at: was, run: before })
    if (is !== undefined) this.deadlines.add({ at: is, run: after })
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
        this.setGate(event.data.scope, event.at)
        break
      case "PolicySet":
        this.policy = event.data.policy
        this.policyNumber = event.data.number
        this.policyAt = event.at
        this.rearrange(event.at)
        break
      default:
        this.schedules.apply(event)
    }
  }

  private setAdmits(admits: boolean, at: number): void {
    if (this.admits !== admits) this.admitsAt = at
    this.admits = admits
  }

  private setGate(scope: Scope, now: number): void {
    if (scope._tag === "Tag" || scope._tag === "Pool") this.rearrange(now)
    if (scope._tag !== "Location") return
    const gate = locationGate(scope.location)
    if (this.pauses.has(scope)) this.slots.close(gate)
    else this.slots.open(gate)
    this.waiting.setGate(gate)
  }

  /** New rules: everyone who waits stands anew, everyone who runs counts anew. Nothing that runs is revoked. */
  private rearrange(now: number): void {
    this.arrange(this.waiting.line, this.slots.runs(), now)
  }

  private arrange(line: Iterable<Run>, holders: Iterable<RunId>, now: number): void {
    this.limits = new Limits(this.policy, this.pauses.scopes)
    this.slots = new Slots()
    this.waiting = this.emptyWaiting()
    for (const run of line) this.waiting.add(this.run(run.id), now)
    for (const id of holders) {
      const run = this.run(id)
      const { slots, share } = this.needsOf(run)
      this.slots.take(id, slots)
      if (share) this.waiting.count(share, 1)
      for (const [pool, reserved] of Object.entries(run.reserved?.pools ?? {})) this.count(pool, reserved)
    }
    for (const [pool, claimed] of this.pools.claimed()) this.count(pool, claimed)
    for (const scope of this.pauses.scopes) if (scope._tag === "Location") this.setGate(scope, now)
    this.pools.loosen()
  }

  /**
   * A queue in the same state that goes its own way from here, for questions of what would be if. It knows of these runs
   * alone; all that hold slots must be among them.
   */
  copy(runs?: Iterable<Run>): RunQueue {
    return RunQueue.from(essence(this, runs), this.orders)
  }

  /** A run that is known to exist. */
  run(id: RunId): Run {
    const run = this.runs.get(id)
    if (!run) throw new Error(`no run ${id}`)
    return run
  }
}

const never = Number.POSITIVE_INFINITY

/**
 * What a queue with these contents is made from, as plain data; the queue may go on, this stays. Of these runs alone, where
 * others do not matter; all that hold slots must be among them.
 */
export const essence = (queue: RunQueue, runs: Iterable<Run> = queue.runs.values()) => ({
  position: queue.position,
  turn: queue.turn,
  epoch: queue.epoch,
  at: queue.at,
  admits: queue.admits,
  admitsAt: queue.admitsAt,
  policyNumber: queue.policyNumber,
  policyAt: queue.policyAt,
  policy: queue.policy,
  pauses: queue.pauses.all,
  /** The rates that still feel their last starts, each with when the next would be due. */
  rates: [...queue.rates.entries()],
  schedules: queue.schedules.all,
  keys: queue.keys.all,
  runs: [...runs],
  /** Those that hold slots, in the order in which they were admitted. */
  admitted: [...queue.slots.runs()]
})
export type Essence = ReturnType<typeof essence>

/** All that a queue knows, as plain data: two queues with the same contents go on alike. */
export const contents = (queue: RunQueue) => ({
  ...essence(queue),
  waiting: Array.from(queue.waiting.line, (run) => run.id),
  holders: Object.fromEntries(Array.from(queue.slots.entries(), ([limit, runs]) => [limit, [...runs]])),
  pools: Object.fromEntries(Array.from(queue.pools.claimed(), ([pool]) => [pool, queue.pools.of(pool)]))
})

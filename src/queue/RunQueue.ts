/**
 * All runs and the rules over them: the fold of the whole log.
 *
 * It is changed in place by its one owner and by nothing but `apply`, so that folding a million events leaves no
 * garbage behind. Who stands where, who holds what and what is due when is derived from the runs as they change.
 */
import { deadline } from "../run/deadline.ts"
import { isFinished, isHoldingSlot, isWaiting } from "../run/lifecycle.ts"
import type { Run } from "../run/Run.ts"
import type { RunId } from "../run/RunSpec.ts"
import type { QueueEvent } from "./Event.ts"
import { type Essence, essence, Facts } from "./Facts.ts"
import { Groups } from "./Groups.ts"
import { locationGate, poolName } from "./Limits.ts"
import { type Orders, orderOf } from "./order.ts"
import type { Policy } from "./Policy.ts"
import { Pools } from "./Pools.ts"
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

/** The state of the whole: every run, who waits in which place, who holds which slot, which rules are in force. */
export class RunQueue extends Facts {
  waiting: Waiting
  slots = new Slots()
  readonly pools = new Pools()
  readonly groups = new Groups()
  readonly deadlines = new SortedList<Due>((a, b) => a.at - b.at || a.run.order - b.run.order)
  /** The custom orders that a policy may name. */
  readonly orders: Orders

  /** The queue in which these facts hold; of an empty log, if there are none. */
  constructor(orders: Orders = {}, known?: Essence) {
    super(known)
    this.orders = orders
    this.waiting = this.emptyWaiting()
    if (known) this.arrangeAll()
  }

  private arrangeAll(): void {
    const line: Array<Run> = []
    for (const run of this.runs.values()) {
      this.groups.add(run)
      if (isFinished(run.state)) this.groups.finish(run)
      else this.setDeadline(undefined, run)
      if (isWaiting(run.state)) line.push(run)
      if (run.claims) this.pools.change(undefined, run)
    }
    this.arrange(line, this.at)
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

  protected override runChanged(before: Run | undefined, after: Run, at: number): void {
    if (!before) this.groups.add(after)
    else if (isFinished(after.state)) this.groups.finish(after)
    this.moveInLine(before, after, at)
    if (before) this.moveSlots(before, after)
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

  private moveSlots(before: Run, after: Run): void {
    const held = isHoldingSlot(before.state)
    const holds = isHoldingSlot(after.state)
    if (held === holds) return
    const share = this.limits.shareOf(after.spec)
    if (share) this.waiting.count(share, holds ? 1 : -1)
    if (holds) this.slots.take(after.id, this.needsOf(after).slots)
    else for (const { limit } of this.slots.release(after.id)) this.waiting.loosen(limit)
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
    // Among deadlines of one moment, the place in line decides: it may be another.
    if (was === is && before?.order === after.order) return
    if (before && was !== undefined) this.deadlines.remove({ at: was, run: before })
    if (is !== undefined) this.deadlines.add({ at: is, run: after })
  }

  protected override allChanged(event: QueueEvent): void {
    if (event.type === "PolicySet") this.rearrange(event.at)
    if (event.type === "AdmissionPaused" || event.type === "AdmissionResumed")
      this.setGate(event.data.scope, event.at)
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
    this.arrange(this.waiting.line, now)
  }

  private arrange(line: Iterable<Run>, now: number): void {
    this.slots = new Slots()
    this.waiting = this.emptyWaiting()
    for (const run of line) this.waiting.add(this.run(run.id), now)
    for (const id of this.admitted) {
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
    return new RunQueue(this.orders, essence(this, runs))
  }

  /** A run that is known to exist. */
  run(id: RunId): Run {
    const run = this.runs.get(id)
    if (!run) throw new Error(`no run ${id}`)
    return run
  }
}

const never = Number.POSITIVE_INFINITY

/** All that a queue knows, as plain data: two queues with the same contents go on alike. */
export const contents = (queue: RunQueue) => ({
  ...essence(queue),
  waiting: Array.from(queue.waiting.line, (run) => run.id),
  holders: Object.fromEntries(Array.from(queue.slots.entries(), ([limit, runs]) => [limit, [...runs]])),
  pools: Object.fromEntries(Array.from(queue.pools.claimed(), ([pool]) => [pool, queue.pools.of(pool)]))
})

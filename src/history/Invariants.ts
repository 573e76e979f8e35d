/**
 * Holds a log against its promises, event by event, without trusting what wrote it: states come from the chart, and
 * limits are counted anew from the runs in progress. Nothing of the queue's own book-keeping is used.
 */
import { type Event, isRunEvent, type QueueEvent } from "../queue/Event.ts"
import { includes } from "../queue/Limits.ts"
import { defaultPolicy, type Policy, poolLimit } from "../queue/Policy.ts"
import { type Scope, scopeName } from "../queue/Scope.ts"
import { bornIn, isHoldingSlot, next, type RunState } from "../run/lifecycle.ts"
import type { RunEvent } from "../run/RunEvent.ts"
import type { RunId, RunSpec } from "../run/RunSpec.ts"
import { limitsOver, type NamedRate, ratesOver } from "./limitsOver.ts"
import { RetryCount } from "./RetryCount.ts"
import { isScheduleEvent, ScheduleChain } from "./ScheduleChain.ts"

/**
 * - `position`: dense, from 1
 * - `time`: never falls
 * - `turn`: rises by one; all events of a turn are of one time and one epoch
 * - `epoch`: never falls
 * - `chart`: a fact befalls a run that is in a state for it; so a run ends at most once
 * - `attempt`: each admission begins the next one, and every other fact is of the current one
 * - `admission`: only by a coordinator that admits, not before the run's time, not while it is held or paused
 * - `limit`: no admission passes one that is in force
 * - `rate`: no more starts than a rate limit in force allows, in any stretch of time
 * - `slots`: an admission names the policy in force, and the slots that it says the run needs
 * - `policy`: numbered from 1, rising by one
 * - `claim`: no pool gives more slots than it has, and only to claims that were made
 * - `retry`: none more often than its rule allows, nor for another cause, nor sooner or later than it says
 * - `schedule`: each of its times is fired or skipped, once, in order, when it has come; what it fires is submitted
 */
export type Rule =
  | "position"
  | "time"
  | "turn"
  | "epoch"
  | "chart"
  | "attempt"
  | "admission"
  | "limit"
  | "rate"
  | "slots"
  | "policy"
  | "claim"
  | "retry"
  | "schedule"

/** A promise that the log breaks at an event. */
export interface Violation {
  readonly position: number
  readonly rule: Rule
  /** What is wrong, in words. */
  readonly issue: string
}

type Head = Pick<Event, "position" | "turn" | "at" | "epoch">

interface KnownClaim {
  readonly pool: string
  readonly slots: number
  granted: boolean
}

const claimKey = ({ step, pool }: { readonly step: string; readonly pool: string }): string =>
  JSON.stringify([step, pool])

interface Known {
  readonly spec: RunSpec
  state: RunState
  attempt: number
  notBefore: number
  held: boolean
  readonly claims: Map<string, KnownClaim>
  readonly retries: RetryCount
}

/** How much of a rate is used up: each start adds `periodMs`, each millisecond takes `limit` away. A leaky bucket. */
interface Bucket {
  readonly at: number
  readonly level: number
}

const levelAt = (bucket: Bucket | undefined, at: number, { limit }: NamedRate): number => {
  if (!bucket || (at - bucket.at) * limit >= bucket.level) return 0
  return bucket.level - (at - bucket.at) * limit
}

type Broken = Generator<readonly [Rule, string], void>

/** Takes a log's events in their order, from the first, and tells of each what it breaks. */
export class Invariants {
  private last: Head = { position: 0, turn: 0, at: 0, epoch: 0 }
  private admits = false
  private policy: Policy = defaultPolicy
  private policyNumber = 0
  private readonly paused = new Map<string, Scope>()
  private readonly runs = new Map<RunId, Known>()
  private readonly inProgress = new Set<Known>()
  private readonly buckets = new Map<string, Bucket>()
  private readonly schedules = new ScheduleChain()

  /** What this event breaks; empty if nothing. */
  take(event: Event): ReadonlyArray<Violation> {
    const broken = [...this.ofEnvelope(event), ...(isRunEvent(event) ? this.ofRun(event) : this.ofAll(event))]
    if (isRunEvent(event)) this.moveRun(event)
    else this.moveAll(event)
    this.last = event
    return broken.map(([rule, issue]) => ({ position: event.position, rule, issue }))
  }

  private *ofEnvelope({ position, turn, at, epoch }: Event): Broken {
    const { last } = this
    if (position !== last.position + 1) yield ["position", `follows position ${last.position}`]
    if (at < last.at) yield ["time", `is at ${at}, the event before it at ${last.at}`]
    if (epoch < last.epoch) yield ["epoch", `is of epoch ${epoch}, the event before it of ${last.epoch}`]
    if (turn !== last.turn && turn !== last.turn + 1)
      yield ["turn", `is of turn ${turn}, after turn ${last.turn}`]
    if (turn === last.turn && (at !== last.at || epoch !== last.epoch))
      yield ["turn", `is of another time or epoch than the event before it in turn ${turn}`]
    if (turn !== last.turn) yield* this.ofFired()
  }

  private *ofFired(): Broken {
    for (const run of this.schedules.awaited)
      yield ["schedule", `run ${run} was fired in the turn before, and not submitted`]
    this.schedules.awaited.clear()
  }

  private *ofRun(event: RunEvent): Broken {
    const run = this.runs.get(event.run)
    if (event.type === "RunSubmitted") {
      if (run) yield ["chart", `submits run ${event.run}, which is ${run.state}`]
      return
    }
    if (!run || next(run.state, event.type) === undefined) {
      yield ["chart", `${event.type} befalls run ${event.run}, which is ${run?.state ?? "unknown"}`]
      return
    }
    if (event.type === "RunAdmitted") yield* this.ofAdmission(run, event)
    else if (event.type === "RunResumed") yield* this.ofNext(run, event)
    else if ("attempt" in event.data && event.data.attempt !== run.attempt)
      yield ["attempt", `is of attempt ${event.data.attempt}; run ${event.run} is at attempt ${run.attempt}`]
    if (event.type === "SlotClaimed" || event.type === "SlotGranted") yield* this.ofClaim(run, event)
    if (event.type === "RunRequeued") for (const issue of run.retries.of(event)) yield ["retry", issue]
  }

  private *ofNext(
    { attempt }: Known,
    { run, data }: RunEvent & { type: "RunAdmitted" | "RunResumed" }
  ): Broken {
    if (data.attempt !== attempt + 1)
      yield ["attempt", `is attempt ${data.attempt} of run ${run}, after attempt ${attempt}`]
  }

  private *ofClaim(run: Known, event: RunEvent & { type: "SlotClaimed" | "SlotGranted" }): Broken {
    const { step, pool } = event.data
    const known = run.claims.get(claimKey(event.data))
    if (event.type === "SlotClaimed" && known) yield ["claim", `step ${step} claims pool ${pool} twice`]
    if (event.type === "SlotGranted" && (!known || known.granted))
      yield ["claim", `step ${step} is granted what it does not wait for`]
    const claim = event.type === "SlotClaimed" ? event.data : known
    if (!claim || (event.type === "SlotClaimed" && !event.data.granted)) return
    const limit = this.policy.pools?.granularity === "op" ? poolLimit(this.policy, claim.pool) : undefined
    const taken = this.granted(claim.pool)
    if (limit !== undefined && taken + claim.slots > limit)
      yield [
        "claim",
        `grants ${claim.slots} slots of pool ${claim.pool}, of which ${taken} of ${limit} are taken`
      ]
  }

  private granted(pool: string): number {
    let slots = 0
    for (const { claims } of this.inProgress)
      for (const claim of claims.values()) if (claim.granted && claim.pool === pool) slots += claim.slots
    return slots
  }

  private *ofAdmission(run: Known, event: RunEvent & { readonly type: "RunAdmitted" }): Broken {
    const { run: id, at, data } = event
    if (!this.admits) yield ["admission", `admits run ${id}, though no coordinator leads that admits`]
    if (at < run.notBefore) yield ["admission", `admits run ${id} at ${at}, before ${run.notBefore}`]
    if (run.held) yield ["admission", `admits run ${id}, which is held`]
    for (const scope of this.paused.values())
      if (includes(scope, run.spec))
        yield ["admission", `admits run ${id}, though ${scopeName(scope)} is paused`]
    yield* this.ofNext(run, event)
    if (data.policy !== this.policyNumber)
      yield ["slots", `names policy ${data.policy}; policy ${this.policyNumber} is in force`]
    const limits = limitsOver(this.policy, run.spec)
    const needed = limits.map(({ name }) => name)
    if (JSON.stringify(needed.toSorted()) !== JSON.stringify(data.slots.toSorted()))
      yield ["slots", `run ${id} takes ${data.slots.join(", ")}; it needs ${needed.join(", ")}`]
    const others = Array.from(this.inProgress, ({ spec }) => spec)
    for (const { name, size, taken } of limits) {
      const held = taken(others)
      if (held >= size)
        yield ["limit", `admits run ${id}, though ${held} of ${size} slots of ${name} are held`]
    }
    for (const rate of ratesOver(this.policy, run.spec)) {
      const level = levelAt(this.buckets.get(rate.name), at, rate)
      if (level > (rate.burst - 1) * rate.periodMs)
        yield ["rate", `admits run ${id} at ${at}, before ${rate.name} lets one more start`]
      this.buckets.set(rate.name, { at, level: level + rate.periodMs })
    }
  }

  private *ofAll(event: QueueEvent): Broken {
    if (event.type === "PolicySet" && event.data.number !== this.policyNumber + 1)
      yield ["policy", `sets policy ${event.data.number}, after policy ${this.policyNumber}`]
    if (isScheduleEvent(event))
      for (const issue of this.schedules.of(event, this.admits)) yield ["schedule", issue]
  }

  private moveRun(event: RunEvent): void {
    if (event.type === "RunSubmitted") {
      const { spec, retries } = event.data
      const known = { notBefore: spec.notBefore ?? 0, retries: new RetryCount(retries?.rules) }
      this.schedules.awaited.delete(event.run)
      this.runs.set(event.run, { spec, state: bornIn, attempt: 0, held: false, claims: new Map(), ...known })
      return
    }
    const run = this.runs.get(event.run)
    const state = run && next(run.state, event.type)
    if (!state) return
    run.state = state
    this.moveWith(run, event)
    if (isHoldingSlot(state)) this.inProgress.add(run)
    else this.inProgress.delete(run)
  }

  private moveWith(run: Known, event: RunEvent): void {
    switch (event.type) {
      case "RunAdmitted":
      case "RunResumed":
        run.attempt = event.data.attempt
        run.claims.clear()
        break
      case "RunRequeued":
        run.notBefore = event.data.notBefore
        run.retries.take(event)
        break
      case "RunHeld":
      case "RunReleased":
        run.held = event.type === "RunHeld"
        break
      case "SlotClaimed":
        run.claims.set(claimKey(event.data), { ...event.data })
        break
      case "SlotGranted": {
        const claim = run.claims.get(claimKey(event.data))
        if (claim) claim.granted = true
        break
      }
      case "SlotReleased":
        run.claims.delete(claimKey(event.data))
    }
  }

  private moveAll(event: QueueEvent): void {
    if (isScheduleEvent(event)) {
      this.schedules.move(event)
      return
    }
    switch (event.type) {
      case "PolicySet":
        this.policy = event.data.policy
        this.policyNumber = event.data.number
        break
      case "AdmissionPaused":
        this.paused.set(scopeName(event.data.scope), event.data.scope)
        break
      case "AdmissionResumed":
        this.paused.delete(scopeName(event.data.scope))
        break
      case "AuditKeySet":
        break
      default:
        this.admits = event.type === "CoordinatorStarted" && event.data.admits
    }
  }
}

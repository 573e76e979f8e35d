/**
 * Holds a log against its promises, event by event, without trusting what wrote it: states come from the chart, and
 * limits are counted anew from the tags of the runs in progress. Nothing of the queue's own book-keeping is used.
 */

import { type Event, isRunEvent, type QueueEvent } from "../queue/Event.ts"
import { defaultPolicy, type Policy, type TagLimit } from "../queue/Policy.ts"
import { limitName } from "../queue/Slots.ts"
import { bornIn, isHoldingSlot, next, type RunState } from "../run/lifecycle.ts"
import type { RunEvent } from "../run/RunEvent.ts"
import type { RunId } from "../run/RunSpec.ts"

/**
 * - `position`: dense, from 1
 * - `time`: never falls
 * - `turn`: rises by one; all events of a turn are of one time and one epoch
 * - `epoch`: never falls
 * - `chart`: a fact befalls a run that is in a state for it; so a run ends at most once
 * - `attempt`: each admission begins the next one, and every other fact is of the current one
 * - `admission`: only by a coordinator that admits, and not before the run's time
 * - `limit`: no admission passes one that is in force
 * - `slots`: an admission names the policy in force, and the slots that it says the run needs
 * - `policy`: numbered from 1, rising by one
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
  | "slots"
  | "policy"

/** A promise that the log breaks at an event. */
export interface Violation {
  readonly position: number
  readonly rule: Rule
  /** What is wrong, in words. */
  readonly issue: string
}

type Tags = Readonly<Record<string, string>>
type Head = Pick<Event, "position" | "turn" | "at" | "epoch">

interface Known {
  readonly tags: Tags
  state: RunState
  attempt: number
  notBefore: number
}

interface Limit {
  readonly name: string
  readonly size: number
  readonly covers: (tags: Tags) => boolean
}

const valueOf = (tags: Tags, key: string): string | undefined =>
  Object.hasOwn(tags, key) ? tags[key] : undefined

const sameForm = (a: TagLimit, b: TagLimit): boolean =>
  a.key === b.key && a.value === b.value && (a.each ?? false) === (b.each ?? false)

/** A limit as a run with these tags meets it; undefined if it does not. */
const meet = ({ key, value, each, limit: size }: TagLimit, tags: Tags): Limit | undefined => {
  const own = valueOf(tags, key)
  if (own === undefined || (value !== undefined && value !== own)) return undefined
  if (!each && value === undefined)
    return { name: limitName("tag", key), size, covers: (other) => valueOf(other, key) !== undefined }
  return {
    name: limitName(each ? "each" : "tag", key, own),
    size,
    covers: (other) => valueOf(other, key) === own
  }
}

/** The limits of a policy that a run with these tags falls under. Of limits of one form the last counts. */
export const limitsOver = (
  { mode, maxConcurrentRuns, tagLimits }: Policy,
  tags: Tags = {}
): ReadonlyArray<Limit> => {
  if (mode === "immediate") return []
  const counting = tagLimits.filter(
    (limit, at) => !tagLimits.slice(at + 1).some((later) => sameForm(limit, later))
  )
  const total =
    maxConcurrentRuns === null ? [] : [{ name: "runs", size: maxConcurrentRuns, covers: () => true }]
  return [...total, ...counting.flatMap((limit) => meet(limit, tags) ?? [])]
}

type Broken = Generator<readonly [Rule, string], void>

/** Takes a log's events in their order, from the first, and tells of each what it breaks. */
export class Invariants {
  private last: Head = { position: 0, turn: 0, at: 0, epoch: 0 }
  private admits = false
  private policy: Policy = defaultPolicy
  private policyNumber = 0
  private readonly runs = new Map<RunId, Known>()
  private readonly inProgress = new Set<Known>()

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
    else if ("attempt" in event.data && event.data.attempt !== run.attempt)
      yield ["attempt", `is of attempt ${event.data.attempt}; run ${event.run} is at attempt ${run.attempt}`]
  }

  private *ofAdmission(
    run: Known,
    { run: id, at, data }: RunEvent & { readonly type: "RunAdmitted" }
  ): Broken {
    if (!this.admits) yield ["admission", `admits run ${id}, though no coordinator leads that admits`]
    if (at < run.notBefore) yield ["admission", `admits run ${id} at ${at}, before ${run.notBefore}`]
    if (data.attempt !== run.attempt + 1)
      yield ["attempt", `is attempt ${data.attempt} of run ${id}, after attempt ${run.attempt}`]
    if (data.policy !== this.policyNumber)
      yield ["slots", `names policy ${data.policy}; policy ${this.policyNumber} is in force`]
    const limits = limitsOver(this.policy, run.tags)
    const needed = limits.map(({ name }) => name)
    if (JSON.stringify(needed.toSorted()) !== JSON.stringify(data.slots.toSorted()))
      yield ["slots", `run ${id} takes ${data.slots.join(", ")}; it needs ${needed.join(", ")}`]
    for (const { name, size, covers } of limits) {
      let held = 0
      for (const { tags } of this.inProgress) if (covers(tags)) held++
      if (held >= size)
        yield ["limit", `admits run ${id}, though ${held} of ${size} slots of ${name} are held`]
    }
  }

  private *ofAll(event: QueueEvent): Broken {
    if (event.type === "PolicySet" && event.data.number !== this.policyNumber + 1)
      yield ["policy", `sets policy ${event.data.number}, after policy ${this.policyNumber}`]
  }

  private moveRun(event: RunEvent): void {
    if (event.type === "RunSubmitted") {
      const { tags = {}, notBefore = 0 } = event.data.spec
      this.runs.set(event.run, { tags, state: bornIn, attempt: 0, notBefore })
      return
    }
    const run = this.runs.get(event.run)
    const state = run && next(run.state, event.type)
    if (!state) return
    run.state = state
    if (event.type === "RunAdmitted") run.attempt = event.data.attempt
    if (event.type === "RunRequeued") run.notBefore = event.data.notBefore
    if (isHoldingSlot(state)) this.inProgress.add(run)
    else this.inProgress.delete(run)
  }

  private moveAll(event: QueueEvent): void {
    if (event.type === "PolicySet") {
      this.policy = event.data.policy
      this.policyNumber = event.data.number
    } else this.admits = event.type === "CoordinatorStarted" && event.data.admits
  }
}

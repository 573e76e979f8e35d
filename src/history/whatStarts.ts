/**
 * The smallest changes that would start a waiting run at once: found by trying them, on a copy of what runs and what is ahead,
 * with the turn that decides in production. What is answered has been seen to work.
 */
import { type Obstacle, obstacles } from "../queue/obstacles.ts"
import type { ReasonCode } from "../queue/Reason.ts"
import type { RunQueue } from "../queue/RunQueue.ts"
import type { Slot } from "../queue/Slots.ts"
import { isWaiting } from "../run/lifecycle.ts"
import type { Run } from "../run/Run.ts"
import type { RunId } from "../run/RunSpec.ts"
import { settings } from "../settings.ts"
import { type Change, make } from "./Change.ts"
import { type Reduced, reducedCopy } from "./reducedCopy.ts"

/** Changes that start the run if all of them come about in one turn. */
export type Remedy = ReadonlyArray<Change>

/** What undoes each kind of obstacle by itself, whoever runs and whatever the limits. */
const undo: {
  readonly [T in ReasonCode]: (run: Run, found: Extract<Obstacle, { readonly _tag: T }>) => Remedy
} = {
  AdmissionClosed: () => [{ _tag: "CoordinatorAdmits" }],
  NotBefore: ({ notBefore }) => [{ _tag: "TimeComes", at: notBefore }],
  Held: () => [{ _tag: "Released" }],
  Paused: (_, { pause: { scope, until } }) =>
    until === undefined ? [{ _tag: "Resumed", scope }] : [{ _tag: "TimeComes", at: until }],
  LimitFull: () => [],
  PoolsFull: () => [],
  RateReached: (_, { at }) => [{ _tag: "TimeComes", at }],
  Reserved: () => [],
  Behind: () => []
}

/** What has to be in any case. Of moments the last one counts. */
const needed = (queue: RunQueue, run: Run, at: number): Remedy => {
  const all = Array.from(obstacles(queue, run, at)).flatMap((found) =>
    (undo[found._tag] as (run: Run, found: Obstacle) => Remedy)(run, found)
  )
  const moments = all.flatMap((change) => (change._tag === "TimeComes" ? [change.at] : []))
  const others = all.filter(({ _tag }) => _tag !== "TimeComes")
  const last = Math.max(at, ...moments)
  return last === at ? others : [...others, { _tag: "TimeComes", at: last }]
}

const fullSlots = (found: ReadonlyArray<Obstacle>): ReadonlyArray<Slot> =>
  found.flatMap((one) => {
    if (one._tag === "LimitFull") return [one.slot]
    return one._tag === "PoolsFull" ? one.slots : []
  })

const holds = (queue: RunQueue, id: RunId, { limit }: Slot): boolean => {
  const { reserved, claims = [] } = queue.run(id)
  const pools = [...Object.keys(reserved?.pools ?? {}), ...claims.map(({ pool }) => pool)]
  return queue.slots.holders(limit).has(id) || pools.some((pool) => limit === `pool:${pool}`)
}

/** Adds to changes what may take one more obstacle away; undefined where it cannot. */
type Step = (changes: Remedy, after: RunQueue, found: ReadonlyArray<Obstacle>) => Remedy | undefined

/** One more of those that run now ends: the one that holds most of what is full, of these the one that began first. */
const oneMoreEnds =
  (queue: RunQueue): Step =>
  (changes, _, found) => {
    const full = fullSlots(found).filter(({ size }) => size > 0)
    const ending = new Set(changes.flatMap((change) => (change._tag === "RunEnds" ? [change.run] : [])))
    let best: RunId | undefined
    let most = 0
    for (const id of queue.slots.runs()) {
      const held = ending.has(id) ? 0 : full.filter((slot) => holds(queue, id, slot)).length
      if (held > most) [best, most] = [id, held]
    }
    return best === undefined ? undefined : [...changes, { _tag: "RunEnds", run: best }]
  }

/** Every limit that is full has one slot more than are taken; of pools, one of them. */
const limitsGrow =
  (queue: RunQueue, run: Run): Step =>
  (changes, after, found) => {
    const full = found.flatMap((one) => fullSlots([one]).slice(0, 1))
    const grown = full.map(({ limit }) => ({
      _tag: "LimitIs" as const,
      limit,
      size: after.slots.taken(limit) + 1
    }))
    if (grown.some(({ limit, size }) => !queue.policyWith(queue.policy, run, limit, size))) return undefined
    const isOther = (change: Change) =>
      change._tag !== "LimitIs" || !grown.some(({ limit }) => limit === change.limit)
    return grown.length === 0 ? undefined : [...changes.filter(isOther), ...grown]
  }

/** Tries changes, each time on another copy. */
class Trial {
  private readonly copy: RunQueue
  private readonly isWhole: boolean
  private readonly run: RunId
  private readonly at: number

  constructor({ copy, isWhole }: Reduced, run: RunId, at: number) {
    this.copy = copy
    this.isWhole = isWhole
    this.run = run
    this.at = at
  }

  /** The queue after the changes; undefined if the run starts by them. */
  private after(changes: Remedy): RunQueue | undefined {
    const after = this.copy.copy()
    const { events } = make(after, this.run, changes, this.at)
    return events.some(({ type, run }) => type === "RunAdmitted" && run === this.run) ? undefined : after
  }

  /** Goes on step by step until the run starts; undefined where that takes too much, or cannot be. */
  search(start: Remedy, step: Step): Remedy | undefined {
    let changes: Remedy | undefined = start
    for (let tries = 0; changes && tries <= settings.changesTriedMax; tries++) {
      const after = this.after(changes)
      if (!after) return this.prune(changes)
      const as = after.run(this.run)
      if (!isWaiting(as.state)) return undefined
      changes = step(changes, after, Array.from(obstacles(after, as, after.at)))
    }
    return undefined
  }

  /** Leaves out what turns out not to be needed. */
  private prune(changes: Remedy): Remedy {
    for (const one of changes) {
      // Those ahead of it are not all there to go before it.
      if (one._tag === "MovedToTop" && !this.isWhole) continue
      const rest = changes.filter((other) => other !== one)
      if (!this.after(rest)) return this.prune(rest)
    }
    return changes
  }
}

/** Changes that would start the run at the time `now`, the smallest first; each alternative with all that it takes. */
export const whatStarts = (queue: RunQueue, id: RunId, now: number): ReadonlyArray<Remedy> => {
  const run = queue.runs.get(id)
  if (!run || !isWaiting(run.state)) return []
  const at = Math.max(now, queue.at)
  const first = needed(queue, run, at)
  const reduced = reducedCopy(queue, run, settings.aheadTriedMax)
  const trial = new Trial(reduced, id, at)
  const found = [oneMoreEnds(queue), limitsGrow(queue, run)].flatMap((step): ReadonlyArray<Remedy> => {
    const inPlace = reduced.isWhole ? trial.search(first, step) : undefined
    if (inPlace && inPlace.length <= first.length + 1) return [inPlace]
    const atTop = trial.search([...first, { _tag: "MovedToTop" }], step)
    const isWorthIt = atTop && (!inPlace || atTop.length < inPlace.length)
    return [...(inPlace ? [inPlace] : []), ...(isWorthIt ? [atTop] : [])]
  })
  // Nothing has to change where the next turn starts it anyway.
  return unique(found.filter(({ length }) => length > 0).sort((a, b) => a.length - b.length))
}

const unique = (remedies: ReadonlyArray<Remedy>): ReadonlyArray<Remedy> => [
  ...new Map(remedies.map((one) => [JSON.stringify(one), one])).values()
]

/**
 * Who could start next. Waiting runs that need the same stand in one lane, in order, since what blocks one of them
 * blocks them all. A blocked lane is parked at what blocks it and is not looked at again until that may be over: a freed
 * slot costs the same with a hundred or a million runs waiting. Idea: the watched literals of SAT solvers.
 */
import type { Run } from "../run/Run.ts"
import type { RunId } from "../run/RunSpec.ts"
import type { Block } from "./Block.ts"
import { Dictionary } from "./Dictionary.ts"
import { totalLimit } from "./Limits.ts"
import type { RunOrder } from "./order.ts"
import { compareLanes, type Lane, Place, type Ranking } from "./Place.ts"
import { Places } from "./Places.ts"
import type { Rate, Rates } from "./Rates.ts"
import { type Reservation, spareSlots, spareStarts } from "./Reservation.ts"
import { Sequences } from "./Sequences.ts"
import type { Share, Shares } from "./Shares.ts"
import type { Needs, Slot, Slots } from "./Slots.ts"
import { SortedList } from "./SortedList.ts"

/** What there is to be had, and what is gone of it. */
export interface Room {
  readonly slots: Slots
  readonly rates: Rates
  readonly shares: Shares
}

/** How many are ahead; `more` where not all were counted. */
export interface Ahead {
  readonly ahead: number
  readonly more?: true
}

/** Of all that stand in line, in their order; it holds nobody back. */
const front = "front"

export class Lanes {
  private readonly ranking: Ranking
  private readonly room: Room
  private readonly reserveAfterMs: number | undefined
  private readonly lanes = new Map<string, Lane>()
  private readonly dictionary = new Dictionary()
  private readonly laneOf = new Map<RunId, Lane>()
  /** The lanes whose runs need a slot of each limit, but for the limit that all runs fall under. */
  private readonly lanesAt = new Map<string, Set<Lane>>()
  /** Lanes that nothing is known to block. */
  private readonly open: Place
  private readonly places: Places
  private readonly sequences: Sequences
  /** Whether it matters who stands in line. */
  private isSequenced: boolean
  /** For whom slots were kept when it was last asked who is next. */
  private kept: Reservation | undefined
  /** When rates let that one start, if nothing else blocks it. */
  private keptUntil: number | undefined

  constructor(order: RunOrder, room: Room, reserveAfterMs: number | undefined) {
    this.ranking = { order, shares: room.shares, contended: new Map() }
    this.room = room
    this.reserveAfterMs = reserveAfterMs
    this.sequences = new Sequences(order)
    this.isSequenced = reserveAfterMs !== undefined
    this.open = new Place("", this.ranking)
    this.places = new Places(this.ranking)
  }

  add(run: Run, needs: Needs): void {
    const key = this.dictionary.nameOf(needs)
    const lane = this.lanes.get(key)
    if (lane) {
      lane.runs.add(run)
      this.laneOf.set(run.id, lane)
      if (lane.runs.first === run) this.setHead(lane, run)
    } else {
      const runs = new SortedList<Run>(this.ranking.order)
      runs.add(run)
      if (needs.inOrder.length > 0) this.isSequenced = true
      const stands = this.room.slots.canBeMet(needs)
      const held = this.dictionary.hold(needs)
      const fresh: Lane = { key, needs: held, runs, head: run, place: this.open, stands }
      this.open.add(fresh)
      this.lanes.set(key, fresh)
      this.index(fresh)
      this.laneOf.set(run.id, fresh)
      this.enter(fresh)
    }
  }

  private index(lane: Lane): void {
    for (const { limit } of lane.needs.slots) {
      if (limit === totalLimit) continue
      const lanes = this.lanesAt.get(limit)
      if (lanes) lanes.add(lane)
      else this.lanesAt.set(limit, new Set([lane]))
    }
  }

  private forget(lane: Lane): void {
    for (const { limit } of lane.needs.slots) {
      const lanes = this.lanesAt.get(limit)
      lanes?.delete(lane)
      if (lanes?.size === 0) this.lanesAt.delete(limit)
    }
  }

  /** Takes the run out; false if it was not in. */
  remove(run: Run): boolean {
    const lane = this.laneOf.get(run.id)
    if (!lane) return false
    this.laneOf.delete(run.id)
    lane.runs.remove(run)
    if (lane.head.id === run.id) this.setHead(lane, lane.runs.first)
    return true
  }

  private setHead(lane: Lane, head: Run | undefined): void {
    this.leave(lane)
    lane.place.remove(lane)
    if (head) {
      lane.head = head
      lane.place.add(lane)
      this.enter(lane)
    } else {
      this.lanes.delete(lane.key)
      this.forget(lane)
      this.dictionary.release(lane.needs)
      this.places.tidy(lane.place)
      this.freeFirst(lane)
    }
  }

  private namesOf({ needs, stands }: Lane): ReadonlyArray<string> {
    if (!stands) return []
    return this.reserveAfterMs === undefined ? needs.inOrder : [...needs.inOrder, front]
  }

  private enter(lane: Lane): void {
    for (const name of this.namesOf(lane)) this.sequences.add(name, lane)
    this.freeFirst(lane)
  }

  private leave(lane: Lane): void {
    for (const name of this.namesOf(lane)) this.sequences.remove(name, lane)
  }

  /** Whoever is first now of a sequence of this lane is behind nobody there. */
  private freeFirst({ needs }: Lane): void {
    for (const name of needs.inOrder) {
      const first = this.sequences.first(name)
      if (first?.place.block?._tag === "Behind") this.move(first, this.open)
    }
  }

  private move(lane: Lane, to: Place): void {
    const from = lane.place
    from.remove(lane)
    this.places.tidy(from)
    lane.place = to
    to.add(lane)
  }

  private park(lane: Lane, block: Block): void {
    const place = this.places.at(block)
    this.move(lane, place)
    this.setTimer(place)
  }

  private setTimer(place: Place): void {
    if (place.block?._tag === "Rate") this.places.wake(place, this.readyAt(place.block.rate))
  }

  /** The limit may have room again: look again at the lanes that are parked for it. */
  loosen(limit: string): void {
    this.places.loosen(limit)
  }

  /** A gate was opened or closed: lanes behind it stand in line again, or no more. */
  setGate(gate: string): void {
    for (const lane of this.isSequenced ? this.lanes.values() : []) {
      if (!lane.needs.gates.some(({ limit }) => limit === gate)) continue
      this.leave(lane)
      lane.stands = this.room.slots.canBeMet(lane.needs)
      this.enter(lane)
      if (lane.place.block?._tag === "Behind") this.move(lane, this.open)
    }
    this.loosen(gate)
  }

  /** So many more runs of a share are in progress, or fewer. */
  count(share: Share, by: number): void {
    const places = [...(this.ranking.contended.get(share.of) ?? [])]
    for (const place of places) place.suspend(share.of)
    this.room.shares.count(share, by)
    for (const place of places) place.resume(share.of)
  }

  /** When a rate lets one start again that waits for it. */
  get wakesAt(): number | undefined {
    const [kept, parked] = [this.keptUntil, this.places.wakesAt]
    return kept !== undefined && (parked === undefined || kept < parked) ? kept : parked
  }

  /** The first in line, if it has waited so long that what it needs is kept for it. */
  keptFor(now: number): Reservation | undefined {
    const lane = this.sequences.first(front)
    if (!lane || this.reserveAfterMs === undefined) return undefined
    const { head: run, needs } = lane
    const since = Math.max(run.since, run.notBefore)
    return since + this.reserveAfterMs <= now ? { run, needs } : undefined
  }

  /** Settles for whom slots are kept now; answers it if it can start. */
  private keep(now: number): Run | undefined {
    const was = this.kept
    const is = this.keptFor(now)
    if (was && was.run !== is?.run)
      for (const { limit } of [...was.needs.slots, ...was.needs.rates]) this.loosen(limit)
    this.kept = is
    this.keptUntil = undefined
    if (!is || this.room.slots.blocking(is.needs)) return undefined
    const readyAt = Math.max(0, ...is.needs.rates.map((rate) => this.room.rates.readyAt(rate)))
    if (readyAt <= now) return is.run
    this.keptUntil = readyAt
    return undefined
  }

  /** The first run in order that has what it needs. Parks the blocked lanes that it meets. */
  next(now: number): Run | undefined {
    const kept = this.keep(now)
    if (kept) return kept
    this.places.wakeAll(now)
    for (let lane = this.best(now); lane; lane = this.best(now)) {
      const block = this.blockOf(lane, now)
      if (!block) return lane.head
      this.park(lane, block)
    }
    return undefined
  }

  private best(now: number): Lane | undefined {
    let best = this.open.first
    for (const place of this.places.loose) {
      const lane = place.first
      if (!lane || this.isShut(place, now)) {
        this.places.loose.delete(place)
        this.setTimer(place)
      } else if (!best || compareLanes(this.ranking, lane, best) < 0) best = lane
    }
    return best
  }

  private isShut({ block }: Place, now: number): boolean {
    if (block?._tag === "Full")
      return block.slots.every((slot) => this.room.slots.isFull(slot, this.spare(slot)))
    return block?._tag === "Rate" ? this.readyAt(block.rate) > now : true
  }

  private blockOf({ needs, head, stands }: Lane, now: number): Block | undefined {
    const sequence = stands ? this.sequenceAhead(head, needs) : undefined
    if (sequence !== undefined) return { _tag: "Behind", sequence }
    const slots = this.room.slots.blocking(needs, (slot) => this.spare(slot))
    if (slots) return { _tag: "Full", slots }
    const rate = needs.rates.find((one) => this.readyAt(one) > now)
    return rate && { _tag: "Rate", rate }
  }

  private sequenceAhead(run: Run, { inOrder }: Needs): string | undefined {
    return inOrder.find((name) => this.sequences.first(name)?.head.id !== run.id)
  }

  private readyAt(rate: Rate): number {
    return this.room.rates.readyAt(rate, spareStarts(this.kept, rate))
  }

  private spare(slot: Slot): number {
    return spareSlots(this.kept, slot, this.room.slots)
  }

  /** Of the sequences of a waiting run the first in which another goes before it, and that one. */
  ahead(run: Run): { readonly sequence: string; readonly run: RunId } | undefined {
    const lane = this.laneOf.get(run.id)
    const sequence = lane?.stands ? this.sequenceAhead(run, lane.needs) : undefined
    const first = sequence === undefined ? undefined : this.sequences.first(sequence)
    return sequence !== undefined && first ? { sequence, run: first.head.id } : undefined
  }

  /** How many runs before this one in order need a slot of this limit too; of so many lanes at most. */
  aheadAt(run: Run, limit: string, lanesMax: number): Ahead {
    const lanes = this.lanesAt.get(limit) ?? new Set()
    let ahead = 0
    let looked = 0
    for (const lane of lanes) {
      if (looked++ === lanesMax) return { ahead, more: true }
      ahead += lane.runs.rank(run)
    }
    return { ahead }
  }
}

/**
 * Who could start next. Waiting runs that need the same slots stand in one lane, in order, since what blocks one
 * of them blocks them all. A blocked lane is parked at a limit that blocks it and is not looked at again until
 * that limit has room: a freed slot costs the same with a hundred or a million runs waiting. Idea: the watched
 * literals of SAT solvers.
 */
import type { Run } from "../run/Run.ts"
import type { RunId } from "../run/RunSpec.ts"
import type { RunOrder } from "./order.ts"
import type { Slot, Slots } from "./Slots.ts"
import { SortedList } from "./SortedList.ts"

interface Lane {
  readonly key: string
  readonly slots: ReadonlyArray<Slot>
  readonly runs: SortedList<Run>
  /** The run at its front; lanes stand in the order of these. */
  head: Run
  place: Place
}

/** Where lanes stand: in the open, or parked at the limit that `slot` is of. */
interface Place {
  readonly slot?: Slot
  readonly lanes: SortedList<Lane>
}

export class Lanes {
  private readonly order: RunOrder
  private readonly lanes = new Map<string, Lane>()
  private readonly laneOf = new Map<RunId, Lane>()
  /** Lanes that nothing is known to block. */
  private readonly open: Place
  private readonly parked = new Map<string, Place>()
  /** Limits with lanes parked at them that may have room again. */
  private readonly loose = new Set<string>()

  constructor(order: RunOrder) {
    this.order = order
    this.open = { lanes: this.laneList() }
  }

  private laneList(): SortedList<Lane> {
    return new SortedList((a, b) => this.order(a.head, b.head))
  }

  add(run: Run, slots: ReadonlyArray<Slot>): void {
    const key = JSON.stringify(slots.map((slot) => slot.limit))
    const lane = this.lanes.get(key)
    if (lane) {
      lane.runs.add(run)
      this.laneOf.set(run.id, lane)
      this.placeByHead(lane)
    } else {
      const runs = new SortedList<Run>(this.order)
      runs.add(run)
      const fresh: Lane = { key, slots, runs, head: run, place: this.open }
      this.open.lanes.add(fresh)
      this.lanes.set(key, fresh)
      this.laneOf.set(run.id, fresh)
    }
  }

  /** Takes the run out; false if it was not in. */
  remove(run: Run): boolean {
    const lane = this.laneOf.get(run.id)
    if (!lane) return false
    this.laneOf.delete(run.id)
    lane.runs.remove(run)
    this.placeByHead(lane)
    return true
  }

  private placeByHead(lane: Lane): void {
    const head = lane.runs.first
    if (head === lane.head) return
    lane.place.lanes.remove(lane)
    if (head) {
      lane.head = head
      lane.place.lanes.add(lane)
    } else {
      this.lanes.delete(lane.key)
      this.tidy(lane.place)
    }
  }

  private park(lane: Lane, slot: Slot): void {
    const place = this.parked.get(slot.limit) ?? { slot, lanes: this.laneList() }
    this.parked.set(slot.limit, place)
    lane.place.lanes.remove(lane)
    this.tidy(lane.place)
    lane.place = place
    place.lanes.add(lane)
  }

  /** A limit at which no lane is parked is forgotten. */
  private tidy({ slot, lanes }: Place): void {
    if (!slot || lanes.size > 0) return
    this.parked.delete(slot.limit)
    this.loose.delete(slot.limit)
  }

  /** Slots of this limit have been given back: look again at the lanes that are parked there. */
  loosen(limit: string): void {
    if (this.parked.has(limit)) this.loose.add(limit)
  }

  /** The first run in order that has room under all its limits. Parks the blocked lanes that it meets. */
  next(slots: Slots): Run | undefined {
    for (let lane = this.best(slots); lane; lane = this.best(slots)) {
      const full = slots.firstFull(lane.slots)
      if (!full) return lane.head
      this.park(lane, full)
    }
    return undefined
  }

  private best(slots: Slots): Lane | undefined {
    let best = this.open.lanes.first
    for (const limit of this.loose) {
      const place = this.parked.get(limit)
      const lane = place?.lanes.first
      if (!place?.slot || !lane || slots.isFull(place.slot)) this.loose.delete(limit)
      else if (!best || this.order(lane.head, best.head) < 0) best = lane
    }
    return best
  }

  /** How many runs before this one in order need a slot of this limit too. */
  aheadAt(run: Run, limit: string): number {
    let ahead = 0
    for (const lane of this.lanes.values()) {
      if (lane.slots.some((slot) => slot.limit === limit)) ahead += lane.runs.rank(run)
    }
    return ahead
  }
}

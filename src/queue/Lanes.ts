/**
 * Who could start next. Waiting runs that need the same slots stand in one lane, in order, since what blocks one
 * of them blocks them all. A blocked lane is parked at a limit that blocks it and is not looked at again until
 * that limit has room: a freed slot costs the same with a hundred or a million runs waiting. Idea: the watched
 * literals of SAT solvers.
 */
import type { Run } from "../run/Run.ts"
import type { RunId } from "../run/RunSpec.ts"
import { totalLimit } from "./Limits.ts"
import type { RunOrder } from "./order.ts"
import type { Needs, Slot, Slots } from "./Slots.ts"
import { SortedList } from "./SortedList.ts"

interface Lane {
  readonly key: string
  readonly needs: Needs
  readonly runs: SortedList<Run>
  /** The run at its front; lanes stand in the order of these. */
  head: Run
  place: Place
}

/** Where lanes stand: in the open, or parked while all of these slots are full. */
interface Place {
  readonly key: string
  readonly full: ReadonlyArray<Slot>
  readonly lanes: SortedList<Lane>
}

/** How many are ahead; `more` where not all were counted. */
export interface Ahead {
  readonly ahead: number
  readonly more?: true
}

const nameOf = ({ limit, unit }: Slot): string => (unit === undefined ? limit : JSON.stringify([limit, unit]))

const placeKey = (full: ReadonlyArray<Slot>): string =>
  full.length === 1 ? nameOf(full[0] as Slot) : JSON.stringify(full.map(nameOf))

const laneKey = ({ slots, gates, anyOf }: Needs): string =>
  JSON.stringify(
    gates.length + anyOf.length === 0
      ? slots.map(nameOf)
      : [slots.map(nameOf), gates.map(nameOf), anyOf.map(nameOf)]
  )

export class Lanes {
  private readonly order: RunOrder
  private readonly lanes = new Map<string, Lane>()
  private readonly laneOf = new Map<RunId, Lane>()
  /** Lanes that nothing is known to block. */
  private readonly open: Place
  private readonly parked = new Map<string, Place>()
  /** The parked places that wait for each limit. */
  private readonly placesOf = new Map<string, Set<Place>>()
  /** The lanes whose runs need a slot of each limit, but for the limit that all runs fall under. */
  private readonly lanesAt = new Map<string, Set<Lane>>()
  /** Places whose slots may have room again. */
  private readonly loose = new Set<Place>()

  constructor(order: RunOrder) {
    this.order = order
    this.open = { key: "", full: [], lanes: this.laneList() }
  }

  private laneList(): SortedList<Lane> {
    return new SortedList((a, b) => this.order(a.head, b.head))
  }

  add(run: Run, needs: Needs): void {
    const key = laneKey(needs)
    const lane = this.lanes.get(key)
    if (lane) {
      lane.runs.add(run)
      this.laneOf.set(run.id, lane)
      this.placeByHead(lane)
    } else {
      const runs = new SortedList<Run>(this.order)
      runs.add(run)
      const fresh: Lane = { key, needs, runs, head: run, place: this.open }
      this.open.lanes.add(fresh)
      this.lanes.set(key, fresh)
      this.index(fresh)
      this.laneOf.set(run.id, fresh)
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
      this.forget(lane)
      this.tidy(lane.place)
    }
  }

  private park(lane: Lane, full: ReadonlyArray<Slot>): void {
    const place = this.placeFor(full)
    lane.place.lanes.remove(lane)
    this.tidy(lane.place)
    lane.place = place
    place.lanes.add(lane)
  }

  private placeFor(full: ReadonlyArray<Slot>): Place {
    const key = placeKey(full)
    const known = this.parked.get(key)
    if (known) return known
    const place: Place = { key, full, lanes: this.laneList() }
    this.parked.set(key, place)
    for (const { limit } of full) {
      const places = this.placesOf.get(limit)
      if (places) places.add(place)
      else this.placesOf.set(limit, new Set([place]))
    }
    return place
  }

  /** A place at which no lane is parked is forgotten. */
  private tidy(place: Place): void {
    if (place === this.open || place.lanes.size > 0) return
    this.parked.delete(place.key)
    this.loose.delete(place)
    for (const { limit } of place.full) {
      const places = this.placesOf.get(limit)
      places?.delete(place)
      if (places?.size === 0) this.placesOf.delete(limit)
    }
  }

  /** The limit may have room again: look again at the lanes that are parked for it. */
  loosen(limit: string): void {
    for (const place of this.placesOf.get(limit) ?? []) this.loose.add(place)
  }

  /** The first run in order that has what it needs. Parks the blocked lanes that it meets. */
  next(slots: Slots): Run | undefined {
    for (let lane = this.best(slots); lane; lane = this.best(slots)) {
      const full = slots.blocking(lane.needs)
      if (!full) return lane.head
      this.park(lane, full)
    }
    return undefined
  }

  private best(slots: Slots): Lane | undefined {
    let best = this.open.lanes.first
    for (const place of this.loose) {
      const lane = place.lanes.first
      if (!lane || place.full.every((slot) => slots.isFull(slot))) this.loose.delete(place)
      else if (!best || this.order(lane.head, best.head) < 0) best = lane
    }
    return best
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

/**
 * The places at which blocked lanes are parked, by what they wait for, and those that are to be looked at again: since
 * a limit may have room, or since a rate lets one start at a known time.
 */
import { type Block, blockName, limitsIn } from "./Block.ts"
import { Place, type Ranking } from "./Place.ts"
import { SortedList } from "./SortedList.ts"

export class Places {
  /** Places whose lanes may be free again. */
  readonly loose = new Set<Place>()
  private readonly ranking: Ranking
  private readonly byName = new Map<string, Place>()
  /** The places that wait for each limit. */
  private readonly byLimit = new Map<string, Set<Place>>()
  /** Those that wait for a known time, the soonest first. */
  private readonly timed = new SortedList<Place>(
    (a, b) => (a.wakesAt ?? 0) - (b.wakesAt ?? 0) || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)
  )

  constructor(ranking: Ranking) {
    this.ranking = ranking
  }

  /** The place of those that are blocked by this. */
  at(block: Block): Place {
    const key = blockName(block)
    const known = this.byName.get(key)
    if (known) return known
    const place = new Place(key, this.ranking, block)
    this.byName.set(key, place)
    for (const limit of limitsIn(block)) {
      const places = this.byLimit.get(limit)
      if (places) places.add(place)
      else this.byLimit.set(limit, new Set([place]))
    }
    return place
  }

  /** A place at which no lane is parked is forgotten. */
  tidy(place: Place): void {
    if (!place.block || !place.isEmpty) return
    this.byName.delete(place.key)
    this.loose.delete(place)
    this.wake(place, undefined)
    for (const limit of limitsIn(place.block)) {
      const places = this.byLimit.get(limit)
      places?.delete(place)
      if (places?.size === 0) this.byLimit.delete(limit)
    }
  }

  /** The limit may have room again: look again at the lanes that are parked for it. */
  loosen(limit: string): void {
    for (const place of this.byLimit.get(limit) ?? []) this.loose.add(place)
  }

  /** Looks again at a place at that time; at none, if it is infinite or left out. */
  wake(place: Place, at: number | undefined): void {
    if (place.wakesAt !== undefined) this.timed.remove(place)
    place.wakesAt = at === Number.POSITIVE_INFINITY ? undefined : at
    if (place.wakesAt !== undefined) this.timed.add(place)
  }

  /** When the next place is to be looked at again. */
  get wakesAt(): number | undefined {
    return this.timed.first?.wakesAt
  }

  /** Loosens those whose time has come. */
  wakeAll(now: number): void {
    for (let place = this.timed.first; place && (place.wakesAt ?? 0) <= now; place = this.timed.first) {
      this.wake(place, undefined)
      this.loose.add(place)
    }
  }
}

/**
 * Who holds which slots. A run takes what it needs when it is admitted, all together or none, and gives it back when it
 * has ended.
 */
import type { RunId } from "../run/RunSpec.ts"
import type { Rate } from "./Rates.ts"
import type { Share } from "./Shares.ts"

/** One slot of a limit, as a run needs it. */
export interface Slot {
  /** `runs`, `tag:KEY`, `tag:KEY=VALUE`, `each:KEY=VALUE`, `distinct:KEY`, `pool:POOL` or `key:KEY`. */
  readonly limit: string
  /** How many slots that limit has. */
  readonly size: number
  /** Where not the runs are counted but their values: the run's own. Runs of one value share a slot. */
  readonly unit?: string
}

/** What a run needs in order to start. */
export interface Needs {
  /** One slot of each, all together or none. */
  readonly slots: ReadonlyArray<Slot>
  /** Closed while what they stand for is paused; they take no slots. */
  readonly gates: ReadonlyArray<Slot>
  /** If there are any, one of them must have room. */
  readonly anyOf: ReadonlyArray<Slot>
  /** Pool slots that are counted as taken until its steps have made their claims. */
  readonly reserves: Readonly<Record<string, number>> | undefined
  /** Each must let one more start. */
  readonly rates: ReadonlyArray<Rate>
  /** Of each of these it must be the first that waits. */
  readonly inOrder: ReadonlyArray<string>
  /** The value that it counts for, where values share what there is. */
  readonly share: Share | undefined
}

const none = () => 0

const nobody: ReadonlySet<RunId> = new Set()

/** How many runs there are of each value. */
type Units = Map<string, number>

/** Who holds what. Limits that nobody holds take no room. */
export class Slots {
  private readonly held = new Map<string, Set<RunId>>()
  private readonly units = new Map<string, Units>()
  private readonly byRun = new Map<RunId, ReadonlyArray<Slot>>()
  /** Slots that no run holds and that count as taken all the same: reservations and claims on pools. */
  private readonly counted = new Map<string, number>()
  /** Gates that are closed. */
  private readonly closed = new Set<string>()

  /** The runs that hold a slot of the limit, in the order in which they took it. */
  holders(limit: string): ReadonlySet<RunId> {
    return this.held.get(limit) ?? nobody
  }

  /** How many slots of the limit are taken. */
  taken(limit: string): number {
    return (this.units.get(limit)?.size ?? this.holders(limit).size) + (this.counted.get(limit) ?? 0)
  }

  /** Whether runs of this value hold a slot of the limit together, so that one more takes none. */
  shares({ limit, unit }: Slot): boolean {
    return unit !== undefined && this.units.get(limit)?.has(unit) === true
  }

  /** How many slots of the limit are taken once this one is. */
  takenWith(slot: Slot): number {
    return this.taken(slot.limit) + (this.shares(slot) ? 0 : 1)
  }

  /** Whether there is no slot left, if `spare` of them are kept for others. */
  isFull(slot: Slot, spare = 0): boolean {
    const { limit, size } = slot
    if (size > 0 && this.shares(slot)) return false
    return this.taken(limit) + spare >= size || (this.closed.size > 0 && this.closed.has(limit))
  }

  /** What keeps a run that needs this from starting: as long as all of these are full, it cannot. */
  blocking(
    { slots, gates, anyOf }: Needs,
    spare: (slot: Slot) => number = none
  ): ReadonlyArray<Slot> | undefined {
    for (const slot of slots) if (this.isFull(slot, spare(slot))) return [slot]
    for (const gate of gates) if (this.isFull(gate)) return [gate]
    return anyOf.length > 0 && anyOf.every((slot) => this.isFull(slot)) ? anyOf : undefined
  }

  /** Whether this can start once others have ended: nothing that it needs is paused, or has no slots at all. */
  canBeMet({ slots, gates, anyOf }: Needs): boolean {
    const isNone = ({ size }: Slot) => size === 0
    if (slots.some(isNone) || (anyOf.length > 0 && anyOf.every(isNone))) return false
    return gates.every(({ limit, size }) => size > 0 && !this.closed.has(limit))
  }

  take(run: RunId, slots: ReadonlyArray<Slot>): void {
    this.byRun.set(run, slots)
    for (const { limit, unit } of slots) {
      const holders = this.held.get(limit)
      if (holders) holders.add(run)
      else this.held.set(limit, new Set([run]))
      if (unit !== undefined) this.countUnit(limit, unit, 1)
    }
  }

  /** Gives back what the run holds; answers what that was. */
  release(run: RunId): ReadonlyArray<Slot> {
    const slots = this.byRun.get(run) ?? []
    this.byRun.delete(run)
    for (const { limit, unit } of slots) {
      const holders = this.held.get(limit)
      holders?.delete(run)
      if (holders?.size === 0) this.held.delete(limit)
      if (unit !== undefined) this.countUnit(limit, unit, -1)
    }
    return slots
  }

  private countUnit(limit: string, unit: string, by: number): void {
    const units: Units = this.units.get(limit) ?? new Map()
    const count = (units.get(unit) ?? 0) + by
    if (count > 0) units.set(unit, count)
    else units.delete(unit)
    if (units.size > 0) this.units.set(limit, units)
    else this.units.delete(limit)
  }

  /** Counts so many more slots of a limit as taken, or fewer. */
  count(limit: string, by: number): void {
    const count = (this.counted.get(limit) ?? 0) + by
    if (count === 0) this.counted.delete(limit)
    else this.counted.set(limit, count)
  }

  /** Closes a gate. */
  close(gate: string): void {
    this.closed.add(gate)
  }

  /** Opens a gate. */
  open(gate: string): void {
    this.closed.delete(gate)
  }

  /** What the run holds now. */
  of(run: RunId): ReadonlyArray<Slot> {
    return this.byRun.get(run) ?? []
  }

  /** How many runs hold slots. */
  get size(): number {
    return this.byRun.size
  }

  /** The runs that hold slots, in the order in which they were admitted. */
  runs(): IterableIterator<RunId> {
    return this.byRun.keys()
  }

  /** Every limit that is held, with its holders. */
  entries(): IterableIterator<[string, ReadonlySet<RunId>]> {
    return this.held.entries()
  }
}

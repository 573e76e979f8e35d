/**
 * The runs that wait: all of them in order, and of those whose time has come, who could start next.
 */
import type { Run } from "../run/Run.ts"
import { settings } from "../settings.ts"
import { type Ahead, Lanes, type Room } from "./Lanes.ts"
import { totalLimit } from "./Limits.ts"
import type { RunOrder } from "./order.ts"
import type { Share } from "./Shares.ts"
import type { Needs } from "./Slots.ts"
import { SortedList } from "./SortedList.ts"

type NeedsOf = (run: Run) => Needs

export class Waiting {
  /** All that wait, in order. */
  readonly line: SortedList<Run>
  private readonly held: SortedList<Run>
  private readonly lanes: Lanes
  private readonly order: RunOrder
  private readonly needsOf: NeedsOf
  /** Those whose time has not come, the soonest first. */
  private readonly delayed = new SortedList<Run>((a, b) => a.notBefore - b.notBefore || a.order - b.order)
  /** Those that were let in when their time came. */
  private readonly woken = new Set<Run>()
  private awakeAt = 0

  constructor(order: RunOrder, needsOf: NeedsOf, room: Room, reserveAfterMs?: number) {
    this.line = new SortedList<Run>(order)
    this.held = new SortedList<Run>(order)
    this.lanes = new Lanes(order, room, reserveAfterMs)
    this.order = order
    this.needsOf = needsOf
  }

  add(run: Run, now: number): void {
    this.line.add(run)
    this.awakeAt = Math.max(this.awakeAt, now)
    if (run.held) this.held.add(run)
    else if (run.notBefore > now) this.delayed.add(run)
    else this.letIn(run)
  }

  private letIn(run: Run): void {
    if (run.notBefore > 0) this.woken.add(run)
    this.lanes.add(run, this.needsOf(run))
  }

  remove(run: Run): void {
    this.line.remove(run)
    this.woken.delete(run)
    if (run.held) this.held.remove(run)
    else if (!this.lanes.remove(run)) this.delayed.remove(run)
  }

  /** When time alone may let one in, in milliseconds since 1970: its own time has come, or that of a rate. */
  get wakesAt(): number | undefined {
    const [own, rate] = [this.delayed.first?.notBefore, this.lanes.wakesAt]
    return own !== undefined && (rate === undefined || own < rate) ? own : rate
  }

  /** Lets those in whose time has come, and those out for whom the clock was set back since. */
  wake(now: number): void {
    if (now < this.awakeAt) {
      for (const run of [...this.woken].filter(({ notBefore }) => notBefore > now)) {
        this.woken.delete(run)
        this.lanes.remove(run)
        this.delayed.add(run)
      }
    }
    this.awakeAt = now
    for (let run = this.delayed.first; run && run.notBefore <= now; run = this.delayed.first) {
      this.delayed.remove(run)
      this.letIn(run)
    }
  }

  /** The next run that has what it needs, of those whose time has come. */
  next(now: number): Run | undefined {
    return this.lanes.next(now)
  }

  /** The limit may have room again. */
  loosen(limit: string): void {
    this.lanes.loosen(limit)
  }

  /** A gate was opened or closed. */
  setGate(gate: string): void {
    this.lanes.setGate(gate)
  }

  /** So many more runs of a share are in progress, or fewer. */
  count(share: Share, by: number): void {
    this.lanes.count(share, by)
  }

  /** For whom slots are kept at this moment, with what it needs. */
  keptFor(now: number): ReturnType<Lanes["keptFor"]> {
    return this.lanes.keptFor(now)
  }

  /** The run that goes before this one where runs must start in their order. */
  ahead(run: Run): ReturnType<Lanes["ahead"]> {
    return this.lanes.ahead(run)
  }

  /** How many before this run need a slot of the limit too, if no one holds them back. */
  aheadAt(run: Run, limit: string): Ahead {
    const { held, delayed, lanes, line, order } = this
    if (limit === totalLimit) return { ahead: line.rank(run) - held.rank(run) }
    const most = settings.aheadCountedMax
    const { ahead, more } = lanes.aheadAt(run, limit, most)
    const needs = (other: Run) => this.needsOf(other).slots.some((slot) => slot.limit === limit)
    let later = 0
    let looked = 0
    for (const other of delayed) {
      if (looked++ === most) return { ahead: ahead + later, more: true }
      if (order(other, run) < 0 && needs(other)) later++
    }
    return { ahead: ahead + later, ...(more && { more }) }
  }
}

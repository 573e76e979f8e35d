/**
 * The runs that wait: all of them in order, and of those whose time has come, who could start next.
 */
import type { Run } from "../run/Run.ts"
import { settings } from "../settings.ts"
import { type Ahead, Lanes } from "./Lanes.ts"
import { totalLimit } from "./Limits.ts"
import type { RunOrder } from "./order.ts"
import type { Needs, Slots } from "./Slots.ts"
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

  constructor(order: RunOrder, needsOf: NeedsOf) {
    this.line = new SortedList<Run>(order)
    this.held = new SortedList<Run>(order)
    this.lanes = new Lanes(order)
    this.order = order
    this.needsOf = needsOf
  }

  add(run: Run, now: number): void {
    this.line.add(run)
    if (run.held) this.held.add(run)
    else if (run.notBefore > now) this.delayed.add(run)
    else this.lanes.add(run, this.needsOf(run))
  }

  remove(run: Run): void {
    this.line.remove(run)
    if (run.held) this.held.remove(run)
    else if (!this.lanes.remove(run)) this.delayed.remove(run)
  }

  /** When the next of those whose time has not come may start, in milliseconds since 1970. */
  get wakesAt(): number | undefined {
    return this.delayed.first?.notBefore
  }

  /** Lets those in whose time has come. */
  wake(now: number): void {
    for (let run = this.delayed.first; run && run.notBefore <= now; run = this.delayed.first) {
      this.delayed.remove(run)
      this.lanes.add(run, this.needsOf(run))
    }
  }

  /** The first run in order that has room under all its limits, of those whose time has come. */
  next(slots: Slots, now: number): Run | undefined {
    for (let run = this.lanes.next(slots); run; run = this.lanes.next(slots)) {
      if (run.notBefore <= now) return run
      // The clock was set back since it was let in: its time is still to come.
      this.lanes.remove(run)
      this.delayed.add(run)
    }
    return undefined
  }

  /** The limit may have room again. */
  loosen(limit: string): void {
    this.lanes.loosen(limit)
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

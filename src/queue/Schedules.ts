/**
 * The schedules as the log has them: the fold of their events. When each is next due was worked out when it was recorded,
 * and is only remembered here, so that a log means the same under other rules of time zones.
 */
import type { RunId } from "../run/RunSpec.ts"
import type { QueueEvent } from "./Event.ts"
import type { Schedule, ScheduleName } from "./Schedule.ts"
import { SortedList } from "./SortedList.ts"

/** A schedule in force. Times are milliseconds since 1970. */
export interface KnownSchedule {
  readonly name: ScheduleName
  readonly schedule: Schedule
  /** When it was set as it is now, and by whom. */
  readonly at: number
  readonly actor: string
  /** Its first time that is neither recorded as fired nor as skipped; null if it has none, or is paused. */
  readonly next: number | null
  /** Since when it is paused, by whom and why. */
  readonly paused?: { readonly at: number; readonly actor: string; readonly reason?: string }
  /** The last run that it has submitted. */
  readonly lastRun?: RunId
}

type ScheduleEvent = Extract<QueueEvent, { readonly type: `Schedule${string}` }>

interface Due {
  readonly name: ScheduleName
  readonly next: number
}

const byTime = (a: Due, b: Due): number => a.next - b.next || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)

const isDue = (known: KnownSchedule): known is KnownSchedule & Due => known.next !== null

const evolve = (known: KnownSchedule | undefined, event: ScheduleEvent): KnownSchedule | undefined => {
  const { at, actor } = event
  if (event.type === "ScheduleSet") {
    const { name, schedule, next } = event.data
    return { ...known, name, schedule, at, actor, next }
  }
  if (!known) throw new Error(`${event.type} befalls schedule ${event.data.name}, which is not set`)
  switch (event.type) {
    case "ScheduleRemoved":
      return undefined
    case "SchedulePaused": {
      const { name: _, ...why } = event.data
      return { ...known, next: null, paused: { at, actor, ...why } }
    }
    case "ScheduleResumed": {
      const { paused: _, ...rest } = known
      return { ...rest, next: event.data.next }
    }
    case "ScheduleFired": {
      const { run, next = known.next } = event.data
      return { ...known, next, lastRun: run }
    }
    case "ScheduleSkipped":
      return { ...known, next: event.data.next }
  }
}

export class Schedules {
  private readonly byName = new Map<ScheduleName, KnownSchedule>()
  private readonly due = new SortedList<Due>(byTime)

  apply(event: ScheduleEvent): void {
    const before = this.byName.get(event.data.name)
    const after = evolve(before, event)
    if (before && isDue(before)) this.due.remove(before)
    if (after) this.set(after)
    else this.byName.delete(event.data.name)
  }

  /** Knows a schedule of a name that has none yet. */
  set(known: KnownSchedule): void {
    this.byName.set(known.name, known)
    if (isDue(known)) this.due.add(known)
  }

  get(name: ScheduleName): KnownSchedule | undefined {
    return this.byName.get(name)
  }

  /** All of them, in the order in which they were first set. */
  get all(): ReadonlyArray<KnownSchedule> {
    return [...this.byName.values()]
  }

  /** When the first of them is due, in milliseconds since 1970. */
  get wakesAt(): number | undefined {
    return this.due.first?.next
  }

  /** The one that is due first, if that is by then. */
  firstDue(now: number): (KnownSchedule & Due) | undefined {
    const { first } = this.due
    const known = first && first.next <= now ? this.byName.get(first.name) : undefined
    return known && isDue(known) ? known : undefined
  }
}

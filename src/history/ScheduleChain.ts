/**
 * Holds what the log says of schedules against itself: the times of each are a chain, in which every event begins where
 * the one before it has ended. So no time is fired twice, and none is passed over unrecorded.
 */
import type { QueueEvent } from "../queue/Event.ts"
import type { ScheduleName } from "../queue/Schedule.ts"
import type { RunId } from "../run/RunSpec.ts"

type ScheduleEvent = Extract<QueueEvent, { readonly type: `Schedule${string}` }>
type Timed = Extract<ScheduleEvent, { readonly type: "ScheduleFired" | "ScheduleSkipped" }>
type Broken = Generator<string, void>

/** Whether an event is about a schedule. */
export const isScheduleEvent = (event: QueueEvent): event is ScheduleEvent =>
  event.type.startsWith("Schedule")

export class ScheduleChain {
  /** The next time of each schedule; null while it has none, or is paused. */
  private readonly next = new Map<ScheduleName, number | null>()
  /** Runs that a schedule was said to submit, and that were not submitted yet. */
  readonly awaited = new Set<RunId>()

  /** Takes the event in. */
  move({ type, data }: ScheduleEvent): void {
    if (type === "ScheduleFired") this.awaited.add(data.run)
    if (type === "ScheduleRemoved") this.next.delete(data.name)
    else if (type === "SchedulePaused") this.next.set(data.name, null)
    else if (data.next !== undefined) this.next.set(data.name, data.next)
  }

  /** What this event breaks; `admits` is whether a coordinator leads that admits. */
  *of(event: ScheduleEvent, admits: boolean): Broken {
    const { type, at, data } = event
    const known = this.next.get(data.name)
    if (known === undefined && type !== "ScheduleSet")
      yield `${type} befalls schedule ${data.name}, which is not set`
    if (type === "ScheduleResumed" || type === "ScheduleSet") {
      const { name, next } = data
      if (next !== null && next <= at && next !== known)
        yield `schedule ${name} is due at ${next}, which is over at ${at}`
    }
    if (type === "ScheduleFired" || type === "ScheduleSkipped") yield* this.ofTime(event, known, admits)
  }

  private *ofTime({ type, at, data }: Timed, known: number | null | undefined, admits: boolean): Broken {
    const { name, nominal, next = null } = data
    if (nominal === undefined) return
    if (!admits) yield `${type} of schedule ${name}, though no coordinator leads that admits`
    if (nominal !== known)
      yield `${type} of schedule ${name} is for ${nominal}; its next time is ${known ?? "none"}`
    if (nominal > at) yield `${type} of schedule ${name} is for ${nominal}, which is still to come at ${at}`
    if (next !== null && next <= nominal) yield `schedule ${name} goes from ${nominal} back to ${next}`
  }
}

/**
 * What schedules submit: in the turn in which a time is due, its run, whose name says the schedule and the time. Each
 * time is recorded as fired or as skipped, and the next one with it, so that none is passed over and none comes twice,
 * whatever crashes or clocks do.
 */
import * as Result from "effect/Result"
import { type Rejection, sentence } from "../run/Rejection.ts"
import type { RunId, RunSpec } from "../run/RunSpec.ts"
import { settings } from "../settings.ts"
import { type By, byRules, type Ledger } from "./Ledger.ts"
import type { RunQueue } from "./RunQueue.ts"
import type { Schedule, ScheduleName, SkipCause } from "./Schedule.ts"
import type { KnownSchedule } from "./Schedules.ts"
import { planRun, type Submission, submitRun } from "./submitRun.ts"
import { Timetable } from "./Timetable.ts"

/** Tags by which a run is known to be of a schedule. */
const scheduleTags = {
  name: "signalbox/schedule",
  /** The time for which it was submitted; left out where someone asked for it. */
  nominal: "signalbox/nominal"
} as const

const inUtc = new Intl.DateTimeFormat("en-US", {
  timeZone: "UTC",
  hourCycle: "h23",
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit"
})

/** `2026-12-01T02:00Z`. */
const showMinute = (at: number): string => {
  const parts = Object.fromEntries(inUtc.formatToParts(at).map(({ type, value }) => [type, value]))
  return `${parts["year"]}-${parts["month"]}-${parts["day"]}T${parts["hour"]}:${parts["minute"]}Z`
}

const collisions = { skip: "refuse", queue: "queue", replace: "replace", cancel: "cancel" } as const

/** What is asked for when a schedule submits a run. */
const specOf = (
  { name, schedule }: Pick<KnownSchedule, "name" | "schedule">,
  id: RunId,
  nominal?: string
): RunSpec => {
  const { run, overlap = "allow" } = schedule
  const tags = {
    ...run.tags,
    [scheduleTags.name]: name,
    ...(nominal !== undefined && { [scheduleTags.nominal]: nominal })
  }
  const unique =
    overlap === "allow" ? {} : { unique: { key: `schedule ${name}`, collision: collisions[overlap] } }
  return { ...run, ...unique, id, tags }
}

/** What is wrong with the times of a schedule that is in force: nothing. It was looked at when it was set. */
const timetableOf = (schedule: Schedule): Timetable => Result.getOrThrow(Timetable.of(schedule))

const submit = (
  queue: RunQueue,
  ledger: Ledger,
  spec: RunSpec,
  by: By,
  before: () => void
): Result.Result<Submission, Rejection> => {
  const planned = planRun(queue, ledger, { _tag: "SubmitRun", spec })
  if (Result.isSuccess(planned)) {
    before()
    submitRun(queue, ledger, planned.success, by)
  }
  return planned
}

/** Submits a run of the schedule at once; the place in the log tells it from others. */
export const trigger = (
  queue: RunQueue,
  ledger: Ledger,
  known: KnownSchedule,
  by: By
): Result.Result<Submission, Rejection> => {
  const { name } = known
  const run = `${name}+${queue.position + 1}`
  return submit(queue, ledger, specOf(known, run), by, () =>
    ledger.record({ type: "ScheduleFired", data: { name, run } }, null, by)
  )
}

const skip = (ledger: Ledger, name: ScheduleName, nominal: number, next: number | null, cause: SkipCause) =>
  ledger.record({ type: "ScheduleSkipped", data: { name, nominal, next, cause } }, null, byRules)

const fireAt = (
  queue: RunQueue,
  ledger: Ledger,
  known: KnownSchedule,
  nominal: number,
  next: number | null
): void => {
  const { name } = known
  const shown = showMinute(nominal)
  const run = `${name}@${shown}`
  const submitted = submit(queue, ledger, specOf(known, run, shown), byRules, () =>
    ledger.record({ type: "ScheduleFired", data: { name, run, nominal, next } }, null, byRules)
  )
  if (Result.isFailure(submitted)) {
    const { failure } = submitted
    skip(ledger, name, nominal, next, {
      _tag: "Refused",
      rejection: failure._tag,
      reason: sentence(failure)
    })
  }
}

/** The times up to now for which runs are submitted; what comes before them was missed. */
const madeUpFor = (
  timetable: Timetable,
  { catchUp = "last" }: Schedule,
  first: number,
  now: number
): ReadonlyArray<number> => {
  const inTime = now - settings.scheduleGraceMs
  if (catchUp === "skip")
    return first >= inTime ? timetable.from(first, now) : timetable.within(inTime - 1, now)
  return timetable.lastUpTo(first, now, catchUp === "last" ? 1 : settings.scheduleCatchUpMax)
}

/** Submits what schedules are due to submit, in the order of their times. */
export const fire = (queue: RunQueue, ledger: Ledger): void => {
  if (!queue.admits) return
  const now = ledger.at
  for (let due = queue.schedules.firstDue(now); due; due = queue.schedules.firstDue(now)) {
    const timetable = timetableOf(due.schedule)
    const times = madeUpFor(timetable, due.schedule, due.next, now)
    const rest = timetable.after(now)
    const [first = rest] = times
    if (first === null || first > due.next) skip(ledger, due.name, due.next, first, { _tag: "Missed" })
    for (const [index, nominal] of times.entries())
      fireAt(queue, ledger, due, nominal, times[index + 1] ?? rest)
  }
}

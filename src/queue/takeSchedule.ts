/**
 * What is asked of a schedule, decided.
 */
import * as Equal from "effect/Equal"
import * as Result from "effect/Result"
import type { Rejection } from "../run/Rejection.ts"
import type { QueueFact } from "./Event.ts"
import { trigger } from "./fire.ts"
import type { By, Ledger } from "./Ledger.ts"
import type { ScheduleCommand } from "./QueueCommand.ts"
import type { RunQueue } from "./RunQueue.ts"
import type { Schedule } from "./Schedule.ts"
import type { KnownSchedule } from "./Schedules.ts"
import { Timetable } from "./Timetable.ts"

type Set = Extract<ScheduleCommand, { _tag: "SetSchedule" }>
type Change = Exclude<ScheduleCommand, Set | { _tag: "TriggerSchedule" }>

const invalid = ({ _tag, name }: Set, issue: string): Rejection => ({
  _tag: "ScheduleInvalid",
  command: _tag,
  schedule: name,
  issue
})

const timesOf = ({ cron, timezone = "UTC", from, until }: Schedule) => ({ cron, timezone, from, until })

/** When the schedule is due next. Where its times stay the same, those that are due already stay due. */
const nextOf = (known: KnownSchedule | undefined, schedule: Schedule, times: Timetable, now: number) => {
  if (known?.paused) return null
  const isSame = known && Equal.equals(timesOf(known.schedule), timesOf(schedule))
  return isSame ? known.next : times.after(now)
}

const set = (
  queue: RunQueue,
  command: Set,
  now: number
): Result.Result<ReadonlyArray<QueueFact>, Rejection> => {
  const { _tag: _, ...data } = command
  const { name, schedule } = data
  const known = queue.schedules.get(name)
  if (known && Equal.equals(known.schedule, schedule)) return Result.succeed([])
  if (schedule.run.unique && (schedule.overlap ?? "allow") !== "allow")
    return Result.fail(
      invalid(
        command,
        "overlap: its runs have a `unique` key of their own, which says what happens; leave one out"
      )
    )
  const times = Timetable.of(schedule)
  if (Result.isFailure(times)) return Result.fail(invalid(command, times.failure))
  if (times.success.after(now) === null)
    return Result.fail(
      invalid(command, "cron: has no time to come, within `from` and `until` where they are given")
    )
  const next = nextOf(known, schedule, times.success, now)
  return Result.succeed([{ type: "ScheduleSet", data: { ...data, next } }])
}

const change = (known: KnownSchedule, command: Change, now: number): ReadonlyArray<QueueFact> => {
  const { _tag, ...data } = command
  switch (_tag) {
    case "RemoveSchedule":
      return [{ type: "ScheduleRemoved", data }]
    case "PauseSchedule":
      return known.paused ? [] : [{ type: "SchedulePaused", data }]
    case "ResumeSchedule": {
      const next = Result.getOrThrow(Timetable.of(known.schedule)).after(now)
      return known.paused ? [{ type: "ScheduleResumed", data: { ...data, next } }] : []
    }
  }
}

/** Decides a command to a schedule; answers the run that it led to, if it led to one. */
export const takeSchedule = (
  queue: RunQueue,
  ledger: Ledger,
  command: ScheduleCommand,
  by: By
): Result.Result<string | null, Rejection> => {
  const record = (facts: ReadonlyArray<QueueFact>) => {
    for (const fact of facts) ledger.record(fact, null, by)
    return null
  }
  if (command._tag === "SetSchedule") return Result.map(set(queue, command, ledger.at), record)
  const { _tag, name } = command
  const known = queue.schedules.get(name)
  if (!known) return Result.fail({ _tag: "ScheduleUnknown", command: _tag, schedule: name })
  return command._tag === "TriggerSchedule"
    ? Result.map(trigger(queue, ledger, known, by), ({ run }) => run)
    : Result.succeed(record(change(known, command, ledger.at)))
}

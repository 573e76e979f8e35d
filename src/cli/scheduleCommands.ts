/**
 * `schedule`: runs that are submitted again and again, at times that a cron expression says.
 */
import * as Clock from "effect/Clock"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { nearest } from "../config/decodeDocument.ts"
import { Moment, parseMoment } from "../config/time.ts"
import { Schedule, ScheduleName } from "../queue/Schedule.ts"
import type { KnownSchedule } from "../queue/Schedules.ts"
import { Timetable } from "../queue/Timetable.ts"
import { applySchedules } from "./applySchedules.ts"
import { deliver } from "./deliver.ts"
import { deliverAndTell, reason, said } from "./deliverAndTell.ts"
import { Exit, exitCodes } from "./exitCodes.ts"
import { showMoment, table } from "./format.ts"
import { readQueue } from "./readQueue.ts"
import { print, root } from "./root.ts"
import { commandArgument, optional, present, runFlags, runOf } from "./runFlags.ts"

const nameArgument = Argument.String("schedule").pipe(
  Argument.withMetavar("SCHEDULE"),
  Argument.withSchema(ScheduleName)
)

const { overlap, catchUp } = Schedule.fields

const moment = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withDescription(description), Flag.withSchema(Moment), Flag.optional)

const setSchedule = Command.make(
  "set",
  {
    name: nameArgument,
    cron: Flag.String("cron").pipe(
      Flag.withDescription(
        "Its times: minute, hour, day, month, weekday; or @hourly, @daily, @weekly, @monthly, @yearly"
      )
    ),
    timezone: Flag.String("timezone").pipe(
      Flag.withDescription("By whose clocks, such as Europe/Berlin; UTC if left out"),
      Flag.optional
    ),
    overlap: Flag.Literals("overlap", overlap.schema.literals).pipe(
      Flag.withDescription(
        "While a run of the schedule is active: allow another, skip it, queue it, replace those that wait, or cancel also what runs"
      ),
      Flag.optional
    ),
    catchUp: Flag.Literals("catch-up", catchUp.schema.literals).pipe(
      Flag.withDescription(
        "Times at which nobody led: skip them, make up for the last one, or for all; last if left out"
      ),
      Flag.optional
    ),
    from: moment("from", "Its first time is then at the earliest"),
    until: moment("until", "Its last time is before that"),
    ...runFlags,
    command: commandArgument(1),
    reason
  },
  Effect.fn(function* ({ name, cron, reason: text, ...given }) {
    const now = yield* Clock.currentTimeMillis
    const at = (option: Option.Option<string>) =>
      optional(Option.map(option, (written) => parseMoment(written, now)))
    const schedule: Schedule = {
      cron,
      run: runOf(given),
      ...present({
        timezone: optional(given.timezone),
        overlap: optional(given.overlap),
        catchUp: optional(given.catchUp),
        from: at(given.from),
        until: at(given.until)
      })
    }
    yield* deliverAndTell({ _tag: "SetSchedule", name, schedule, ...said(text) }, `schedule ${name} is set`)
  })
).pipe(
  Command.withDescription("Submit a run at each of these times, from now on"),
  Command.withExamples([
    {
      command: "signalbox schedule set nightly --cron '0 2 * * *' --timezone Europe/Berlin -- ./load.sh",
      description: "Every night at two, by the clocks of Berlin"
    }
  ])
)

const change = (
  name: "remove" | "pause" | "resume",
  tag: "RemoveSchedule" | "PauseSchedule" | "ResumeSchedule",
  told: string,
  description: string
) =>
  Command.make(
    name,
    { name: nameArgument, reason },
    Effect.fn(function* ({ name: schedule, reason: text }) {
      yield* deliverAndTell({ _tag: tag, name: schedule, ...said(text) }, `schedule ${schedule} ${told}`)
    })
  ).pipe(Command.withDescription(description))

const triggerSchedule = Command.make(
  "trigger",
  { name: nameArgument, reason },
  Effect.fn(function* ({ name, reason: text }) {
    const { log, json } = yield* root
    const answer = yield* deliver(log, { _tag: "TriggerSchedule", name, ...said(text) })
    yield* print(
      json,
      answer,
      () => `${answer.run?.id} is ${answer.run?.state} (position ${answer.position}).`
    )
  })
).pipe(Command.withDescription("Submit a run of the schedule at once"))

const nextShown = ({ next, paused }: KnownSchedule): string => {
  if (paused) return "paused"
  return next === null ? "never" : showMoment(next)
}

const listSchedules = Command.make(
  "list",
  {},
  Effect.fn(function* () {
    const { log, json } = yield* root
    const { schedules } = yield* readQueue(log)
    yield* print(json, schedules.all, () => {
      const rows = schedules.all.map((known) => {
        const { cron, timezone = "UTC" } = known.schedule
        return [known.name, cron, timezone, nextShown(known), known.lastRun ?? "-"]
      })
      return rows.length === 0
        ? "No schedules."
        : table(["SCHEDULE", "CRON", "TIMEZONE", "NEXT", "LAST RUN"], rows)
    })
  })
).pipe(Command.withDescription("List schedules: their times, the next one, the last run"))

const find = Effect.fnUntraced(function* (log: string, name: ScheduleName) {
  const { schedules } = yield* readQueue(log)
  const known = schedules.get(name)
  if (known) return known
  const near = nearest(
    name,
    schedules.all.map((one) => one.name)
  )
  const hint = near === undefined ? "" : ` Did you mean ${near}?`
  const message = `There is no schedule ${name} in this log.${hint}`
  return yield* new Exit({ code: exitCodes.failed.code, message })
})

const showSchedule = Command.make(
  "show",
  { name: nameArgument },
  Effect.fn(function* ({ name }) {
    const { log, json } = yield* root
    const known = yield* find(log, name)
    const {
      run,
      cron,
      timezone = "UTC",
      overlap: meets = "allow",
      catchUp: made = "last",
      from,
      until
    } = known.schedule
    yield* print(json, known, () => {
      const { paused } = known
      const fields = present({
        cron: `${cron}, ${timezone}`,
        next: nextShown(known),
        paused:
          paused &&
          `since ${showMoment(paused.at)} by ${paused.actor}${paused.reason ? `: ${paused.reason}` : ""}`,
        overlap: meets,
        "catch up": made,
        from: from === undefined ? undefined : showMoment(from),
        until: until === undefined ? undefined : showMoment(until),
        "last run": known.lastRun,
        source: known.schedule.source,
        set: `${showMoment(known.at)} by ${known.actor}`,
        run: JSON.stringify(run)
      })
      return [name, ...Object.entries(fields).map(([key, value]) => `  ${key.padEnd(9)}  ${value}`)].join(
        "\n"
      )
    })
  })
).pipe(Command.withDescription("Show a schedule"))

const nextTimes = Command.make(
  "next",
  {
    name: nameArgument,
    count: Flag.Int("count").pipe(Flag.withDescription("How many"), Flag.withDefault(5))
  },
  Effect.fn(function* ({ name, count }) {
    const { log, json } = yield* root
    const { schedule, next } = yield* find(log, name)
    const timetable = Result.getOrThrow(Timetable.of(schedule))
    const times: Array<string> = []
    for (let at = next; at !== null && times.length < count; at = timetable.after(at))
      times.push(showMoment(at))
    yield* print(json, times, () => (times.length === 0 ? "None." : times.join("\n")))
  })
).pipe(Command.withDescription("The next times at which it submits a run"))

export const schedule = Command.make("schedule").pipe(
  Command.withDescription("Schedules: runs that are submitted again and again"),
  Command.withSubcommands([
    listSchedules,
    showSchedule,
    setSchedule,
    applySchedules,
    change("remove", "RemoveSchedule", "is removed", "Forget a schedule; its runs go on"),
    change("pause", "PauseSchedule", "is paused", "Let the times of a schedule pass until it is resumed"),
    change("resume", "ResumeSchedule", "goes on", "Submit runs of a schedule again"),
    triggerSchedule,
    nextTimes
  ])
)

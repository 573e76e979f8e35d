/**
 * A schedule file: the schedules of one source, by name. What stands in it no more is removed when it is applied.
 */
import { basename, dirname, extname, resolve } from "node:path"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Schedule, ScheduleName } from "../queue/Schedule.ts"
import { Timetable } from "../queue/Timetable.ts"
import { type Document, readDocument } from "./Document.ts"
import { decodeDocument, showPath } from "./decodeDocument.ts"
import { InputError, type Problem } from "./InputError.ts"
import { FileRun, sharedSpec } from "./readRunFile.ts"
import { Moment, parseMoment } from "./time.ts"

const { id: _, notBefore: __, ...runFields } = FileRun.fields

/** One schedule of the file. Its run is said like one of a run file. */
export const FileSchedule = Schema.Struct({
  /** Minute, hour, day of the month, month, day of the week, as in cron; or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`. */
  cron: Schema.NonEmptyString,
  /** The clock that `cron` speaks of, such as `Europe/Berlin`; UTC if left out. */
  timezone: Schema.optionalKey(Schema.NonEmptyString),
  /** What happens while a run of the schedule is active; `allow` if left out. */
  overlap: Schedule.fields.overlap,
  /** Which of the times are made up for at which nobody led; `last` if left out. */
  catchUp: Schedule.fields.catchUp,
  /** Its first time is at or after this moment. */
  from: Schema.optionalKey(Moment),
  /** Its last time is before this moment. */
  until: Schema.optionalKey(Moment),
  ...runFields
})

/** What stands in a schedule file. */
const ScheduleFile = Schema.Struct({
  /** Whose schedules these are; the file's own name if left out. Those of other sources are left alone. */
  source: Schema.optionalKey(ScheduleName),
  schedules: Schema.Record(ScheduleName, FileSchedule)
})

/** What a schedule file asks for. */
export interface ScheduleSource {
  readonly source: string
  readonly schedules: Readonly<Record<string, Schedule>>
}

const toSchedule = (
  file: string,
  source: string,
  written: typeof FileSchedule.Type,
  now: number
): Schedule => {
  const { cron, timezone, overlap, catchUp, from, until, ...run } = written
  const { cwd: ___, ...shared } = run
  return {
    cron,
    ...(timezone !== undefined && { timezone }),
    ...(overlap && { overlap }),
    ...(catchUp && { catchUp }),
    ...(from !== undefined && { from: parseMoment(from, now) ?? 0 }),
    ...(until !== undefined && { until: parseMoment(until, now) ?? 0 }),
    source,
    run: { ...sharedSpec(shared), cwd: resolve(dirname(file), run.cwd ?? ".") }
  }
}

const problemsOf = (document: Document, { schedules }: ScheduleSource): ReadonlyArray<Problem> =>
  Object.entries(schedules).flatMap(([name, schedule]) => {
    const { job, command, launcher = "process" } = schedule.run
    const times = Timetable.of(schedule)
    const path = ["schedules", name]
    const at = (more: ReadonlyArray<string>, message: string): Problem => ({
      ...document.locate([...path, ...more]),
      path: showPath([...path, ...more]),
      message
    })
    return [
      ...(Result.isFailure(times) ? [at([], times.failure)] : []),
      ...(command === undefined && (job === undefined || launcher === "process")
        ? [at([], "has no `command`; only one with a `job` and a `launcher` that knows it needs none")]
        : [])
    ]
  })

/** Reads a schedule file; a `from` or `until` that is a length of time counts from `now`. */
export const readScheduleFile = Effect.fnUntraced(function* (file: string, now: number) {
  const document = yield* readDocument(file)
  const contents = yield* decodeDocument(ScheduleFile, document)
  const source = contents.source ?? basename(file, extname(file))
  const schedules = Object.fromEntries(
    Object.entries(contents.schedules).map(([name, written]) => [
      name,
      toSchedule(file, source, written, now)
    ])
  )
  const problems = problemsOf(document, { source, schedules })
  if (problems.length > 0) return yield* new InputError({ file, problems })
  return { source, schedules } satisfies ScheduleSource
})

/**
 * A schedule: which run to submit, and at which times of whose clock.
 */
import * as Schema from "effect/Schema"
import { ScheduledRun, Timestamp } from "../run/RunSpec.ts"
import { settings } from "../settings.ts"

/** Names a schedule: letters and digits; then . _ and - too. The names of its runs begin with it. */
export const ScheduleName = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, {
    message: "a schedule's name begins with a letter or digit; then letters, digits and . _ - are allowed"
  }),
  Schema.isMaxLength(settings.scheduleNameLengthMax)
).annotate({ identifier: "ScheduleName" })
export type ScheduleName = typeof ScheduleName.Type

/** What a schedule says. */
export const Schedule = Schema.Struct({
  /** Minute, hour, day of the month, month, day of the week, as in cron; or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`. */
  cron: Schema.NonEmptyString,
  /** The clock that `cron` speaks of, such as `Europe/Berlin`. Left out, UTC. */
  timezone: Schema.optionalKey(Schema.NonEmptyString),
  /** What is submitted at each of its times. */
  run: ScheduledRun,
  /**
   * What happens while a run of the schedule is active: another one all the same (`allow`), none (`skip`), one that waits
   * for it (`queue`), that takes the place of those that wait (`replace`), or of those that run, too (`cancel`). Left out,
   * `allow`.
   */
  overlap: Schema.optionalKey(Schema.Literals(["allow", "skip", "queue", "replace", "cancel"])),
  /**
   * Which of the times are made up for at which nobody led: none (`skip`), the last one (`last`), or each (`all`), up to
   * `scheduleCatchUpMax`. Left out, `last`.
   */
  catchUp: Schema.optionalKey(Schema.Literals(["skip", "last", "all"])),
  /** Its first time is at or after this moment. */
  from: Schema.optionalKey(Timestamp),
  /** Its last time is before this moment. */
  until: Schema.optionalKey(Timestamp),
  /** The file that says it, whose next version may take it back; left out where someone has set it by hand. */
  source: Schema.optionalKey(Schema.NonEmptyString)
}).annotate({ identifier: "Schedule" })
export type Schedule = typeof Schedule.Type

/** Why a schedule let a time pass. */
export const SkipCause = Schema.Union([
  /** Nobody led then, and it does not make up for that. */
  Schema.TaggedStruct("Missed", {}),
  /** The run was refused, for that reason. */
  Schema.TaggedStruct("Refused", { rejection: Schema.String, reason: Schema.String })
]).annotate({ identifier: "SkipCause" })
export type SkipCause = typeof SkipCause.Type

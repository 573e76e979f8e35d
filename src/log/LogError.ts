/**
 * What can go wrong with a log. Whatever it is, nothing that was acknowledged is lost by it.
 */
import * as Schema from "effect/Schema"

/** The log has moved on: someone else wrote where this append was to go. */
const PositionConflict = Schema.TaggedStruct("PositionConflict", { expected: Schema.Int, found: Schema.Int })
/** A newer coordinator leads; this one may write no more. */
const Fenced = Schema.TaggedStruct("Fenced", { epoch: Schema.Int, current: Schema.Int })
/** Someone else leads now. */
const Led = Schema.TaggedStruct("Led", { log: Schema.String, holder: Schema.String })
/** There is no log there. */
const Missing = Schema.TaggedStruct("Missing", { log: Schema.String })
/** There is something there, and it is not a log. */
const NotALog = Schema.TaggedStruct("NotALog", { log: Schema.String, found: Schema.String })
/** There is a log already where a new one was to be. */
const NotEmpty = Schema.TaggedStruct("NotEmpty", { log: Schema.String, found: Schema.String })
/** Written by a later version of this program, in a form unknown to this one. */
const NewerFormat = Schema.TaggedStruct("NewerFormat", {
  log: Schema.String,
  found: Schema.String,
  known: Schema.String
})
/** An event cannot be read, or cannot be where it is; without a position, the store as a whole cannot. */
const Corrupt = Schema.TaggedStruct("Corrupt", {
  position: Schema.optionalKey(Schema.Int),
  issue: Schema.String
})
/** The store does not answer, or its answer is not known: full, read-only, failing, gone. */
const Unavailable = Schema.TaggedStruct("Unavailable", { log: Schema.String, issue: Schema.String })

/** A log was not copied; where the copy was to be, nothing is left. */
const NoBackup = Schema.TaggedStruct("NoBackup", { target: Schema.String, issue: Schema.String })

/** What has gone wrong. */
export const LogErrorReason = Schema.Union([
  PositionConflict,
  Fenced,
  Led,
  Missing,
  NotALog,
  NotEmpty,
  NewerFormat,
  Corrupt,
  Unavailable,
  NoBackup
])
export type LogErrorReason = typeof LogErrorReason.Type

const describe = (reason: LogErrorReason): string => {
  switch (reason._tag) {
    case "PositionConflict":
      return `the log ends at position ${reason.found}, not at ${reason.expected}: someone else has written to it`
    case "Fenced":
      return `a newer coordinator (epoch ${reason.current}) leads; this one (epoch ${reason.epoch}) may write no more`
    case "Led":
      return `${reason.log} is led by ${reason.holder}; one coordinator writes at a time`
    case "Missing":
      return `there is no log at ${reason.log}`
    case "NotALog":
      return `${reason.log} is not a Signalbox log: ${reason.found}`
    case "NotEmpty":
      return `${reason.log} has ${reason.found}; an import makes a new log`
    case "NewerFormat":
      return `${reason.log} has ${reason.found}, written by a later version; this one knows ${reason.known}`
    case "Corrupt": {
      const where = reason.position === undefined ? "" : ` at position ${reason.position}`
      return `the log is damaged${where}: ${reason.issue}; put a backup in its place`
    }
    case "Unavailable":
      return `${reason.log} cannot be used: ${reason.issue}`
    case "NoBackup":
      return `no backup was made at ${reason.target}: ${reason.issue}`
  }
}

/** Something has gone wrong with a log; its message says so in a sentence. */
export class LogError extends Schema.TaggedError<LogError>()("LogError", { reason: LogErrorReason }) {
  override get message(): string {
    return describe(this.reason)
  }
}

export const logError = (reason: LogErrorReason): LogError => new LogError({ reason })

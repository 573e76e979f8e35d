/**
 * Why the coordinator did not answer. The command was not refused: it was not decided, or its end is not known.
 */
import * as Cause from "effect/Cause"
import * as Schema from "effect/Schema"
import { Rejection, sentence } from "../run/Rejection.ts"

/** As many commands wait as may; ask again later. */
const MailboxFull = Schema.TaggedStruct("MailboxFull", { max: Schema.Int })
/** It takes no more commands. */
const Stopped = Schema.TaggedStruct("Stopped", { why: Schema.String })
/** The log failed while the command was on its way to it: look there whether it has arrived. */
const OutcomeUnknown = Schema.TaggedStruct("OutcomeUnknown", { issue: Schema.String })

export const CoordinatorErrorReason = Schema.Union([MailboxFull, Stopped, OutcomeUnknown])
export type CoordinatorErrorReason = typeof CoordinatorErrorReason.Type

const describe = (reason: CoordinatorErrorReason): string => {
  switch (reason._tag) {
    case "MailboxFull":
      return `the coordinator is busy: ${reason.max} commands wait already; try again later`
    case "Stopped":
      return `the coordinator has stopped: ${reason.why}`
    case "OutcomeUnknown":
      return `it is not known whether the command was recorded: ${reason.issue}`
  }
}

/** The coordinator did not answer. */
export class CoordinatorError extends Schema.TaggedError<CoordinatorError>()("CoordinatorError", {
  reason: CoordinatorErrorReason
}) {
  override get message(): string {
    return describe(this.reason)
  }
}

export const coordinatorError = (reason: CoordinatorErrorReason): CoordinatorError =>
  new CoordinatorError({ reason })

/** What ended a coordinator, in words. */
export const whyOf = (cause: Cause.Cause<unknown>): string => {
  if (Cause.hasInterruptsOnly(cause)) return "it was told to stop"
  const error = Cause.squash(cause)
  return error instanceof Error ? error.message : String(error)
}

/** The coordinator said no, and why. */
export class CommandRejected extends Schema.TaggedError<CommandRejected>()("CommandRejected", {
  rejection: Rejection
}) {
  override get message(): string {
    return sentence(this.rejection)
  }
}

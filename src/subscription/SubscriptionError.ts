/**
 * Why something cannot be done with a subscription.
 */
import * as Schema from "effect/Schema"

const name = Schema.String

const Unknown = Schema.TaggedStruct("Unknown", { name, known: Schema.Array(Schema.String) })
const Exists = Schema.TaggedStruct("Exists", { name })
const Invalid = Schema.TaggedStruct("Invalid", { name, issue: Schema.String })
/** Another process delivers it now. */
const Delivered = Schema.TaggedStruct("Delivered", { name, holder: Schema.String })
/** It was removed, or taken over, while it was being delivered. */
const Lost = Schema.TaggedStruct("Lost", { name })
/** Nothing is delivered any more, until someone enables it. */
const Stopped = Schema.TaggedStruct("Stopped", { name, why: Schema.String })
const NotParked = Schema.TaggedStruct("NotParked", { name, positions: Schema.Array(Schema.Int) })
/** It has come further than the log, which must have been put back to an earlier state. */
const Ahead = Schema.TaggedStruct("Ahead", { name, position: Schema.Int, end: Schema.Int })
/** Nobody has said where checkpoints are kept. */
const NoStore = Schema.TaggedStruct("NoStore", {})

/** What is in the way. */
export const SubscriptionErrorReason = Schema.Union([
  Unknown,
  Exists,
  Invalid,
  Delivered,
  Lost,
  Stopped,
  NotParked,
  Ahead,
  NoStore
])
export type SubscriptionErrorReason = typeof SubscriptionErrorReason.Type

const describe = (reason: SubscriptionErrorReason): string => {
  if (reason._tag === "NoStore")
    return "the log was given as a layer: say as `subscriptions` where the checkpoints of subscriptions are kept"
  const of = `subscription ${reason.name}`
  switch (reason._tag) {
    case "Unknown":
      return `there is no ${of}; there ${reason.known.length === 0 ? "are none" : `are ${reason.known.join(", ")}`}`
    case "Exists":
      return `there is a ${of} already; remove it first, or rewind it`
    case "Invalid":
      return `${of} is refused: ${reason.issue}`
    case "Delivered":
      return `${of} is delivered by ${reason.holder}; one process delivers it at a time`
    case "Lost":
      return `${of} was removed or is delivered by another process now`
    case "Stopped":
      return `${of} is stopped: ${reason.why}; enable it to go on from where it is`
    case "Ahead":
      return `${of} has come to position ${reason.position}, and the log ends at ${reason.end}: rewind it to where they part`
    case "NotParked":
      return `${of} has nothing parked at ${reason.positions.join(", ")}`
  }
}

/** Something cannot be done with a subscription; its message says so in a sentence. */
export class SubscriptionError extends Schema.TaggedError<SubscriptionError>()("SubscriptionError", {
  reason: SubscriptionErrorReason
}) {
  override get message(): string {
    return describe(this.reason)
  }
}

export const subscriptionError = (reason: SubscriptionErrorReason): SubscriptionError =>
  new SubscriptionError({ reason })

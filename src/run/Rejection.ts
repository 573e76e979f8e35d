/**
 * Why a command was refused, as a value. A refused command leaves no event.
 */
import * as Schema from "effect/Schema"

const of = { command: Schema.String, run: Schema.String }

const RunExists = Schema.TaggedStruct("RunExists", { ...of, state: Schema.String }).annotate({
  description: "The id is taken, for ever."
})
const RunUnknown = Schema.TaggedStruct("RunUnknown", of).annotate({
  description: "No run of that id was ever submitted here."
})
const StateRefuses = Schema.TaggedStruct("StateRefuses", {
  ...of,
  state: Schema.String,
  allowed: Schema.Array(Schema.String)
}).annotate({ description: "The run is in a state that does not take the command." })
const StaleAttempt = Schema.TaggedStruct("StaleAttempt", {
  ...of,
  attempt: Schema.Int,
  current: Schema.Int
}).annotate({ description: "The report speaks of an attempt that is not the run's current one." })
const SubmitRefused = Schema.TaggedStruct("SubmitRefused", { ...of, reason: Schema.String }).annotate({
  description: "The custom coordinator said no."
})
const QueueFull = Schema.TaggedStruct("QueueFull", {
  ...of,
  waiting: Schema.Int,
  max: Schema.Int
}).annotate({ description: "As many runs wait as the policy allows." })
const KeyTaken = Schema.TaggedStruct("KeyTaken", {
  ...of,
  key: Schema.String,
  by: Schema.String
}).annotate({ description: "A run of the same key is active, and the new one was to be refused then." })
const OrderUnknown = Schema.TaggedStruct("OrderUnknown", {
  command: Schema.String,
  order: Schema.String,
  known: Schema.Array(Schema.String)
}).annotate({ description: "The policy names an order that this coordinator does not have." })
const PolicyInvalid = Schema.TaggedStruct("PolicyInvalid", {
  command: Schema.String,
  issues: Schema.Array(Schema.Struct({ path: Schema.String, issue: Schema.String }))
}).annotate({ description: "The rules make no sense, and those in force stay; `issues` says where and why." })
const CommandInvalid = Schema.TaggedStruct("CommandInvalid", { ...of, issue: Schema.String }).annotate({
  description: "What was asked for does not make sense; `issue` says where, and what is allowed."
})
const KeyReused = Schema.TaggedStruct("KeyReused", {
  ...of,
  key: Schema.String,
  first: Schema.String,
  differs: Schema.Array(Schema.String)
}).annotate({
  description:
    "The idempotency key belongs to the submission of another run, `first`, which asked for something else: `differs` says " +
    "in which fields."
})
const ofSchedule = { command: Schema.String, schedule: Schema.String }
const ScheduleUnknown = Schema.TaggedStruct("ScheduleUnknown", ofSchedule).annotate({
  description: "There is no schedule of that name."
})
const ScheduleInvalid = Schema.TaggedStruct("ScheduleInvalid", {
  ...ofSchedule,
  issue: Schema.String
}).annotate({
  description: "The schedule does not make sense; `issue` says where, and what is allowed."
})

/** Why a command was refused. */
export const Rejection = Schema.Union([
  RunExists,
  RunUnknown,
  StateRefuses,
  StaleAttempt,
  SubmitRefused,
  QueueFull,
  KeyTaken,
  OrderUnknown,
  PolicyInvalid,
  CommandInvalid,
  KeyReused,
  ScheduleUnknown,
  ScheduleInvalid
]).annotate({ identifier: "Rejection" })
export type Rejection = typeof Rejection.Type

const list = (words: ReadonlyArray<string>): string => (words.length === 0 ? "nothing" : words.join(" or "))

const because = (rejection: Rejection): string => {
  switch (rejection._tag) {
    case "RunExists":
      return `run ${rejection.run} exists and is ${rejection.state}; an id is used once`
    case "RunUnknown":
      return `run ${rejection.run} was never submitted here`
    case "StateRefuses":
      return rejection.allowed.length === 0
        ? `run ${rejection.run} is ${rejection.state}; a finished run takes no more commands`
        : `run ${rejection.run} is ${rejection.state}; it would take ${list(rejection.allowed)}`
    case "StaleAttempt":
      return `run ${rejection.run} is at attempt ${rejection.current}; this speaks of attempt ${rejection.attempt}`
    case "SubmitRefused":
      return rejection.reason
    case "QueueFull":
      return `${rejection.waiting} runs wait, and the policy allows ${rejection.max}`
    case "KeyTaken":
      return `run ${rejection.by} of key ${rejection.key} is active`
    case "OrderUnknown":
      return `order ${rejection.order} is not one of this coordinator's: ${list(rejection.known)}`
    case "PolicyInvalid":
      return rejection.issues.map(({ path, issue }) => `${path}: ${issue}`).join("; ")
    case "CommandInvalid":
    case "ScheduleInvalid":
      return rejection.issue
    case "KeyReused":
      return `idempotency key ${rejection.key} belongs to run ${rejection.first}, which differs in ${rejection.differs.join(", ")}`
    case "ScheduleUnknown":
      return `there is no schedule ${rejection.schedule}`
  }
}

/** One form for all: what was asked, of which run, in what state, what would have been allowed. */
export const sentence = (rejection: Rejection): string =>
  `${rejection.command} refused: ${because(rejection)}.`

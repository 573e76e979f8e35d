/**
 * Everything that can stand in the log: events of runs, and events of the coordinator as a whole.
 */
import * as Schema from "effect/Schema"
import { type Envelope, envelopeFields } from "../run/Envelope.ts"
import { WorkerFailure } from "../run/Outcome.ts"
import { type RunEvent, RunEventData } from "../run/RunEvent.ts"
import { Milliseconds, RunId, Timestamp } from "../run/RunSpec.ts"
import { PolicyChange } from "./diffPolicy.ts"
import { Policy } from "./Policy.ts"
import { Schedule, ScheduleName, SkipCause } from "./Schedule.ts"
import { Scope } from "./Scope.ts"
import { ShutdownMode } from "./Shutdown.ts"

const ofSchedule = { name: ScheduleName }
const next = Schema.NullOr(Timestamp)

/** A public key as signed notes have it. */
export const VerifierKey = Schema.String.check(
  Schema.isPattern(/^[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/]+=*$/, {
    description: "a verifier key, name+id+base64"
  })
)

/** The data of each kind of event that is not about one run. */
const QueueEventData = {
  CoordinatorStarted: Schema.Struct({
    software: Schema.String,
    host: Schema.String,
    pid: Schema.Int,
    admits: Schema.Boolean
  }).annotate({ description: "A coordinator has taken over, and writes under a new epoch." }),
  CoordinatorDraining: Schema.Struct({
    mode: Schema.optionalKey(ShutdownMode),
    withinMs: Schema.optionalKey(Milliseconds),
    reason: Schema.optionalKey(Schema.String)
  }).annotate({
    description: "It admits nothing more; where `mode` stands, it is to end in that way, within that time."
  }),
  CoordinatorStopped: Schema.Struct({
    mode: Schema.optionalKey(ShutdownMode),
    reason: Schema.optionalKey(Schema.String),
    inFlight: Schema.optionalKey(Schema.Int),
    runs: Schema.optionalKey(Schema.Array(Schema.String))
  }).annotate({
    description:
      "It has let go of the log, and of so many runs `inFlight`, of which `runs` names the first. One that was killed leaves " +
      "no such event."
  }),
  AdmissionPaused: Schema.Struct({
    scope: Scope,
    until: Schema.optionalKey(Timestamp),
    reason: Schema.optionalKey(Schema.String),
    cause: Schema.optionalKey(WorkerFailure)
  }).annotate({
    description:
      "None of these runs is admitted until it is resumed, at `until` by itself. `cause` is what befell a launch, where " +
      "that made it so."
  }),
  AdmissionResumed: Schema.Struct({
    scope: Scope,
    reason: Schema.optionalKey(Schema.String)
  }).annotate({ description: "These runs are admitted again." }),
  PolicySet: Schema.Struct({
    changes: Schema.optionalKey(Schema.Array(PolicyChange)),
    number: Schema.Int,
    policy: Policy,
    reason: Schema.optionalKey(Schema.String)
  }).annotate({
    description:
      "Other rules are in force. Their number is what `RunAdmitted.policy` refers to. `changes` are what they say otherwise " +
      "than the rules before them, `path`, `before` and `after`."
  }),
  ScheduleSet: Schema.Struct({
    ...ofSchedule,
    schedule: Schedule,
    next,
    reason: Schema.optionalKey(Schema.String)
  }).annotate({
    description:
      "There is such a schedule, in place of an older one of the name. `next`, here and below, is its first time to come; " +
      "null if there is none, or none while it is paused."
  }),
  ScheduleRemoved: Schema.Struct({ ...ofSchedule, reason: Schema.optionalKey(Schema.String) }).annotate({
    description: "The schedule is no more. Its runs go on."
  }),
  SchedulePaused: Schema.Struct({ ...ofSchedule, reason: Schema.optionalKey(Schema.String) }).annotate({
    description: "The schedule lets its times pass, from its `next` on, until it is resumed."
  }),
  ScheduleResumed: Schema.Struct({
    ...ofSchedule,
    next,
    reason: Schema.optionalKey(Schema.String)
  }).annotate({ description: "The schedule submits runs again." }),
  ScheduleFired: Schema.Struct({
    ...ofSchedule,
    run: RunId,
    nominal: Schema.optionalKey(Timestamp),
    next: Schema.optionalKey(next)
  }).annotate({
    description:
      "The schedule submits that run, for its time `nominal`; or at once, because someone asked, where neither that nor " +
      "`next` stands here."
  }),
  ScheduleSkipped: Schema.Struct({ ...ofSchedule, nominal: Timestamp, next, cause: SkipCause }).annotate({
    description:
      "The schedule lets its times pass from `nominal` on and before `next`, and submits no run for them."
  }),
  AuditKeySet: Schema.Struct({
    key: VerifierKey,
    note: Schema.optionalKey(Schema.String),
    reason: Schema.optionalKey(Schema.String)
  }).annotate({
    description:
      "Checkpoints are signed by this key from now on. `note` is the last checkpoint of the key before it, which names " +
      "this one; the first key has none."
  })
} as const

type QueueEventData = {
  readonly [T in keyof typeof QueueEventData]: (typeof QueueEventData)[T]["Type"]
}

export type QueueFact = {
  readonly [T in keyof QueueEventData]: { readonly type: T; readonly data: QueueEventData[T] }
}[keyof QueueEventData]

/** A fact about the whole, in its envelope. */
export type QueueEvent = QueueFact & Envelope & { readonly run: null }

/** The data of every kind of event. */
export const EventData = { ...RunEventData, ...QueueEventData }
/** The name of a kind of event. */
export type EventType = keyof typeof EventData

/** Everything that can stand in the log. */
export type Event = RunEvent | QueueEvent

const eventOf = <T extends EventType>(type: T) =>
  Schema.Struct({ ...envelopeFields, type: Schema.Literal(type), data: EventData[type] }).annotate({
    identifier: type
  })

/** The schema of every event, for whatever crosses an edge. */
export const Event = Schema.Union((Object.keys(EventData) as Array<EventType>).map((type) => eventOf(type)))

/** The version of the form that each kind of event is written in. */
export const eventVersions = Object.fromEntries(Object.keys(EventData).map((type) => [type, 1])) as Readonly<
  Record<EventType, number>
>

/** Whether the event is about one run. */
export const isRunEvent = (event: Event): event is RunEvent => event.run !== null

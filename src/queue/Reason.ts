/**
 * Why a run waits, as values that mean the same for ever: each kind has one name, and one place here. Whoever adds a kind is
 * told by the compiler where it is found (`obstacles`), filled in (`explain`), said (`describeReason`) and undone
 * (`whatStarts`).
 */
import * as Schema from "effect/Schema"
import { Timestamp } from "../run/RunSpec.ts"
import { Scope } from "./Scope.ts"

/** Since when it stands in the run's way; never before the run was submitted. */
const since = Timestamp
const by = Schema.String
const reason = Schema.optionalKey(Schema.String)

const LimitFull = Schema.TaggedStruct("LimitFull", {
  limit: Schema.String,
  size: Schema.Int,
  held: Schema.Int,
  holders: Schema.Array(Schema.String),
  holding: Schema.Int,
  ahead: Schema.Int,
  more: Schema.optionalKey(Schema.Literal(true)),
  since
}).annotate({
  description:
    "A limit that it falls under has no slot left: `held` of `size` are taken, by `holding` runs, of which `holders` names " +
    "the first. `ahead` waiting runs before it need a slot of this limit too; `more` says that there are more than were " +
    "counted. Its slots have all been held from `since` on."
})

const PoolsFull = Schema.TaggedStruct("PoolsFull", {
  pools: Schema.Array(Schema.Struct({ pool: Schema.String, size: Schema.Int, taken: Schema.Int }))
}).annotate({
  description:
    "None of the pools that its first steps need has room. `taken` counts claims of steps, and what is reserved for runs " +
    "whose steps have made none yet."
})

const RateReached = Schema.TaggedStruct("RateReached", {
  limit: Schema.String,
  starts: Schema.Int,
  periodMs: Schema.Int,
  burst: Schema.Int,
  at: Timestamp
}).annotate({
  description:
    "A rate limit that it falls under lets the next run start at this moment, if nobody else takes it."
})

const Reserved = Schema.TaggedStruct("Reserved", { limit: Schema.String, for: Schema.String }).annotate({
  description: "What is left of a limit is kept for the first in line, which has waited long."
})

const Behind = Schema.TaggedStruct("Behind", { sequence: Schema.String, run: Schema.String }).annotate({
  description: "Runs of this sequence start in their order, and another one is before it."
})

const Paused = Schema.TaggedStruct("Paused", {
  scope: Scope,
  by,
  until: Schema.optionalKey(Timestamp),
  reason,
  since
}).annotate({ description: "What it belongs to is paused; at `until` that ends by itself." })

const Held = Schema.TaggedStruct("Held", { by, reason, since }).annotate({
  description: "Someone holds it."
})

const NotBefore = Schema.TaggedStruct("NotBefore", { at: Timestamp }).annotate({
  description: "It may not start before this moment."
})

const AdmissionClosed = Schema.TaggedStruct("AdmissionClosed", { since }).annotate({
  description: "No coordinator leads that admits runs."
})

/** One thing that keeps a run from starting now. */
export const Reason = Schema.Union([
  AdmissionClosed,
  NotBefore,
  Held,
  Paused,
  LimitFull,
  PoolsFull,
  RateReached,
  Reserved,
  Behind
]).annotate({ identifier: "Reason" })
export type Reason = typeof Reason.Type

/** The name of a kind of reason. */
export type ReasonCode = Reason["_tag"]

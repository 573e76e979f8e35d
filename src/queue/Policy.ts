/**
 * The rules in force: whether runs stand in line, how many may run at once, and which labels are limited.
 */
import * as Schema from "effect/Schema"
import { Timeouts } from "../run/RunEvent.ts"
import { settings } from "../settings.ts"

/** How many may run at once; 0 lets none start. */
const Size = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))

/** How many runs with a tag may run at once. */
export const TagLimit = Schema.Struct({
  key: Schema.NonEmptyString,
  /** Only runs whose tag has this value fall under the limit; left out, all that carry the tag do, together. */
  value: Schema.optionalKey(Schema.String),
  /** Each value of the tag is counted apart. */
  each: Schema.optionalKey(Schema.Boolean),
  limit: Size
})
  .check(
    Schema.makeFilter((limit) => !(limit.each && limit.value !== undefined), {
      message: "a tag limit names one `value` or counts `each` apart, not both"
    })
  )
  .annotate({ identifier: "TagLimit" })
export type TagLimit = typeof TagLimit.Type

/** The rules in force. */
export const Policy = Schema.Struct({
  /** `queued`: runs stand in line (Dagster's QueuedRunCoordinator); `immediate`: they start as they come. */
  mode: Schema.Literals(["queued", "immediate"]),
  /** Runs in progress at once; null is no limit. */
  maxConcurrentRuns: Schema.NullOr(Size),
  /** Of limits of the same key and form the last one counts, as in Dagster; of different forms, all. */
  tagLimits: Schema.Array(TagLimit),
  /** The name of a custom order; left out, by priority, then first come first served. */
  order: Schema.optionalKey(Schema.NonEmptyString),
  timeouts: Timeouts
}).annotate({ identifier: "Policy" })
export type Policy = typeof Policy.Type

/** What a policy says where nobody says otherwise: Dagster's defaults. */
export const defaultPolicy: Policy = {
  mode: "queued",
  maxConcurrentRuns: 10,
  tagLimits: [],
  timeouts: { startMs: settings.startTimeoutMs, runtimeMs: null, cancelMs: settings.cancelTimeoutMs }
}

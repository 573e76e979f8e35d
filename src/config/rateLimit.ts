/**
 * One limit of `rate_limits`, as a signalbox.yaml writes it, and what it stands for.
 */
import * as Schema from "effect/Schema"
import type { RateLimit } from "../queue/Policy.ts"
import { Tags } from "../run/RunSpec.ts"
import { PerValue } from "./tagConcurrencyLimit.ts"
import type { WholeNumber } from "./wholeNumber.ts"

const million = 1_000_000
const monthSeconds = 31 * 24 * 3600

const between = (int: WholeNumber, maximum: number) =>
  int.check(Schema.isBetween({ minimum: 1, maximum }, { expected: `1 to ${maximum}` }))

/** A rate limit as signalbox.yaml has it. */
export const rateLimit = (int: WholeNumber) =>
  Schema.Struct({
    key: Schema.optionalKey(Schema.NonEmptyString).annotateKey({
      description: "The tag that it looks at. Left out, all runs fall under it."
    }),
    value: Schema.optionalKey(Schema.Union([Schema.String, PerValue])).annotateKey({
      description:
        "A text: only runs with that value. `{ applyLimitPerUniqueValue: true }`: each value has its own rate. " +
        "Left out, all runs with the tag together."
    }),
    where: Schema.optionalKey(Tags).annotateKey({
      description: "Only runs that carry all of these tags fall under it."
    }),
    limit: between(int, million).annotateKey({ description: "So many starts in each period." }),
    period_seconds: between(int, monthSeconds).annotateKey({ description: "The period." }),
    burst: Schema.optionalKey(between(int, million)).annotateKey({
      description: "How many may start at once after a rest. Default: 1, they start evenly spaced."
    })
  })
export type FileRateLimit = ReturnType<typeof rateLimit>["Type"]

/** The rate limit that this stands for. */
export const toRateLimit = ({
  key,
  value,
  where,
  limit,
  period_seconds,
  burst
}: FileRateLimit): RateLimit => ({
  limit,
  periodMs: period_seconds * 1000,
  ...(key !== undefined && { key }),
  ...(typeof value === "string" && { value }),
  ...(typeof value === "object" && value.applyLimitPerUniqueValue && { each: true }),
  ...(where && Object.keys(where).length > 0 && { where }),
  ...(burst !== undefined && { burst })
})

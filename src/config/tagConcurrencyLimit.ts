/**
 * One limit of `tag_concurrency_limits`, as dagster.yaml writes it and as signalbox.yaml does, and what it stands for.
 */
import * as Schema from "effect/Schema"
import { jobKey, type TagLimit } from "../queue/Policy.ts"
import { Tags } from "../run/RunSpec.ts"
import type { WholeNumber } from "./wholeNumber.ts"

/** Instead of a value: each one is counted apart. */
export const PerValue = Schema.Struct({
  applyLimitPerUniqueValue: Schema.Boolean.annotateKey({
    description: "True: each value is counted apart. False: as if `value` were left out."
  })
})

const fields = (int: WholeNumber) => ({
  key: Schema.NonEmptyString.annotateKey({ description: "The tag that it looks at." }),
  limit: int.annotateKey({ description: "Runs in progress at once; 0 or less lets none start." }),
  value: Schema.optionalKey(Schema.Union([Schema.String, PerValue])).annotateKey({
    description:
      "A text: only runs with that value count. `{ applyLimitPerUniqueValue: true }`: each value is counted apart. " +
      "Left out, all runs with the tag count together."
  })
})

/** A limit as dagster.yaml has it. */
export const dagsterTagLimit = Schema.Struct(fields(Schema.Int))

/** A limit as signalbox.yaml has it: with `where` and `distinct` besides. */
export const tagConcurrencyLimit = (int: WholeNumber) =>
  Schema.Struct({
    ...fields(int),
    where: Schema.optionalKey(Tags).annotateKey({
      description: `Only runs that carry all of these tags count. \`${jobKey}\`, here and as \`key\`, is the run's job.`
    }),
    distinct: Schema.optionalKey(Schema.Boolean).annotateKey({
      description: "True: not the runs are counted but the values of the tag among them."
    })
  }).check(
    Schema.makeFilter(({ distinct, value }) => !distinct || value === undefined, {
      message: "`distinct` counts values, so there is no `value` to look at: one of them"
    })
  )
export type TagConcurrencyLimit = ReturnType<typeof tagConcurrencyLimit>["Type"]

/** The limit that this stands for. One below 0 lets none start, as 0 does. */
export const toTagLimit = ({ key, limit, value, where, distinct }: TagConcurrencyLimit): TagLimit => ({
  key,
  limit: Math.max(0, limit),
  ...(typeof value === "string" && { value }),
  ...(typeof value === "object" && value.applyLimitPerUniqueValue && { each: true }),
  ...(distinct && { distinct }),
  ...(where && Object.keys(where).length > 0 && { where })
})

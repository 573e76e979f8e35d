/**
 * What is asked for when a run is submitted. Recorded word for word in `RunSubmitted`.
 */
import * as Schema from "effect/Schema"
import { settings } from "../settings.ts"

/** Names a run for ever. Safe in file names, URLs and shells. */
export const RunId = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9][A-Za-z0-9._:@+-]*$/, {
    message: "a run's id begins with a letter or digit; then letters, digits and . _ : @ + - are allowed"
  }),
  Schema.isMaxLength(settings.runIdLengthMax)
).annotate({ identifier: "RunId" })
export type RunId = typeof RunId.Type

/** Milliseconds since 1970, UTC. */
export const Timestamp = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)).annotate({
  identifier: "Timestamp"
})

/** A length of time in whole milliseconds, more than none. */
export const Milliseconds = Schema.Int.check(Schema.isGreaterThan(0)).annotate({ identifier: "Milliseconds" })

/** Free labels that limits, priorities and people go by. */
export const Tags = Schema.Record(Schema.String, Schema.String).annotate({ identifier: "Tags" })

const fields = {
  id: RunId,
  /** The kind of work: the function to call for an inline run, a name for people otherwise. */
  job: Schema.optionalKey(Schema.NonEmptyString),
  /** A program and its arguments, or one line for `/bin/sh`. A run with a command is a process. */
  command: Schema.optionalKey(Schema.Union([Schema.NonEmptyString, Schema.NonEmptyArray(Schema.String)])),
  /** Handed to the inline function as it is. */
  input: Schema.optionalKey(Schema.Json),
  /** Set for the process on top of the coordinator's own environment. */
  env: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  /** Where the process runs; the coordinator's own folder if left out. */
  cwd: Schema.optionalKey(Schema.NonEmptyString),
  tags: Schema.optionalKey(Tags),
  /** Higher first. Goes before the tag `dagster/priority`. */
  priority: Schema.optionalKey(Schema.Int),
  /** Not admitted before this moment. */
  notBefore: Schema.optionalKey(Timestamp),
  /** Stopped and failed when it has run for so long. */
  maxRuntimeMs: Schema.optionalKey(Milliseconds)
}

/** What is asked for when a run is submitted. */
export const RunSpec = Schema.Struct(fields)
  .check(
    Schema.makeFilter((run) => run.job !== undefined || run.command !== undefined, {
      message: "a run needs a `job` (a function of this program) or a `command` (a process)"
    })
  )
  .annotate({ identifier: "RunSpec" })
export type RunSpec = typeof RunSpec.Type

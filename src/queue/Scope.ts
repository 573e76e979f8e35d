/**
 * What can be paused: all runs, or those of a tag, a pool or a code location.
 */
import * as Schema from "effect/Schema"
import { PoolName } from "../run/RunSpec.ts"

/** What is paused. */
export const Scope = Schema.Union([
  Schema.TaggedStruct("Queue", {}),
  /** Runs with the tag, whatever its value where none is given; `signalbox/job` stands for the run's job. */
  Schema.TaggedStruct("Tag", { key: Schema.NonEmptyString, value: Schema.optionalKey(Schema.String) }),
  Schema.TaggedStruct("Pool", { pool: PoolName }),
  /** Runs whose tag `dagster/code_location` says so. */
  Schema.TaggedStruct("Location", { location: Schema.NonEmptyString })
]).annotate({ identifier: "Scope" })
export type Scope = typeof Scope.Type

const quoted = (key: string): string => (/[="]/.test(key) ? JSON.stringify(key) : key)

/** The same scope gives the same text, and no other does. */
export const scopeName = (scope: Scope): string => {
  switch (scope._tag) {
    case "Queue":
      return "queue"
    case "Tag":
      return scope.value === undefined
        ? `tag ${quoted(scope.key)}`
        : `tag ${quoted(scope.key)}=${scope.value}`
    case "Pool":
      return `pool ${scope.pool}`
    case "Location":
      return `location ${scope.location}`
  }
}

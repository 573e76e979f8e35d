/**
 * Any JSON value. The library's own schema of it would keep whatever holds one from being compiled: reading an event would
 * take ten times as long, whether there is such a value in it or not.
 */
import * as Schema from "effect/Schema"

const isJson = Schema.is(Schema.Json)

/** Any JSON value. */
export const Json = Schema.Unknown.check(
  Schema.makeFilter((value) => isJson(value), { message: "expected a JSON value" })
).annotate({ identifier: "Json" }) as unknown as Schema.Codec<Schema.Json>

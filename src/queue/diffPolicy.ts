/**
 * What one policy changes of another, as values: small enough to stand beside it in the log.
 */
import * as Schema from "effect/Schema"
import { Json } from "../run/Json.ts"
import { formOf } from "./Limits.ts"
import type { Policy } from "./Policy.ts"

/** One thing that another policy says otherwise. What is left out was not, or is no longer, said. */
export const PolicyChange = Schema.Struct({
  after: Schema.optionalKey(Json),
  before: Schema.optionalKey(Json),
  /** Where in the policy; a tag limit goes by the name of its form, such as `each:team`. */
  path: Schema.Array(Schema.String)
}).annotate({ identifier: "PolicyChange" })
export type PolicyChange = typeof PolicyChange.Type

type Json = Exclude<PolicyChange["before"], undefined>
type Leaf = readonly [path: ReadonlyArray<string>, value: Json]

function* leaves(value: unknown, path: ReadonlyArray<string>): Generator<Leaf, void> {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    for (const [key, part] of Object.entries(value)) yield* leaves(part, [...path, key])
  else if (value !== undefined) yield [path, value as Json]
}

/** All that a policy says, each with where it says it. Of tag limits of one form the last one counts. */
export const termsOf = ({ tagLimits, ...rest }: Policy): ReadonlyArray<Leaf> => [
  ...leaves(rest, []),
  ...leaves(Object.fromEntries(tagLimits.map((limit) => [formOf(limit), limit.limit])), ["tagLimits"])
]

const byPath = (policy: Policy): ReadonlyMap<string, Leaf> =>
  new Map(termsOf(policy).map((leaf) => [JSON.stringify(leaf[0]), leaf]))

/** What `after` says otherwise than `before`; nothing where the same rules are in force under both. */
export const diffPolicy = (before: Policy, after: Policy): ReadonlyArray<PolicyChange> => {
  const was = byPath(before)
  const is = byPath(after)
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((key): ReadonlyArray<PolicyChange> => {
    const [path = [], old] = was.get(key) ?? []
    const [newPath = path, fresh] = is.get(key) ?? []
    if (JSON.stringify(old) === JSON.stringify(fresh)) return []
    return [
      {
        ...(fresh !== undefined && { after: fresh }),
        ...(old !== undefined && { before: old }),
        path: newPath
      }
    ]
  })
}

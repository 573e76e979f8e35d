/**
 * Values that JSON has, and objects of them: whatever a schema that asks for text or numbers may be given.
 */
import fc from "fast-check"
import type { RunSpec } from "../../src/run/RunSpec.ts"

type Json = Exclude<RunSpec["input"], undefined>

/** Text of any script, and what is likely to break a store that quotes, cuts or counts. */
export const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("", "'", '"', "\\", "\n\r\t", "\0", "a\0b", "e\u0301", "🧵", "'); DROP TABLE event; --")
)
/** Within JSON, half a surrogate pair survives too. */
export const jsonText = fc.oneof(text, fc.constantFrom("\ud83e", "__proto__", "constructor"))
export const name = jsonText.filter((one) => one !== "")

/** Keys that JSON writes as they are: of those with escapes V8 takes some for others (nodejs/node#63785). */
const key = jsonText.filter((one) => JSON.stringify(one) === `"${one}"`)

/** JSON knows no -0. */
export const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map((one) => one + 0)
export const { json } = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(null, true, false),
    finite,
    jsonText,
    fc.array(tie("json")),
    fc.dictionary(key, tie("json"), { noNullPrototype: true })
  )
}))

export const int = fc.maxSafeInteger()
export const positive = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })
export const timestamp = fc.maxSafeNat()
export const dictionary = fc.dictionary(key, jsonText, { noNullPrototype: true })

/** An object that has the fields of `required`, and any of `optional`. */
export const struct = <R extends object, O extends object = object>(
  required: { [K in keyof R]: fc.Arbitrary<R[K]> },
  optional?: { [K in keyof O]: fc.Arbitrary<O[K]> }
): fc.Arbitrary<R & Partial<O>> =>
  fc.record({ ...required, ...optional } as { [K in keyof (R & O)]: fc.Arbitrary<(R & O)[K]> }, {
    requiredKeys: Object.keys(required) as Array<keyof (R & O)>,
    noNullPrototype: true
  }) as fc.Arbitrary<R & Partial<O>>

/** An object of this tag. */
export const tagged = <T extends string, R extends object, O extends object = object>(
  tag: T,
  required: { [K in keyof R]: fc.Arbitrary<R[K]> },
  optional?: { [K in keyof O]: fc.Arbitrary<O[K]> }
) =>
  struct({ _tag: fc.constant(tag), ...required } as never, optional) as fc.Arbitrary<
    { _tag: T } & R & Partial<O>
  >

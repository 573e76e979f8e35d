/**
 * JSON values of any form, in any script, with what is likely to be ordered or escaped wrongly.
 */
import fc from "fast-check"

type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [key: string]: Json }

const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(
    "",
    "1",
    "10",
    "9",
    "\0",
    "\u001f",
    "\u007f",
    "\u2028",
    "é",
    "e\u0301",
    "\ufb33",
    "😀",
    "__proto__"
  )
)

/** Keys that JSON writes as they are: of those with escapes V8 takes some for others (nodejs/node#63785). */
const key = text.filter((one) => JSON.stringify(one) === `"${one}"`)

/** JSON knows no -0. */
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((one) => one + 0)

/** Any JSON value that UTF-8 can hold. */
export const { arbitraryJson } = fc.letrec<{ arbitraryJson: Json }>((tie) => ({
  arbitraryJson: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom(null, true, false),
    number,
    text,
    fc.array(tie("arbitraryJson")),
    fc.dictionary(key, tie("arbitraryJson"), { noNullPrototype: true })
  )
}))

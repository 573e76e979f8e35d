import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { canonicalJson } from "../../src/log/canonicalJson.ts"
import { arbitraryJson } from "./arbitraryJson.ts"

const doubleOf = (bits: string): number => Buffer.from(bits, "hex").readDoubleBE()

/** RFC 8785, appendix B: the bits of a number, and how it is written. */
const numbers = {
  "0000000000000000": "0",
  "8000000000000000": "0",
  "0000000000000001": "5e-324",
  "8000000000000001": "-5e-324",
  "7fefffffffffffff": "1.7976931348623157e+308",
  ffefffffffffffff: "-1.7976931348623157e+308",
  "4340000000000000": "9007199254740992",
  c340000000000000: "-9007199254740992",
  "4430000000000000": "295147905179352830000",
  "44b52d02c7e14af5": "9.999999999999997e+22",
  "44b52d02c7e14af6": "1e+23",
  "44b52d02c7e14af7": "1.0000000000000001e+23",
  "444b1ae4d6e2ef4e": "999999999999999700000",
  "444b1ae4d6e2ef4f": "999999999999999900000",
  "444b1ae4d6e2ef50": "1e+21",
  "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
  "3eb0c6f7a0b5ed8d": "0.000001",
  "41b3de4355555553": "333333333.3333332",
  "41b3de4355555554": "333333333.33333325",
  "41b3de4355555555": "333333333.3333333",
  "41b3de4355555556": "333333333.3333334",
  "41b3de4355555557": "333333333.33333343",
  becbf647612f3696: "-0.0000033333333333333333",
  "43143ff3c1cb0959": "1424953923781206.2"
}

describe("as RFC 8785 has it", () => {
  it("the example of section 3.2.2 has the bytes of section 3.2.4", () => {
    const value = JSON.parse(String.raw`{
      "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
      "literals": [null, true, false]
    }`)
    const bytes = `
      7b 22 6c 69 74 65 72 61 6c 73 22 3a 5b 6e 75 6c 6c 2c 74 72 75 65 2c 66 61 6c 73 65 5d 2c 22 6e 75 6d 62 65
      72 73 22 3a 5b 33 33 33 33 33 33 33 33 33 2e 33 33 33 33 33 33 33 2c 31 65 2b 33 30 2c 34 2e 35 2c 30 2e 30
      30 32 2c 31 65 2d 32 37 5d 2c 22 73 74 72 69 6e 67 22 3a 22 e2 82 ac 24 5c 75 30 30 30 66 5c 6e 41 27 42 5c
      22 5c 5c 5c 5c 5c 22 2f 22 7d`.replaceAll(/\s/g, "")
    expect(Buffer.from(canonicalJson(value)).toString("hex")).toBe(bytes)
  })

  it("members are in the order of section 3.2.3", () => {
    const members = {
      "\u20ac": "Euro Sign",
      "\r": "Carriage Return",
      "\ufb33": "Hebrew Letter Dalet With Dagesh",
      "1": "One",
      "\ud83d\ude00": "Emoji: Grinning Face",
      "\u0080": "Control",
      "\u00f6": "Latin Small Letter O With Diaeresis"
    }
    expect(canonicalJson(members)).toBe(
      '{"\\r":"Carriage Return","1":"One","\u0080":"Control","ö":"Latin Small Letter O With Diaeresis",' +
        '"€":"Euro Sign","😀":"Emoji: Grinning Face","\ufb33":"Hebrew Letter Dalet With Dagesh"}'
    )
  })

  it("inner objects are ordered too, arrays are not, and nothing is normalized", () => {
    // From the test data of the RFC's author, github.com/cyberphone/json-canonicalization.
    const value = JSON.parse(String.raw`{
      "1": {"f": {"f": "hi","F": 5} ,"\n": 56.0}, "10": { }, "": "empty", "a": { }, "111": [ { } ], "A": { },
      "u": ["\u1e0d\u0307", 56, {"d": true, "10": null, "1": [ ]}]
    }`)
    expect(canonicalJson(value)).toBe(
      '{"":"empty","1":{"\\n":56,"f":{"F":5,"f":"hi"}},"10":{},"111":[{}],"A":{},"a":{},' +
        '"u":["\u1e0d\u0307",56,{"1":[],"10":null,"d":true}]}'
    )
  })

  it.each(Object.entries(numbers))("the number with the bits %s is written %s", (bits, text) => {
    expect(canonicalJson(doubleOf(bits))).toBe(text)
  })
})

describe("for any JSON value", () => {
  it("the text means the value", () => {
    fc.assert(
      fc.property(arbitraryJson, (value) => {
        expect(JSON.parse(canonicalJson(value))).toStrictEqual(value)
      })
    )
  })

  it("the text does not tell in which order its members were put together", () => {
    const reversed = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(reversed)
      if (value === null || typeof value !== "object") return value
      const entries = Object.entries(value).reverse()
      return Object.fromEntries(entries.map(([key, member]) => [key, reversed(member)]))
    }
    fc.assert(
      fc.property(arbitraryJson, (value) => {
        expect(canonicalJson(reversed(value))).toBe(canonicalJson(value))
      })
    )
  })

  it("the text of what it means is the same text", () => {
    fc.assert(
      fc.property(arbitraryJson, (value) => {
        const text = canonicalJson(value)
        expect(canonicalJson(JSON.parse(text))).toBe(text)
      })
    )
  })
})

it("a member that is undefined is not there", () => {
  expect(canonicalJson({ a: undefined, b: 1, c: undefined })).toBe('{"b":1}')
})

it("an object without a prototype is an object", () => {
  expect(canonicalJson(Object.assign(Object.create(null), { a: 1 }))).toBe('{"a":1}')
})

const holdsItself: Record<string, unknown> = {}
holdsItself["a"] = [holdsItself]

const nested = (depth: number): unknown => {
  let value: unknown = 1
  for (let level = 0; level < depth; level++) value = [value]
  return value
}

it("a value is nested a thousand deep at most", () => {
  expect(canonicalJson(nested(1_000))).toBe(`${"[".repeat(1_000)}1${"]".repeat(1_000)}`)
  expect(() => canonicalJson(nested(1_001))).toThrow("it is nested more than 1000 deep")
})

describe("what is no JSON is refused, with where it is and why", () => {
  it.each<[value: unknown, issue: string]>([
    [Number.NaN, "the value is no JSON: it is NaN"],
    [{ a: [0, Number.POSITIVE_INFINITY] }, "the value at /a/1 is no JSON: it is Infinity"],
    [{ a: [0, { b: Number.NEGATIVE_INFINITY }] }, "the value at /a/1/b is no JSON: it is -Infinity"],
    [undefined, "the value is no JSON: it is undefined"],
    [[1, undefined], "the value at /1 is no JSON: it is undefined"],
    [new Array(1), "the value at /0 is no JSON: it is undefined"],
    [{ a: 1n }, "the value at /a is no JSON: it is a bigint"],
    [{ a: Symbol("a") }, "the value at /a is no JSON: it is a symbol"],
    [{ toJSON: () => 1 }, "the value at /toJSON is no JSON: it is a function"],
    [{ at: new Date(0) }, "the value at /at is no JSON: it is no plain object"],
    [new Map(), "the value is no JSON: it is no plain object"],
    [["\ud83e"], 'the value at /0 is no JSON: it holds half a surrogate pair: "\\ud83e"'],
    [{ a: { "b\udd14": 1 } }, "the value at /a/b\udd14 is no JSON: it holds half a surrogate pair"],
    [{ "a/b": { "~": Number.NaN } }, "the value at /a~1b/~0 is no JSON: it is NaN"],
    [[1, [2], { a: 3, b: Number.NaN }], "the value at /2/b is no JSON: it is NaN"],
    [holdsItself, "the value at /a/0/a/0/a/0/a/0/a is no JSON: it is nested more than 1000 deep"]
  ])("%o", (value, issue) => {
    expect(() => canonicalJson(value)).toThrow(issue)
  })
})

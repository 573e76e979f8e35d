import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { parsePriority, priorityOf, priorityTag } from "../../src/run/priority.ts"

const zerosOfScripts = [..."0\u0660\u06f0\u0966\u0e50\uff10\u{1d7ce}\u{1d7d8}\u{1e950}"]
const blanks = [..." \t\n\v\f\r\x85\xa0\u1680\u2003\u3000"]

const digitIn = (zero: string, digit: string): string =>
  String.fromCodePoint((zero.codePointAt(0) ?? 0) + Number(digit))

/** A whole number in one of the many ways in which Python's `int` reads it. */
const spelled = fc
  .record({
    value: fc.bigInt(-(10n ** 30n), 10n ** 30n),
    zeros: fc.nat(3),
    plus: fc.boolean(),
    scripts: fc.array(fc.constantFrom(...zerosOfScripts), { minLength: 1, maxLength: 4 }),
    gaps: fc.array(fc.boolean(), { maxLength: 8 }),
    before: fc.array(fc.constantFrom(...blanks), { maxLength: 3 }),
    after: fc.array(fc.constantFrom(...blanks), { maxLength: 3 })
  })
  .map(({ value, zeros, plus, scripts, gaps, before, after }) => {
    const ascii = "0".repeat(zeros) + String(value < 0n ? -value : value)
    const digits = Array.from(ascii, (digit, index) => {
      const inScript = digitIn(scripts[index % scripts.length] as string, digit)
      return index > 0 && gaps[index] ? `_${inScript}` : inScript
    })
    const sign = value < 0n ? "-" : plus ? "+" : ""
    return { value, text: [...before, sign, ...digits, ...after].join("") }
  })

describe("the tag of the priority", () => {
  it("is read however Python would write or read a whole number", () => {
    fc.assert(fc.property(spelled, ({ value, text }) => BigInt(parsePriority(text)) === value))
  })

  it.each([
    ["7", 7],
    ["-7", -7],
    ["+7", 7],
    ["007", 7],
    [" 7\n", 7],
    ["1_000", 1000],
    ["\u0664\u0662", 42],
    ["\uff11\uff12", 12],
    ["1\u0662", 12],
    ["\xa07\x85", 7],
    ["9007199254740991", 9007199254740991],
    ["9007199254740993", 9007199254740993n],
    ["-9007199254740993", -9007199254740993n]
  ])("%j is %d", (text, value) => {
    expect(parsePriority(text)).toBe(value)
  })

  it.each([
    ..."high 1.5 1e3 0x10 --7 +-7 _7 7_ 1__0 +_7 7,0 NaN Infinity None 7n \u00b2 \u4e03 \u2167 \uff0b7 \u22127".split(
      " "
    ),
    ...["", " ", "1 2", "- 7", "\ufeff7", "7\ufeff", "7\u200b", "\x1c7", "7\x1f", "7\0"]
  ])("%j is no whole number and counts as 0", (text) => {
    expect(parsePriority(text)).toBe(0)
  })

  it("is exact however large: the order of two is the order of their values", () => {
    const large = fc.constantFrom(0n, 2n ** 53n, -(2n ** 53n), 10n ** 40n)
    const near = large
      .chain((around) => fc.bigInt(around - 9n, around + 9n))
      .chain((a) => fc.tuple(fc.constant(a), fc.bigInt(a - 2n, a + 2n)))
    fc.assert(
      fc.property(near, ([a, b]) => {
        const [x, y] = [parsePriority(String(a)), parsePriority(String(b))]
        return x < y === a < b && x > y === a > b
      })
    )
  })
})

describe("a run's priority", () => {
  it("is its field, else its tag, else 0", () => {
    expect(priorityOf({ priority: 3, tags: { [priorityTag]: "9" } })).toBe(3)
    expect(priorityOf({ priority: 0, tags: { [priorityTag]: "9" } })).toBe(0)
    expect(priorityOf({ tags: { [priorityTag]: "9" } })).toBe(9)
    expect(priorityOf({ tags: { team: "red" } })).toBe(0)
    expect(priorityOf({})).toBe(0)
  })

  it("goes by Dagster's name", () => {
    expect(priorityTag).toBe("dagster/priority")
  })
})

const blanks = "[\\t\\n\\v\\f\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]*"
const integer = new RegExp(`^${blanks}([+-]?)(\\p{Nd}+(?:_\\p{Nd}+)*)${blanks}$`, "u")

const isDigit = (code: number): boolean => /\p{Nd}/u.test(String.fromCodePoint(code))

/** Unicode keeps the ten digits of a script side by side, 0 first, and any block of such tens together. */
const digit = (char: string): number => {
  const code = char.codePointAt(0) ?? 0
  let before = 0
  while (isDigit(code - before - 1)) before += 1
  return before % 10
}

/** What Python's `int` makes of a text; undefined where it raises an error. */
export const pythonInt = (text: string): bigint | undefined => {
  const [, sign, digits] = integer.exec(text) ?? []
  if (digits === undefined) return undefined
  const value = BigInt([...digits.replaceAll("_", "")].map(digit).join(""))
  return sign === "-" ? -value : value
}

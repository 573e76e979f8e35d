/**
 * Priorities: whole numbers of any size, higher first.
 *
 * The tag `dagster/priority` is read as Python's `int` reads it, since that is what Dagster does: blanks around
 * it, one sign, leading zeros, single underscores between digits and digits of any script are fine, and there
 * is no upper bound. Anything else counts as 0.
 */

/** A number where that is exact, else a bigint; JavaScript compares the two correctly with `<`. */
export type Priority = number | bigint

/** Dagster's tag for the priority of a run. */
export const priorityTag = "dagster/priority"

// Of Unicode's blanks Python strips those of `\s` but U+FEFF, and U+0085 besides. One pass over the whole text: a
// long one must not cost its square.
const pythonInt = /^[\s\x85]*([+-]?)(\p{Nd}+(?:_\p{Nd}+)*)[\s\x85]*$/u
const digit = /\p{Nd}/u

/** The value of a decimal digit of any script: their code points stand in runs of ten, zero first. */
const digitValue = (char: string): number => {
  const code = char.codePointAt(0) ?? 0
  let first = code
  while (digit.test(String.fromCodePoint(first - 1))) first--
  return (code - first) % 10
}

/** The priority a tag's text stands for; 0 where it is no whole number. */
export const parsePriority = (text: string): Priority => {
  if (text.includes("\ufeff")) return 0
  const [, sign, digits] = pythonInt.exec(text) ?? []
  if (digits === undefined) return 0
  const ascii = Array.from(digits.replaceAll("_", ""), digitValue).join("")
  const value = Number(sign + ascii)
  return Number.isSafeInteger(value) ? value : BigInt(ascii) * (sign === "-" ? -1n : 1n)
}

/** What a run asks for: its `priority` field, else its tag, else 0. */
export const priorityOf = (run: {
  readonly priority?: number | undefined
  readonly tags?: Readonly<Record<string, string>> | undefined
}): Priority => {
  const tag = run.tags?.[priorityTag]
  return run.priority ?? (tag === undefined ? 0 : parsePriority(tag))
}

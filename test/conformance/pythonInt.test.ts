import { expect, it } from "vitest"
import { pythonInt } from "./pythonInt.ts"

it("a text is a number where Python's `int` says so, and that number", () => {
  const numbers: Readonly<Record<string, bigint>> = {
    "007": 7n,
    "+3": 3n,
    "-0": 0n,
    "\t 7\n": 7n,
    "\u0085\u00a04\u2003\u3000": 4n,
    "1_0_0": 100n,
    "-१२": -12n,
    "1٣": 13n,
    "𝟗_𝟘": 90n,
    "99999999999999999999": 99999999999999999999n
  }
  expect(Object.fromEntries(Object.keys(numbers).map((text) => [text, pythonInt(text)]))).toEqual(numbers)
})

it.each([
  "",
  " ",
  "1.5",
  "1__0",
  "_1",
  "1_",
  "+_1",
  "0x10",
  "1e3",
  "½",
  "²",
  "--1",
  "+ 1",
  "3 4",
  "\ufeff8",
  "\x1c5"
])("%j is none", (text) => {
  expect(pythonInt(text)).toBeUndefined()
})

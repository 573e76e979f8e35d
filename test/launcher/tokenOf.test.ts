import fc from "fast-check"
import { expect, it } from "vitest"
import { tokenOf } from "../../src/launcher/tokenOf.ts"
import { settings } from "../../src/settings.ts"

const letters = [..."abcXYZ019._:@+-"]
const rest = fc.array(fc.constantFrom(...letters), { maxLength: settings.runIdLengthMax - 1 })
const runId = fc.tuple(fc.constantFrom("a", "Z", "0"), rest).map(([first, more]) => first + more.join(""))
const attempt = fc.integer({ min: 1, max: 2 ** 31 - 1 })
const box = fc.option(fc.string(), { nil: undefined })
const named = fc
  .record({ run: runId, attempt, box })
  .map(({ box: of, ...rest }) => (of === undefined ? rest : { ...rest, box: of }))

it("any attempt has a name that a container, a pod and a host may bear", () => {
  fc.assert(
    fc.property(named, (of) => {
      expect(tokenOf(of)).toMatch(/^[a-z]([-a-z0-9]{0,54}[a-z0-9])?$/)
    })
  )
})

it("an attempt has one name for ever", () => {
  expect(tokenOf({ run: "nightly.load+1", attempt: 2 })).toBe("sb-nightly-load-1-2-5c8d62504abb")
})

it("attempts, runs and logs are told from each other, also where their ids look alike", () => {
  const names = [
    { run: "a.b", attempt: 1 },
    { run: "a-b", attempt: 1 },
    { run: "A.b", attempt: 1 },
    { run: "a.b", attempt: 11 },
    { run: "a.b-1", attempt: 1 },
    { run: "a.b", attempt: 1, box: "east" },
    { run: "a.b", attempt: 1, box: "west" }
  ].map(tokenOf)
  expect(new Set(names).size).toBe(names.length)
})

import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { RunSpec } from "../../src/run/RunSpec.ts"
import { settings } from "../../src/settings.ts"

const isRun = (spec: object): boolean => Schema.decodeUnknownResult(RunSpec)(spec)._tag === "Success"
const accepts = (more: object): boolean => isRun({ id: "r", job: "work", ...more })

describe("what is asked for", () => {
  it("names a job or a command", () => {
    expect(
      [{ job: "work" }, { command: "ls" }, { command: ["ls", "-l"] }].map((what) =>
        isRun({ id: "r", ...what })
      )
    ).toEqual([true, true, true])
    expect(
      [{}, { job: "" }, { command: "" }, { command: [] }].map((what) => isRun({ id: "r", ...what }))
    ).toEqual([false, false, false, false])
  })

  it.each(["r", "r-42", "nightly.2026-11-23T02:00+01", "a@b_c", "x".repeat(settings.runIdLengthMax)])(
    "may be called %s",
    (id) => {
      expect(accepts({ id })).toBe(true)
    }
  )

  it.each(["", "-r", ".", "../etc", "a b", "a/b", "a\n", "ä", "x".repeat(settings.runIdLengthMax + 1)])(
    "may not be called %j: that is not safe in a file name, a URL or a shell",
    (id) => {
      expect(accepts({ id })).toBe(false)
    }
  )

  it("has a whole number as its priority, and times that are not negative", () => {
    expect([accepts({ priority: -3 }), accepts({ priority: 0.5 })]).toEqual([true, false])
    expect([accepts({ notBefore: 0 }), accepts({ notBefore: -1 })]).toEqual([true, false])
    expect([accepts({ maxRuntimeMs: 1 }), accepts({ maxRuntimeMs: 0 })]).toEqual([true, false])
  })
})

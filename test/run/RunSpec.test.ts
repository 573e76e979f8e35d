import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { RunSpec } from "../../src/run/RunSpec.ts"
import { settings } from "../../src/settings.ts"

// As strict as every edge: a name that is none of a pool's would else be passed over.
const decode = Schema.decodeUnknownResult(RunSpec, { onExcessProperty: "error" })
const isRun = (spec: object): boolean => decode(spec)._tag === "Success"
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
    expect([accepts({ maxQueuedMs: 1 }), accepts({ maxQueuedMs: 0 })]).toEqual([true, false])
  })

  it("uses at least one slot of each pool, by a name that is safe", () => {
    const use = (pools: object) => accepts({ pools })
    expect([{}, { root: { db: 2 } }, { all: ["a-b_c/d.e"] }, { slots: { db: 1 } }].map(use)).toEqual(
      [1, 2, 3, 4].map(() => true)
    )
    const wrong = [
      { root: { db: 0 } },
      { slots: { db: 0.5 } },
      { all: ["a pool"] },
      { all: [""] },
      { root: { "a pool": 1 } }
    ]
    expect(wrong.map(use)).toEqual(wrong.map(() => false))
  })

  it("says what becomes of it while another of its key is active", () => {
    const unique = (how: object) => accepts({ unique: how })
    const known = ["queue", "refuse", "replace", "cancel"]
    expect(known.map((collision) => unique({ key: "k", collision }))).toEqual(known.map(() => true))
    expect([unique({ key: "", collision: "queue" }), unique({ key: "k", collision: "skip" })]).toEqual([
      false,
      false
    ])
  })
})

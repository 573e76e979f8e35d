import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { judge } from "./judge.ts"
import { Recording } from "./Scenario.ts"

const decode = Schema.decodeUnknownSync(Recording)

const recorded = (name: string): ReadonlyArray<Recording> =>
  readFileSync(join(import.meta.dirname, "recorded", name), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => decode(JSON.parse(line)))

const verdicts = (name: string) =>
  recorded(name).map((recording) => ({ id: recording.id, verdict: judge(recording) }))

describe("the queue decides as Dagster's daemon was seen to", () => {
  it("over priorities, tag limits and cancels: in all 150 recordings", () => {
    const others = verdicts("dagster-queue.jsonl").filter(({ verdict }) => verdict._tag !== "Agrees")
    expect(others).toEqual([])
  })

  it("over pools: in all 60 recordings, but where a run that its pools held back had used up a tag limit", () => {
    const others = verdicts("dagster-pools.jsonl").filter(({ verdict }) => verdict._tag !== "Agrees")
    expect(others.map(({ id, verdict }) => [id, verdict._tag])).toEqual([
      ["pools-0052", "Diverges"],
      ["pools-0057", "Diverges"],
      ["pools-0059", "Diverges"]
    ])
  })
})

describe("a recording that the queue does not follow", () => {
  const launchedAt = ({ expected }: Recording) =>
    expected.findIndex((outcome) => (outcome.launched?.length ?? 0) > 0)
  const recording = recorded("dagster-queue.jsonl").find((one) => launchedAt(one) >= 0)
  const first = recording ? launchedAt(recording) : -1

  it("is told by the first step that differs", () => {
    const expected = recording?.expected.map((outcome, at) =>
      at === first ? { ...outcome, launched: [] } : outcome
    )
    const verdict = recording && judge({ ...recording, expected: expected ?? [] })
    expect(verdict).toMatchObject({ _tag: "Differs", at: first, expected: { launched: [] } })
  })

  it("differs where it ends otherwise, and where it asks for what cannot be", () => {
    expect(recording && judge({ ...recording, final: {} })).toMatchObject({ _tag: "Differs", expected: {} })
    const steps = [{ start: { id: "nobody" } }]
    expect(recording && judge({ ...recording, steps })).toMatchObject({
      _tag: "Differs",
      at: 0,
      got: { error: "no run nobody" }
    })
  })
})

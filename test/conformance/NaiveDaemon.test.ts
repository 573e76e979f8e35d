import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { firstMismatch, formatMismatch } from "./firstMismatch.ts"
import { playNaively } from "./NaiveDaemon.ts"
import { Recording } from "./Scenario.ts"

const decode = Schema.decodeUnknownSync(Recording)

const recordings = ["dagster-queue.jsonl", "dagster-pools.jsonl"].flatMap((file) =>
  readFileSync(join(import.meta.dirname, "recorded", file), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => decode(JSON.parse(line)))
)

const mismatches = (leak: boolean) =>
  recordings.flatMap((recording) => {
    const mismatch = firstMismatch(recording, recording, playNaively(recording, { leak }))
    return mismatch ? [{ id: recording.id, step: mismatch.steps.at(-1), mismatch }] : []
  })

describe("the plain model", () => {
  it("answers to every recorded scenario as Dagster did", () => {
    expect(recordings).toHaveLength(210)
    expect(mismatches(true).map(({ id, mismatch }) => `${id}\n${formatMismatch(mismatch)}`)).toEqual([])
  })

  it("without Dagster's leak it decides otherwise in three of them, and only in a tick", () => {
    expect(mismatches(false).map(({ id, step }) => ({ id, step }))).toEqual(
      ["pools-0052", "pools-0057", "pools-0059"].map((id) => ({ id, step: { tick: true } }))
    )
  })
})

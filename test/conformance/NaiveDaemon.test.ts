import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "vitest"
import { firstMismatch, formatMismatch } from "./firstMismatch.ts"
import { playNaively } from "./NaiveDaemon.ts"
import { type Config, Recording, type Step } from "./Scenario.ts"

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

describe("the plain model and the recordings", () => {
  it("answers to each as Dagster did", () => {
    expect(recordings).toHaveLength(210)
    expect(mismatches(true).map(({ id, mismatch }) => `${id}\n${formatMismatch(mismatch)}`)).toEqual([])
  })

  it("without Dagster's leak decides otherwise in three, each time in a tick", () => {
    expect(mismatches(false).map(({ id, step }) => ({ id, step }))).toEqual(
      ["pools-0052", "pools-0057", "pools-0059"].map((id) => ({ id, step: { tick: true } }))
    )
  })
})

/** What only the description decides: no recording would tell another answer apart. */
describe("the plain model, where no recording decides", () => {
  const config: Config = {
    block_op_concurrency_limited_runs: { enabled: true, op_concurrency_slot_buffer: 1 },
    pools: { granularity: "op", limits: { db: 1 } }
  }
  const needsDb = { root: { db: 1 }, all: ["db"], unconstrained_root: false }
  const started = (id: string): ReadonlyArray<Step> => [
    { inject: { id, tags: { "dagster/priority": id }, status: "STARTED" } }
  ]
  const claim = (id: string): Step => ({ claim: { id, step: "a", pool: "db" } })
  const lastOf = (...steps: ReadonlyArray<Step>) =>
    playNaively({ config, steps }, { leak: false }).expected.at(-1)

  it("counts claims for a pool, those that wait too", () => {
    const r: Step = { submit: { id: "r", tags: {}, pools: needsDb } }
    const running = [...started("1"), ...started("2"), r]
    expect(lastOf(...running, claim("1"), { tick: true })).toMatchObject({ launched: ["r"] })
    expect(lastOf(...running, claim("1"), claim("2"), { tick: true })).toMatchObject({ launched: [] })
  })

  it("lets claims wait in the order of their runs' priorities", () => {
    const line = [...started("1"), ...started("2"), ...started("3"), claim("2"), claim("1"), claim("3")]
    const free: Step = { release: { id: "2", step: "a" } }
    expect(lastOf(...line, free, claim("1"))).toEqual({ claimed: false })
    expect(lastOf(...line, free, claim("3"))).toEqual({ claimed: true })
  })

  it("counts a run for its root pools no more once it is canceled", () => {
    const r = (id: string): Step => ({ submit: { id, tags: {}, pools: { ...needsDb, root: { db: 2 } } } })
    const steps: ReadonlyArray<Step> = [r("r1"), { tick: true }, { start: { id: "r1" } }, r("r2")]
    expect(lastOf(...steps, { tick: true })).toMatchObject({ launched: [] })
    expect(lastOf(...steps, { cancel: { id: "r1" } }, { tick: true })).toMatchObject({ launched: ["r2"] })
  })
})

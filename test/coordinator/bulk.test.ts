import * as Result from "effect/Result"
import { describe, expect, it } from "vitest"
import { type OpenOptions, open } from "../../src/coordinator/open.ts"
import type { Event } from "../../src/queue/Event.ts"
import { settings } from "../../src/settings.ts"

const many = 2 * settings.submitChunkRuns + 3

const openIdle = (options: OpenOptions = {}) =>
  open({ jobs: { noop: () => undefined }, policy: { maxConcurrentRuns: 0 }, ...options })

const runs = (count: number) => Array.from({ length: count }, (_, at) => ({ id: `r${at}`, job: "noop" }))

const submittedIn = async (events: AsyncIterable<Event>): Promise<ReadonlyArray<Event>> => {
  const found: Array<Event> = []
  for await (const event of events) if (event.type === "RunSubmitted") found.push(event)
  return found
}

describe("many runs in one call", () => {
  it("are submitted in their order, each chunk in one turn, and no turn has more than a chunk", async () => {
    await using box = await openIdle()
    const results = await box.submitAll(runs(many), { actor: "ann" })
    expect(results.map((result) => Result.isSuccess(result) && result.success.id)).toEqual(
      runs(many).map(({ id }) => id)
    )
    const submitted = await submittedIn(box.events())
    expect(new Set(submitted.map(({ actor }) => actor))).toEqual(new Set(["ann"]))
    const turns = [...Map.groupBy(submitted, ({ turn }) => turn).values()].map((turn) => turn.length)
    expect(turns).toEqual([settings.submitChunkRuns, settings.submitChunkRuns, 3])
    await box.close({ mode: "handover" })
  })

  it("may be asked for again under the same key, which submits nothing twice", async () => {
    await using box = await openIdle()
    await box.submitAll(runs(many - 1), { idempotencyKey: "k" })
    const nameless = runs(many).map(({ job }) => ({ job }))
    const again = await box.submitAll(nameless, { idempotencyKey: "k" })
    const ids = again.map((result) => Result.isSuccess(result) && result.success.id)
    expect(ids.slice(0, -1)).toEqual(runs(many - 1).map(({ id }) => id))
    expect((await submittedIn(box.events())).length).toBe(many)
    await box.close({ mode: "handover" })
  })

  it("are refused one by one, where they make no sense, are there already or find no room", async () => {
    await using box = await openIdle({ policy: { maxConcurrentRuns: 0, maxQueuedRuns: 2 } })
    const results = await box.submitAll([...runs(1), { id: "b" }, ...runs(1), ...runs(4)])
    expect(results.map((result) => Result.isFailure(result) && result.failure.rejection._tag)).toEqual([
      false,
      "CommandInvalid",
      "RunExists",
      "RunExists",
      false,
      "QueueFull",
      "QueueFull"
    ])
    await box.close({ mode: "handover" })
  })

  it("may be none", async () => {
    await using box = await openIdle()
    expect(await box.submitAll([])).toEqual([])
    await box.close({ mode: "handover" })
  })
})

describe("a run that is submitted twice under one key", () => {
  it("is the same run", async () => {
    await using box = await openIdle()
    const run = await box.submit({ job: "noop" }, { idempotencyKey: "k" })
    expect(await box.submit({ job: "noop" }, { idempotencyKey: "k" })).toEqual(run)
    await expect(box.submit({ job: "noop", priority: 1 }, { idempotencyKey: "k" })).rejects.toMatchObject({
      rejection: { _tag: "KeyReused", first: run.id, differs: ["priority"] }
    })
    await box.close({ mode: "handover" })
  })
})

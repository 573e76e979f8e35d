import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { open, type Signalbox } from "../../src/coordinator/open.ts"
import * as MemoryEventLog from "../../src/log/MemoryEventLog.ts"
import type { Event } from "../../src/queue/Event.ts"
import { layerMemory } from "../../src/subscription/SqliteSubscriptionStore.ts"
import { temporaryFolder } from "../log/temporaryFolder.ts"

const jobs = { nothing: () => undefined }

/** Does a run, and waits until a subscription has told of its end. */
const told = async (box: Signalbox, id: string, name = "tell") => {
  const seen: Array<string> = []
  const heard = Promise.withResolvers<void>()
  await using _ = box.subscribe({
    name,
    filter: { types: ["RunSubmitted", "RunSucceeded"] },
    handler: async ([{ type, run }]) => {
      seen.push(`${run} ${type}`)
      if (run === id && type === "RunSucceeded") heard.resolve()
    }
  })
  await box.submit({ id, job: "nothing" })
  await heard.promise
  return seen
}

describe("a subscription of an open Signalbox", () => {
  it.live("goes on where it was when the log is opened again", () =>
    Effect.flatMap(temporaryFolder, (folder) =>
      Effect.promise(async () => {
        const log = join(folder, "runs.db")
        {
          await using box = await open({ log, jobs })
          expect(await told(box, "a")).toEqual(["a RunSubmitted", "a RunSucceeded"])
          // What was taken last may have been recorded or not, when it was closed so soon.
          expect((await told(box, "b")).slice(-2)).toEqual(["b RunSubmitted", "b RunSucceeded"])
        }
        await using box = await open({ log, jobs })
        const again = await told(box, "c")
        expect(again.slice(-2)).toEqual(["c RunSubmitted", "c RunSucceeded"])
        expect(again).not.toContain("a RunSubmitted")
        expect(await told(box, "d", "other")).toContain("a RunSubmitted")
      })
    )
  )

  it("ends when the Signalbox is closed, and by itself where it does not follow", async () => {
    const box = await open({ jobs })
    const seen: Array<Event> = []
    const following = box.subscribe({ name: "follow", handler: () => undefined })
    const once = box.subscribe({
      name: "once",
      follow: false,
      batchMax: 100,
      handler: (events) => void seen.push(...events)
    })
    await once.ended
    expect(seen[0]?.type).toBe("CoordinatorStarted")
    expect(seen.map(({ position }) => position)).toEqual(seen.map((_, at) => at + 1))
    await box.close()
    await following.ended
  })

  it("tells why it cannot go on", async () => {
    await using box = await open({ jobs })
    const reasonOf = (name: string) =>
      box.subscribe({ name, handler: () => undefined }).ended.then(
        () => undefined,
        (error) => error.reason._tag
      )
    expect(await reasonOf("No Name")).toBe("Invalid")
    await using _ = box.subscribe({ name: "taken", handler: () => undefined })
    expect(await reasonOf("taken")).toBe("Delivered")
  })

  it("takes no checkpoint where nobody has said where to keep it", async () => {
    await using box = await open({ log: MemoryEventLog.layer, jobs })
    const handler = () => undefined
    await expect(box.subscribe({ name: "a", handler }).ended).rejects.toThrow(/say as `subscriptions` where/)
    await using other = await open({ log: MemoryEventLog.layer, subscriptions: layerMemory, jobs })
    await other.subscribe({ name: "a", follow: false, handler }).ended
  })
})

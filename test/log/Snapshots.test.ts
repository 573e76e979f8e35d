/**
 * A snapshot is a cache: what fits makes a start quicker, and whatever does not fit makes no difference.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import fc from "fast-check"
import { recover } from "../../src/coordinator/recover.ts"
import { makeMemoryEventLog } from "../../src/log/MemoryEventLog.ts"
import { snapshotFile } from "../../src/log/Snapshots.ts"
import type { Event } from "../../src/queue/Event.ts"
import { essence, foldVersion } from "../../src/queue/Facts.ts"
import { contents, type RunQueue } from "../../src/queue/RunQueue.ts"
import { priorityTag } from "../../src/run/priority.ts"
import { software } from "../../src/software.ts"
import { orders, play } from "../simulation/History.ts"
import { history } from "../simulation/histories.ts"
import { fold } from "../simulation/World.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

/** A log in which much has happened: the longest of some random histories. */
const log = (seed: number): ReadonlyArray<Event> =>
  fc
    .sample(history, { seed, numRuns: 20 })
    .map((steps) => play(steps).log)
    .reduce((longest, one) => (one.length > longest.length ? one : longest))

const events = log(1)
const half = Math.floor(events.length / 2)

const saved = Effect.fnUntraced(function* (of: RunQueue) {
  const path = join(yield* temporaryFolder, "snapshot")
  const store = snapshotFile(path)
  yield* store.save(makeMemoryEventLog(events), essence(of))
  return { path, store }
})

describe("a snapshot of a queue", () => {
  it.live("is the queue that it was made of, and the events that follow make the same of it", () =>
    Effect.gen(function* () {
      const { store } = yield* saved(fold(events.slice(0, half), orders))
      const { queue, kept } = yield* recover(makeMemoryEventLog(events), store, events.length, orders)
      expect(kept).toBe(half)
      expect(contents(queue)).toEqual(contents(fold(events, orders)))
    })
  )

  it.live("stays what it was, though the queue goes on", () =>
    Effect.gen(function* () {
      const queue = fold(events.slice(0, half), orders)
      const before = essence(queue)
      for (const event of events.slice(half)) queue.apply(event)
      const store = snapshotFile(join(yield* temporaryFolder, "snapshot"))
      yield* store.save(makeMemoryEventLog(events), before)
      const loaded = yield* store.load(makeMemoryEventLog(events), events.length)
      expect(loaded).toEqual(essence(fold(events.slice(0, half), orders)))
    })
  )

  it.live("holds priorities that no JSON number can hold", () =>
    Effect.gen(function* () {
      const spec = { tags: { [priorityTag]: "9007199254740993" } }
      const { queue, log: wide } = play([{ step: "turn", asks: [{ ask: "submit", spec, startsIn: 0 }] }])
      const store = snapshotFile(join(yield* temporaryFolder, "snapshot"))
      yield* store.save(makeMemoryEventLog(wide), essence(queue))
      const loaded = yield* store.load(makeMemoryEventLog(wide), wide.length)
      expect(loaded?.runs.map(({ priority }) => priority)).toEqual([9007199254740993n])
    })
  )
})

describe("a snapshot that does not fit is passed over", () => {
  const queue = fold(events.slice(0, half), orders)

  const loadedFrom = (path: string, of: ReadonlyArray<Event>, upTo = of.length) =>
    snapshotFile(path).load(makeMemoryEventLog(of), upTo)

  it.live("where there is none", () =>
    Effect.gen(function* () {
      expect(yield* loadedFrom(join(yield* temporaryFolder, "none"), events)).toBeUndefined()
    })
  )

  it.live("where it tells of more than is asked for, or than the log holds", () =>
    Effect.gen(function* () {
      const { path } = yield* saved(queue)
      expect(yield* loadedFrom(path, events, half)).toBeDefined()
      expect(yield* loadedFrom(path, events, half - 1)).toBeUndefined()
      expect(yield* loadedFrom(path, events.slice(0, half - 1), events.length)).toBeUndefined()
    })
  )

  it.live("where the log is another one", () =>
    Effect.gen(function* () {
      const { path } = yield* saved(queue)
      const [first, ...rest] = events
      const other = [{ ...first, actor: "someone else" } as Event, ...rest]
      expect(yield* loadedFrom(path, other)).toBeUndefined()
    })
  )

  it.live("where another program or another fold has made it", () =>
    Effect.gen(function* () {
      const { path } = yield* saved(queue)
      const text = readFileSync(path, "utf8")
      for (const [mine, other] of [
        [`"software":"${software}"`, `"software":"signalbox 0.0.1"`],
        [`"fold":${foldVersion}`, `"fold":${foldVersion + 1}`]
      ] as const) {
        expect(text).toContain(mine)
        writeFileSync(path, text.replace(mine, other))
        expect(yield* loadedFrom(path, events)).toBeUndefined()
      }
    })
  )

  it.live("where any byte of it is another, or its end is missing", () =>
    Effect.gen(function* () {
      const { path } = yield* saved(queue)
      const whole = readFileSync(path)
      const damaged = fc.oneof(
        fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, by]) => {
          const bytes = Buffer.from(whole)
          bytes[at] = (bytes[at] as number) ^ by
          return bytes
        }),
        fc.nat(whole.length - 1).map((length) => whole.subarray(0, length))
      )
      const property = fc.asyncProperty(damaged, async (bytes) => {
        writeFileSync(path, bytes)
        expect(await Effect.runPromise(loadedFrom(path, events))).toBeUndefined()
      })
      yield* Effect.promise(() => fc.assert(property, { numRuns: 100 }))
    })
  )

  it.live("where it could not be written", () =>
    Effect.gen(function* () {
      const path = join(yield* temporaryFolder, "no folder", "snapshot")
      yield* snapshotFile(path).save(makeMemoryEventLog(events), essence(queue))
      expect(yield* loadedFrom(path, events)).toBeUndefined()
    })
  )
})

import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import type { Assignment } from "../../src/launcher/Launcher.ts"
import { makeWorkersLauncher } from "../../src/launcher/makeWorkersLauncher.ts"
import { WorkerPool } from "../../src/launcher/WorkerPool.ts"
import type { RunSpec } from "../../src/run/RunSpec.ts"
import { temporaryFolder } from "../log/temporaryFolder.ts"
import { assignmentOf, Ear } from "./assignment.ts"
import { Crew } from "./Crew.ts"
import { launcherContract } from "./LauncherContract.ts"

launcherContract(
  "workers elsewhere",
  Effect.map(Crew.make, (crew) => crew.workshop),
  ["hold", "admit", "kill", "forget", "lie"]
)

const leaseMs = 1_000
const ann = { worker: "ann", run: "r", attempt: 1 }
const bob = { ...ann, worker: "bob" }
const assignment = (more: Partial<Assignment> = {}, spec: Partial<RunSpec> = {}): Assignment => ({
  ...assignmentOf({ id: "r", job: "bake", ...spec }),
  ...more
})

/** A pool, and what becomes of an attempt that was handed to it. */
const handIn = Effect.fnUntraced(function* (given: Assignment = assignment()) {
  const folder = yield* temporaryFolder
  const pool = new WorkerPool(folder, { leaseMs })
  const launcher = makeWorkersLauncher(pool)
  const ear = yield* Ear.make
  const launch = yield* Effect.forkChild(launcher.launch(given, ear.tell), { startImmediately: true })
  return { pool, launcher, ear, launch, folder, given }
})

const taken = (pool: WorkerPool, ...queues: ReadonlyArray<string>) =>
  Effect.map(Effect.timeoutOption(pool.take(queues.length > 0 ? queues : ["default"], 9), 1), (handed) =>
    handed._tag === "Some" ? handed.value.map(({ assignment: { run } }) => run) : []
  )
const takenNow = (pool: WorkerPool, ...queues: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(taken(pool, ...queues), { startImmediately: true })
    yield* TestClock.adjust(1)
    return yield* Fiber.join(fiber)
  })

describe("an attempt that waits for a worker", () => {
  it.effect("is offered to one at a time, and to the next where that one does not start it", () =>
    Effect.gen(function* () {
      const { pool } = yield* handIn()
      expect(yield* takenNow(pool)).toEqual(["r"])
      expect(yield* takenNow(pool)).toEqual([])
      yield* TestClock.adjust(1.5 * leaseMs)
      expect(yield* takenNow(pool)).toEqual(["r"])
    })
  )

  it.effect("is the first one's who starts it, and no other's", () =>
    Effect.gen(function* () {
      const { pool, ear } = yield* handIn()
      expect(pool.start(bob)).toBe("go on")
      expect(pool.start(ann)).toBe("over")
      expect(pool.start(bob)).toBe("go on")
      expect(yield* takenNow(pool)).toEqual([])
      expect(yield* ear.rest).toEqual([{ _tag: "Accepted" }, { _tag: "Started", worker: "bob" }])
      expect(pool.end(ann, { _tag: "Succeeded" })).toBe("over")
    })
  )

  it.effect("is given to a worker that waits already, the oldest first, as many as it can take", () =>
    Effect.gen(function* () {
      const pool = new WorkerPool(yield* temporaryFolder, { leaseMs })
      const launcher = makeWorkersLauncher(pool)
      const waiting = yield* Effect.forkChild(pool.take(["default"], 2), { startImmediately: true })
      for (const id of ["a", "b", "c"]) {
        yield* Effect.forkChild(
          launcher.launch(assignmentOf({ id, job: "bake" }), () => {}),
          {
            startImmediately: true
          }
        )
      }
      expect((yield* Fiber.join(waiting)).map(({ assignment: { run } }) => run)).toEqual(["a"])
      expect((yield* pool.take(["default"], 2)).map(({ assignment: { run } }) => run)).toEqual(["b", "c"])
    })
  )

  it.effect("goes to workers that ask for its queue", () =>
    Effect.gen(function* () {
      const { pool } = yield* handIn(assignment({}, { tags: { "signalbox/queue": "gpu" } }))
      expect(yield* takenNow(pool)).toEqual([])
      expect(yield* takenNow(pool, "default", "gpu")).toEqual(["r"])
    })
  )

  it.effect("and that the log does not say was started, is offered anew after a restart", () =>
    Effect.gen(function* () {
      const { pool } = yield* handIn(assignment({ recovered: true }))
      expect(yield* takenNow(pool)).toEqual(["r"])
    })
  )
})

describe("a worker that is silent for most of its lease", () => {
  it.effect("is missed, once, and well again when it is heard of: that alone ends nothing", () =>
    Effect.gen(function* () {
      const { pool, ear } = yield* handIn()
      pool.start(ann)
      yield* ear.rest
      for (let silence = 0; silence < 5; silence++) {
        yield* TestClock.adjust(0.5 * leaseMs)
        expect(yield* ear.rest).toEqual([])
        yield* TestClock.adjust(0.5 * leaseMs)
        const message = "worker ann was not heard of for 750 ms"
        expect(yield* ear.rest).toEqual([{ _tag: "Health", healthy: false, transient: true, message }])
        expect(pool.hear(ann)).toBe("go on")
        expect(yield* ear.rest).toEqual([{ _tag: "Health", healthy: true }])
        expect(pool.hear(ann)).toBe("go on")
        expect(yield* ear.rest).toEqual([])
      }
    })
  )
})

describe("the lease of a worker", () => {
  it.effect("goes on while it is heard of, and then ends: it is lost, and what it says later is late", () =>
    Effect.gen(function* () {
      const { pool, launch } = yield* handIn()
      pool.start(ann)
      for (let count = 0; count < 10; count++) {
        yield* TestClock.adjust(leaseMs)
        expect(pool.hear(ann)).toBe("go on")
      }
      yield* TestClock.adjust(1.25 * leaseMs)
      const message = "worker ann was not heard of for 1000 ms"
      expect(yield* Fiber.join(launch)).toEqual({ _tag: "WorkerLost", message })
      expect(pool.hear(ann)).toBe("over")
      expect(pool.end(ann, { _tag: "Succeeded" })).toBe("over")
    })
  )

  it.effect("is not renewed by another worker, nor by waiting for news", () =>
    Effect.gen(function* () {
      const { pool, launch } = yield* handIn()
      pool.start(ann)
      yield* Effect.forkChild(pool.news(ann))
      for (let count = 0; count < 5; count++) {
        yield* TestClock.adjust(leaseMs / 4)
        expect(pool.hear(bob)).toBe("over")
      }
      expect(yield* Fiber.join(launch)).toMatchObject({ _tag: "WorkerLost" })
    })
  )

  it.effect("goes on for the worker that the log names, after a restart, and for no other", () =>
    Effect.gen(function* () {
      const { pool, launch, ear } = yield* handIn(assignment({ recovered: true, worker: "ann" }))
      expect(yield* ear.rest).toEqual([{ _tag: "Started", worker: "ann" }])
      expect(yield* takenNow(pool)).toEqual([])
      expect(pool.start(bob)).toBe("over")
      expect(pool.hear(ann)).toBe("go on")
      yield* TestClock.adjust(leaseMs)
      expect(pool.end(ann, { _tag: "Succeeded", result: 1 })).toBe("go on")
      expect(yield* Fiber.join(launch)).toEqual({ _tag: "Succeeded", result: 1 })
    })
  )

  it.effect("ends after a restart, too, where its worker does not come back", () =>
    Effect.gen(function* () {
      const { launch } = yield* handIn(assignment({ recovered: true, worker: "ann" }))
      yield* TestClock.adjust(1.25 * leaseMs)
      expect(yield* Fiber.join(launch)).toMatchObject({ _tag: "WorkerLost" })
    })
  )

  it.effect("runs once, however many wait for the end", () =>
    Effect.gen(function* () {
      const { pool, launch, launcher, given } = yield* handIn()
      pool.start(ann)
      const again = yield* Effect.forkChild(
        launcher.launch(given, () => {}),
        { startImmediately: true }
      )
      yield* TestClock.adjust(leaseMs)
      expect(launch.pollUnsafe()).toBeUndefined()
      yield* Fiber.interrupt(launch)
      yield* TestClock.adjust(1.25 * leaseMs)
      expect(yield* Fiber.join(again)).toMatchObject({ _tag: "WorkerLost" })
    })
  )
})

describe("a worker that is to stop", () => {
  it.effect("hears of it at once where it waits, and its word is the end", () =>
    Effect.gen(function* () {
      const { pool, launch, launcher, given } = yield* handIn()
      pool.start(ann)
      const news = yield* Effect.forkChild(pool.news(ann), { startImmediately: true })
      const stop = yield* Effect.forkChild(launcher.stop(given), { startImmediately: true })
      yield* Fiber.join(news)
      expect(pool.hear(ann)).toBe("stop")
      yield* pool.news(ann)
      pool.end(ann, { _tag: "Succeeded" })
      expect(yield* Fiber.join(stop)).toEqual({ _tag: "Succeeded" })
      expect(yield* Fiber.join(launch)).toEqual({ _tag: "Succeeded" })
    })
  )

  it.effect("since before a restart hears of it, and is lost where it never comes back", () =>
    Effect.gen(function* () {
      const pool = new WorkerPool(yield* temporaryFolder, { leaseMs })
      const stop = yield* Effect.forkChild(
        makeWorkersLauncher(pool).stop(assignment({ recovered: true, worker: "ann" })),
        { startImmediately: true }
      )
      expect(pool.hear(ann)).toBe("stop")
      yield* TestClock.adjust(1.25 * leaseMs)
      expect(yield* Fiber.join(stop)).toMatchObject({ _tag: "WorkerLost" })
    })
  )

  it.effect("before its start was recorded never starts", () =>
    Effect.gen(function* () {
      const { pool, launch } = yield* handIn()
      pool.start(ann)
      pool.withdraw(bob)
      expect(launch.pollUnsafe()).toBeUndefined()
      pool.withdraw(ann)
      expect(yield* Fiber.join(launch)).toEqual({ _tag: "Terminated", message: "stopped before it started" })
    })
  )

  it.effect("for its run has ended without it, hears that it is over", () =>
    Effect.gen(function* () {
      const { pool, given } = yield* handIn()
      pool.start(ann)
      const news = yield* Effect.forkChild(pool.news(ann), { startImmediately: true })
      pool.forget(given)
      yield* Fiber.join(news)
      expect(pool.hear(ann)).toBe("unknown")
    })
  )
})

it.effect("a pool that is closed hands nothing out, and keeps nobody waiting", () =>
  Effect.gen(function* () {
    const { pool } = yield* handIn()
    pool.start(ann)
    const take = yield* Effect.forkChild(pool.take(["default"], 1), { startImmediately: true })
    const news = yield* Effect.forkChild(pool.news(ann), { startImmediately: true })
    pool.close()
    expect(yield* Fiber.join(take)).toEqual([])
    yield* Fiber.join(news)
    expect(yield* pool.take(["default"], 1)).toEqual([])
  })
)

it.live("progress is told, and lines go to the run's own log", () =>
  Effect.gen(function* () {
    const { pool, ear, folder } = yield* handIn()
    pool.start(ann)
    pool.hear(ann, { _tag: "Progress", fraction: 0.5 }, ["one", "two"])
    pool.hear(bob, { _tag: "Progress", fraction: 1 }, ["three"])
    expect((yield* ear.rest).slice(2)).toEqual([{ _tag: "Progress", fraction: 0.5 }])
    const file = join(folder, "r", "1", "log")
    while (!existsSync(file) || !readFileSync(file, "utf8").includes("two")) yield* Effect.sleep(1)
    expect(readFileSync(file, "utf8")).toBe("one\ntwo\n")
  })
)

import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { makeInlineLauncher } from "../../src/launcher/InlineLauncher.ts"
import { makeMemoryEventLog } from "../../src/log/MemoryEventLog.ts"
import { explain } from "../../src/queue/explain.ts"
import { settings } from "../../src/settings.ts"
import { ManualJobs } from "./ManualJobs.ts"
import { OutsideWorld } from "./OutsideWorld.ts"
import { eventsOf, quiet, rules, startCoordinator, submit } from "./startCoordinator.ts"

describe("a coordinator that drains", () => {
  it.effect("admits nothing more, and ends when nothing is in flight", () =>
    Effect.gen(function* () {
      const log = makeMemoryEventLog()
      const jobs = new ManualJobs()
      const policy = rules({ maxConcurrentRuns: 1 })
      const coordinator = yield* startCoordinator({ log, jobs: jobs.jobs, policy })
      yield* coordinator.askAll([submit("a", "manual"), submit("b", "quick")])
      const draining = yield* Effect.forkChild(coordinator.shutDown({ reason: "upgrade" }, { actor: "ann" }))
      yield* quiet
      expect(yield* coordinator.state).toBe("draining")
      expect(draining.pollUnsafe()).toBeUndefined()
      expect((yield* coordinator.ask(submit("c", "quick"))).run?.state).toBe("queued")
      const why = yield* coordinator.query((queue, now) => explain(queue, "c", now)?.reasons)
      expect(why?.[0]).toMatchObject({ _tag: "AdmissionClosed" })
      jobs.end("a")
      expect(yield* Fiber.join(draining)).toEqual({ mode: "drain", ended: ["a"], left: [] })
      expect(jobs.begun).toEqual(["a 1"])
      expect(yield* coordinator.state).toBe("stopped")
      const events = (yield* eventsOf(log)).filter(({ type }) => /Draining|Stopped/.test(type))
      expect(events).toMatchObject([
        { actor: "ann", data: { mode: "drain", withinMs: settings.drainTimeoutMs, reason: "upgrade" } },
        { actor: "ann", data: { mode: "drain", reason: "upgrade" } }
      ])
    })
  )

  it.effect("ends at once where nothing runs", () =>
    Effect.gen(function* () {
      const coordinator = yield* startCoordinator()
      expect(yield* coordinator.shutDown()).toEqual({ mode: "drain", ended: [], left: [] })
    })
  )

  it.effect("lets go of what runs on when its time is over", () =>
    Effect.gen(function* () {
      const log = makeMemoryEventLog()
      const jobs = new ManualJobs()
      const launcher = makeInlineLauncher(jobs.jobs, "")
      const first = yield* startCoordinator({ log, launcher })
      yield* first.askAll([submit("a", "manual"), submit("b", "manual")])
      const draining = yield* Effect.forkChild(first.shutDown({ withinMs: 5_000 }))
      yield* quiet
      jobs.end("b")
      yield* quiet
      yield* TestClock.adjust(4_999)
      expect(draining.pollUnsafe()).toBeUndefined()
      yield* TestClock.adjust(1)
      expect(yield* Fiber.join(draining)).toEqual({ mode: "drain", ended: ["b"], left: ["a"] })
      const data = { mode: "drain", inFlight: 1, runs: ["a"] }
      expect((yield* eventsOf(log)).at(-1)).toMatchObject({ type: "CoordinatorStopped", data })
      const second = yield* startCoordinator({ log, launcher })
      jobs.end("a")
      expect(yield* second.ended("a")).toMatchObject({ state: "succeeded", attempt: 1 })
    })
  )

  it.effect("leaves what waits to a later one", () =>
    Effect.gen(function* () {
      const log = makeMemoryEventLog()
      const { jobs, begun } = new ManualJobs()
      const first = yield* startCoordinator({ log, jobs, policy: rules({ maxConcurrentRuns: 0 }) })
      yield* first.ask(submit("a", "quick"))
      yield* first.shutDown()
      const second = yield* startCoordinator({ log, jobs, policy: rules({}) })
      yield* second.ended("a")
      expect(begun).toEqual(["a 1"])
    })
  )
})

describe("a coordinator that ends at once", () => {
  it.effect("cancels what runs, with the reason, and waits until it is gone", () =>
    Effect.gen(function* () {
      const log = makeMemoryEventLog()
      const world = new OutsideWorld()
      const policy = rules({ maxConcurrentRuns: 1 })
      const coordinator = yield* startCoordinator({ log, launcher: world.launcher, policy })
      yield* coordinator.askAll([submit("a", "manual"), submit("b", "manual")])
      yield* quiet
      const shutdown = { mode: "immediate", reason: "the host goes down" } as const
      expect(yield* coordinator.shutDown(shutdown, { actor: "ann" })).toEqual({
        mode: "immediate",
        ended: ["a"],
        left: []
      })
      expect(world.starts).toEqual(["a 1"])
      const ends = (yield* eventsOf(log)).filter(({ type }) => type === "RunCancelRequested")
      expect(ends).toMatchObject([
        { run: "a", actor: "ann", data: { cause: { reason: "the host goes down" } } }
      ])
    })
  )

  it.effect("hands over what takes no notice, when its time is over", () =>
    Effect.gen(function* () {
      const coordinator = yield* startCoordinator({ jobs: { manual: () => new Promise(() => {}) } })
      yield* coordinator.ask(submit("a", "manual"))
      const ending = yield* Effect.forkChild(coordinator.shutDown({ mode: "immediate" }))
      yield* quiet
      yield* TestClock.adjust(settings.immediateTimeoutMs)
      expect(yield* Fiber.join(ending)).toEqual({ mode: "immediate", ended: [], left: ["a"] })
    })
  )
})

describe("a coordinator that hands over", () => {
  it.effect("lets go of all that runs, and says so", () =>
    Effect.gen(function* () {
      const log = makeMemoryEventLog()
      const jobs = new ManualJobs()
      const coordinator = yield* startCoordinator({ log, jobs: jobs.jobs })
      yield* coordinator.askAll([submit("a", "manual"), submit("b", "manual")])
      expect(yield* coordinator.shutDown({ mode: "handover" }, { actor: "ann" })).toEqual({
        mode: "handover",
        ended: [],
        left: ["a", "b"]
      })
      expect((yield* eventsOf(log)).at(-1)).toMatchObject({
        type: "CoordinatorStopped",
        actor: "ann",
        data: { mode: "handover", inFlight: 2, runs: ["a", "b"] }
      })
    })
  )

  it.effect("is refused where it has ended already", () =>
    Effect.gen(function* () {
      const coordinator = yield* startCoordinator()
      yield* coordinator.shutDown()
      expect(yield* Effect.flip(coordinator.shutDown())).toMatchObject({ reason: { _tag: "Stopped" } })
    })
  )
})

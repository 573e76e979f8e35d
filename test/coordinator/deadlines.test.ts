import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import type { Launcher } from "../../src/launcher/Launcher.ts"
import { makeMemoryEventLog } from "../../src/log/MemoryEventLog.ts"
import type { Policy } from "../../src/queue/Policy.ts"
import type { Outcome } from "../../src/run/Outcome.ts"
import { settings } from "../../src/settings.ts"
import { ManualJobs } from "./ManualJobs.ts"
import { type OutsideJob, OutsideWorld } from "./OutsideWorld.ts"
import {
  cancel,
  eventsOf,
  lifeOf,
  quiet,
  rules,
  type Setting,
  startCoordinator,
  submit
} from "./startCoordinator.ts"

const timeouts = { startMs: 1_000, runtimeMs: 5_000, cancelMs: 500 }

/** A coordinator with one slot and short time limits. */
const start = (setting: Setting, policy: Partial<Policy> = {}) =>
  Effect.gen(function* () {
    const log = makeMemoryEventLog()
    const timed = rules({ maxConcurrentRuns: 1, timeouts, ...policy })
    const coordinator = yield* startCoordinator({ log, policy: timed, ...setting })
    const stateOf = (run: string) => coordinator.query((queue) => queue.run(run).state)
    return { log, coordinator, stateOf, lifeOf: (run: string) => lifeOf(log, run) }
  })

/** Time passes, and all that follows from it happens. */
const pass = (ms: number) => Effect.andThen(TestClock.adjust(ms), quiet)

describe("the time before which a run may not start", () => {
  it.effect("is kept to the millisecond", () =>
    Effect.gen(function* () {
      const { jobs, begun } = new ManualJobs()
      const { log, coordinator, stateOf } = yield* start({ jobs })
      yield* coordinator.ask(submit("late", "quick", { notBefore: 10_000 }))
      yield* coordinator.ask(submit("early", "quick", { notBefore: 4_000 }))
      yield* coordinator.ask(submit("now", "quick"))
      yield* pass(3_999)
      expect(begun).toEqual(["now 1"])
      yield* pass(1)
      expect(begun).toEqual(["now 1", "early 1"])
      yield* pass(5_999)
      expect(yield* stateOf("late")).toBe("queued")
      yield* pass(1)
      expect(yield* coordinator.ended("late")).toMatchObject({ state: "succeeded", admittedAt: 10_000 })
      expect((yield* eventsOf(log)).at(-1)?.at).toBe(10_000)
    })
  )

  it.effect("is kept also where it is further off than a timer reaches", () =>
    Effect.gen(function* () {
      const { jobs, begun } = new ManualJobs()
      const { coordinator } = yield* start({ jobs })
      const inAYear = 365 * 24 * 3_600_000
      yield* coordinator.ask(submit("a", "quick", { notBefore: inAYear }))
      yield* pass(inAYear - 1)
      expect(begun).toEqual([])
      yield* pass(1)
      expect(begun).toEqual(["a 1"])
    })
  )
})

describe("a run that does not start in time", () => {
  it.effect("is stopped, keeps its slot until its worker is gone, and then fails", () =>
    Effect.gen(function* () {
      const world = new OutsideWorld()
      // Its worker takes a while to go.
      const launcher: Launcher["Service"] = {
        ...world.launcher,
        stop: (of) => Effect.andThen(Effect.sleep(300), world.launcher.stop(of))
      }
      const { coordinator, stateOf, lifeOf } = yield* start({ launcher })
      yield* coordinator.askAll([submit("a", "slow"), submit("b", "quick")])
      yield* pass(999)
      expect(yield* stateOf("a")).toBe("launching")
      yield* pass(1)
      expect(yield* stateOf("a")).toBe("canceling")
      yield* pass(299)
      expect(yield* stateOf("a")).toBe("canceling")
      expect(yield* stateOf("b")).toBe("queued")
      yield* pass(1)
      expect(yield* coordinator.ended("a")).toMatchObject({
        state: "failed",
        endedAt: 1_300,
        end: { cause: { _tag: "StartTimeout", limitMs: 1_000 }, worker: { _tag: "Terminated" } }
      })
      expect(yield* coordinator.ended("b")).toMatchObject({ state: "succeeded", admittedAt: 1_300 })
      expect(yield* lifeOf("a")).toEqual([
        "RunSubmitted",
        "RunQueued",
        "RunAdmitted",
        "RunCancelRequested",
        "RunFailed"
      ])
    })
  )
})

describe("a run that takes longer than it may", () => {
  it.effect("is stopped, and fails when its worker is gone", () =>
    Effect.gen(function* () {
      const { jobs } = new ManualJobs()
      const { coordinator, stateOf } = yield* start({ jobs })
      yield* coordinator.ask(submit("a", "manual"))
      yield* pass(4_999)
      expect(yield* stateOf("a")).toBe("started")
      yield* pass(1)
      expect(yield* coordinator.ended("a")).toMatchObject({
        state: "failed",
        endedAt: 5_000,
        stopping: { actor: "signalbox" },
        end: { cause: { _tag: "RuntimeExceeded", limitMs: 5_000 }, worker: { _tag: "Terminated" } }
      })
    })
  )

  it.effect("goes by its own limit, and by what the rules said when it came", () =>
    Effect.gen(function* () {
      const { jobs } = new ManualJobs()
      const { coordinator, stateOf } = yield* start({ jobs }, { maxConcurrentRuns: null })
      yield* coordinator.askAll([submit("own", "manual", { maxRuntimeMs: 7_000 }), submit("old", "manual")])
      yield* coordinator.ask({
        _tag: "SetPolicy",
        policy: rules({ timeouts: { ...timeouts, runtimeMs: 100 } })
      })
      yield* coordinator.ask(submit("new", "manual"))
      const states = Effect.all({ own: stateOf("own"), old: stateOf("old"), new: stateOf("new") })
      yield* pass(100)
      expect(yield* states).toEqual({ own: "started", old: "started", new: "failed" })
      yield* pass(4_900)
      expect(yield* states).toEqual({ own: "started", old: "failed", new: "failed" })
      yield* pass(2_000)
      expect(yield* states).toEqual({ own: "failed", old: "failed", new: "failed" })
    })
  )

  it.effect("has succeeded after all where its work was done before it could be stopped", () =>
    Effect.gen(function* () {
      const jobs = new ManualJobs()
      const { coordinator, stateOf } = yield* start({ jobs: jobs.jobs })
      yield* coordinator.ask(submit("a", "deaf"))
      yield* pass(5_000)
      expect(yield* stateOf("a")).toBe("canceling")
      jobs.end("a")
      expect(yield* coordinator.ended("a")).toMatchObject({ state: "succeeded" })
    })
  )

  it.effect.each<readonly [string, Outcome, string]>([
    ["success", { _tag: "Succeeded" }, "RunSucceeded"],
    ["failure", { _tag: "Exited", code: 1 }, "RunFailed"]
  ])("is not stopped where its %s comes with the deadline", ([, outcome, end]) =>
    Effect.gen(function* () {
      const launcher: Launcher["Service"] = {
        launch: (_, tell) =>
          Effect.suspend(() => {
            tell({ _tag: "Started" })
            return Effect.as(Effect.sleep(timeouts.runtimeMs), outcome)
          }),
        stop: () => Effect.never,
        forget: () => undefined
      }
      const { coordinator, lifeOf } = yield* start({ launcher })
      yield* coordinator.ask(submit("a", "manual"))
      yield* pass(timeouts.runtimeMs)
      expect(yield* coordinator.ended("a")).toMatchObject({ endedAt: timeouts.runtimeMs })
      expect(yield* lifeOf("a")).toEqual(["RunSubmitted", "RunQueued", "RunAdmitted", "RunStarted", end])
    })
  )
})

describe("a run whose worker does not stop", () => {
  it.effect("ends without its word, frees its slot, and what the worker tells later is not heard", () =>
    Effect.gen(function* () {
      const jobs = new ManualJobs()
      const { log, coordinator, stateOf } = yield* start({ jobs: jobs.jobs })
      yield* coordinator.askAll([submit("a", "deaf"), submit("b", "manual")])
      yield* pass(100)
      yield* coordinator.ask(cancel("a"))
      yield* pass(499)
      expect(yield* stateOf("a")).toBe("canceling")
      expect(yield* stateOf("b")).toBe("queued")
      yield* pass(1)
      const ended = yield* coordinator.ended("a")
      expect(ended).toMatchObject({ state: "canceled", endedAt: 600, end: { cause: { _tag: "Asked" } } })
      expect(ended.end).not.toHaveProperty("worker")
      expect(yield* stateOf("b")).toBe("started")
      const { position } = yield* log.head
      jobs.end("a")
      yield* quiet
      expect((yield* log.head).position).toBe(position)
    })
  )
})

describe("a run whose launcher cannot be reached", () => {
  it.effect("stands in line again after a while, as often as it may, and then fails", () =>
    Effect.gen(function* () {
      const world = new OutsideWorld()
      const { coordinator, stateOf, lifeOf } = yield* start({ launcher: world.launcher })
      yield* coordinator.ask(submit("a", "unreachable"))
      yield* quiet
      for (let attempt = 1; attempt <= settings.launchRetriesMax; attempt++) {
        expect(world.starts).toHaveLength(attempt)
        expect(yield* stateOf("a")).toBe("queued")
        yield* pass(settings.launchRetryDelayMs - 1)
        expect(world.starts).toHaveLength(attempt)
        yield* pass(1)
      }
      expect(world.starts).toEqual(["a 1", "a 2", "a 3"])
      expect(yield* coordinator.ended("a")).toMatchObject({
        state: "failed",
        attempt: settings.launchRetriesMax + 1,
        end: { cause: { _tag: "LaunchUnreachable", message: "no route" } }
      })
      expect(yield* lifeOf("a")).toEqual(
        [
          "RunSubmitted",
          "RunQueued",
          ...Array(settings.launchRetriesMax).fill(["RunAdmitted", "RunRequeued"]),
          "RunAdmitted",
          "RunFailed"
        ].flat()
      )
      expect(world.forgotten).toEqual(world.starts)
    })
  )

  it.effect("holds no slot while it waits for its next attempt", () =>
    Effect.gen(function* () {
      const { launcher } = new OutsideWorld()
      const { coordinator, stateOf } = yield* start({ launcher })
      const jobs: ReadonlyArray<OutsideJob> = ["unreachable", "manual"]
      yield* coordinator.askAll(jobs.map((job) => submit(job, job)))
      yield* quiet
      expect(yield* stateOf("unreachable")).toBe("queued")
      expect(yield* stateOf("manual")).toBe("started")
      yield* coordinator.ask(cancel("unreachable"))
      expect(yield* coordinator.ended("unreachable")).toMatchObject({ state: "canceled", attempt: 1 })
    })
  )
})

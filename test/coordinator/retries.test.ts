import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { makeMemoryEventLog } from "../../src/log/MemoryEventLog.ts"
import { explain } from "../../src/queue/explain.ts"
import { defaultRetries } from "../../src/queue/Policy.ts"
import { Caller } from "./Caller.ts"
import { crash, FailingLog } from "./FailingLog.ts"
import { OutsideWorld } from "./OutsideWorld.ts"
import {
  cancel,
  eventsOf,
  lifeOf,
  quiet,
  setPolicy,
  startCoordinator,
  submit,
  timeless
} from "./startCoordinator.ts"

const exited = { _tag: "Exited", code: 1 } as const
const lost = { _tag: "WorkerLost", message: "its machine is gone" } as const
const at = (location: string) => ({ tags: { "dagster/code_location": location } })

describe("a worker that is lost", () => {
  it.effect("is followed by another attempt on the slots that the run holds, as often as was settled", () =>
    Effect.gen(function* () {
      const world = new OutsideWorld()
      const log = makeMemoryEventLog()
      const policy = timeless({ maxConcurrentRuns: 1, retries: { ...defaultRetries, resumes: 1 } })
      const { launcher } = world
      const coordinator = yield* startCoordinator({ log, launcher, policy })
      yield* coordinator.ask(submit("a", "manual"))
      yield* coordinator.ask(submit("b", "manual"))
      yield* quiet
      world.end("a", lost)
      yield* quiet
      // Whatever it is told to do, this world's work of `a` ends as lost: the second attempt, too.
      expect(world.starts).toEqual(["a 1", "a 2", "b 1"])
      expect((yield* coordinator.ended("a")).end).toMatchObject({ state: "failed", cause: lost })
      expect(yield* lifeOf(log, "a")).toEqual([
        "RunSubmitted",
        "RunQueued",
        "RunAdmitted",
        "RunStarted",
        "RunResumed",
        "RunStarted",
        "RunFailed"
      ])
    })
  )

  it.effect("is followed by another attempt though the rules have no room for it any more", () =>
    Effect.gen(function* () {
      const world = new OutsideWorld()
      const retries = { ...defaultRetries, resumes: 1 }
      const { launcher } = world
      const coordinator = yield* startCoordinator({ launcher, policy: timeless({ retries }) })
      yield* coordinator.ask(submit("a", "manual"))
      yield* coordinator.ask(setPolicy(timeless({ retries, maxConcurrentRuns: 0 })))
      world.end("a", lost)
      yield* quiet
      expect(yield* coordinator.state).toBe("leading")
      expect(world.starts).toEqual(["a 1", "a 2"])
    })
  )
})

describe("a launcher that cannot be reached", () => {
  it.effect("pauses the code location of the run and no other, and for no longer than was said", () =>
    Effect.gen(function* () {
      const world = new OutsideWorld()
      const log = makeMemoryEventLog()
      const retries = { ...defaultRetries, launches: 1, launchDelayMs: 60_000 }
      const policy = timeless({ retries })
      const { launcher } = world
      const coordinator = yield* startCoordinator({ log, launcher, policy })
      yield* coordinator.ask(submit("bad", "unreachable", at("x")))
      yield* quiet
      yield* coordinator.ask(submit("same", "quick", at("x")))
      yield* coordinator.ask(submit("other", "quick", at("y")))
      yield* quiet
      expect(world.starts).toEqual(["bad 1", "other 1"])
      yield* TestClock.adjust(59_999)
      expect(world.starts).toEqual(["bad 1", "other 1"])
      yield* TestClock.adjust(1)
      yield* quiet
      expect(world.starts).toEqual(["bad 1", "other 1", "bad 2", "same 1"])
      const types = (yield* eventsOf(log)).map(({ type }) => type)
      expect(types.filter((type) => type.startsWith("Admission"))).toEqual([
        "AdmissionPaused",
        "AdmissionResumed"
      ])
    })
  )

  it.effect("stays paused for a coordinator that follows", () =>
    Effect.gen(function* () {
      const world = new OutsideWorld()
      const log = makeMemoryEventLog()
      const retries = { ...defaultRetries, launches: 1, launchDelayMs: 60_000 }
      const setting = { log, launcher: world.launcher, policy: timeless({ retries }) }
      yield* Effect.scoped(
        Effect.gen(function* () {
          const coordinator = yield* startCoordinator(setting)
          yield* coordinator.ask(submit("bad", "unreachable", at("x")))
          yield* quiet
        })
      )
      const coordinator = yield* startCoordinator(setting)
      yield* coordinator.ask(submit("same", "quick", at("x")))
      yield* TestClock.adjust(59_999)
      yield* quiet
      expect(world.starts).toEqual(["bad 1"])
      yield* TestClock.adjust(1)
      yield* quiet
      expect(world.starts).toContain("same 1")
    })
  )
})

describe("work that has failed", () => {
  const policy = timeless({ retries: { ...defaultRetries, runs: 2 } })

  it.effect("is done again as new runs, as often as was settled", () =>
    Effect.gen(function* () {
      const world = new OutsideWorld()
      const coordinator = yield* startCoordinator({ launcher: world.launcher, policy })
      for (const run of ["a", "a-retry1", "a-retry2"]) world.end(run, exited)
      yield* coordinator.ask(submit("a", "manual"))
      yield* quiet
      expect(world.starts).toEqual(["a 1", "a-retry1 1", "a-retry2 1"])
      const runs = yield* coordinator.query((queue) => [...queue.runs.values()])
      expect(runs.map(({ spec, root, retry }) => [spec.parent, root, retry])).toEqual([
        [undefined, "a", undefined],
        ["a", "a", 1],
        ["a-retry1", "a", 2]
      ])
    })
  )

  it.effect.each([true, false])(
    "is done again once, at whatever append the coordinator is gone (written: %s)",
    (written) =>
      Effect.gen(function* () {
        for (let failing = 1; failing <= 8; failing++) {
          yield* Effect.scoped(
            Effect.gen(function* () {
              const world = new OutsideWorld()
              for (const run of ["a", "a-retry1", "a-retry2"]) world.end(run, exited)
              const log = makeMemoryEventLog()
              const { log: faulty } = new FailingLog(log, (nth) =>
                nth === failing ? crash(written) : undefined
              )
              const caller = yield* Caller.make(
                startCoordinator({ log: faulty, launcher: world.launcher, policy })
              )
              yield* caller.ask(submit("a", "manual"))
              for (const run of ["a", "a-retry1", "a-retry2"]) yield* caller.ended(run)
              const submitted = (yield* eventsOf(log)).filter(({ type }) => type === "RunSubmitted")
              expect(submitted.map(({ run }) => run)).toEqual(["a", "a-retry1", "a-retry2"])
            })
          )
        }
      })
  )
})

describe("a run with retry rules", () => {
  const policy = timeless({ maxConcurrentRuns: 1 })

  it.effect("gives its slot to others while it waits for another attempt", () =>
    Effect.gen(function* () {
      const world = new OutsideWorld()
      const coordinator = yield* startCoordinator({ launcher: world.launcher, policy })
      world.end("a", exited)
      yield* coordinator.ask(submit("a", "manual", { retry: [{ max: 2, delayMs: 60_000, factor: 1 }] }))
      yield* coordinator.ask(submit("b", "manual"))
      yield* quiet
      expect(world.starts).toEqual(["a 1", "b 1"])
      const [queued, why] = yield* coordinator.query((queue, now) => [
        queue.run("a"),
        explain(queue, "a", now)?.reasons
      ])
      expect(queued).toMatchObject({ state: "queued", attempt: 1, setBack: { cause: exited } })
      expect(why).toMatchObject([{ _tag: "NotBefore" }, { _tag: "LimitFull", holders: ["b"] }])
      world.end("b", { _tag: "Succeeded" })
      yield* TestClock.adjust(59_999)
      yield* quiet
      expect(world.starts).toEqual(["a 1", "b 1"])
      yield* TestClock.adjust(1)
      yield* quiet
      yield* TestClock.adjust(60_000)
      yield* quiet
      expect(world.starts).toEqual(["a 1", "b 1", "a 2", "a 3"])
      expect((yield* coordinator.ended("a")).end).toMatchObject({ state: "failed", cause: exited })
    })
  )

  it.effect("may be canceled while it waits, and is not tried again then", () =>
    Effect.gen(function* () {
      const world = new OutsideWorld()
      const coordinator = yield* startCoordinator({ launcher: world.launcher, policy })
      world.end("a", exited)
      yield* coordinator.ask(submit("a", "manual", { retry: [{ max: 9, delayMs: 60_000 }] }))
      yield* quiet
      yield* coordinator.ask(cancel("a"))
      expect((yield* coordinator.ended("a")).end).toMatchObject({ state: "canceled" })
      yield* TestClock.adjust(600_000)
      yield* quiet
      expect(world.starts).toEqual(["a 1"])
    })
  )

  it.effect("is done again as a new run where its rule says so, after its wait", () =>
    Effect.gen(function* () {
      const world = new OutsideWorld()
      const coordinator = yield* startCoordinator({ launcher: world.launcher, policy })
      for (const run of ["a", "a-retry1"]) world.end(run, exited)
      const retry = [{ max: 1, delayMs: 60_000, as: "run" }] as const
      yield* coordinator.ask(submit("a", "manual", { retry }))
      yield* quiet
      expect(world.starts).toEqual(["a 1"])
      yield* TestClock.adjust(60_000)
      yield* quiet
      expect(world.starts).toEqual(["a 1", "a-retry1 1"])
      expect(yield* coordinator.query((queue) => [...queue.runs.keys()])).toEqual(["a", "a-retry1"])
    })
  )
})

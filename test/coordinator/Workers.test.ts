import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { makeInlineLauncher } from "../../src/launcher/InlineLauncher.ts"
import type { Launcher, Report } from "../../src/launcher/Launcher.ts"
import { makeMemoryEventLog } from "../../src/log/MemoryEventLog.ts"
import type { Outcome } from "../../src/run/Outcome.ts"
import type { RunCommand } from "../../src/run/RunCommand.ts"
import { settings } from "../../src/settings.ts"
import { HeldLog } from "./HeldLog.ts"
import { fresh, hire, neverStops, nobody, touched } from "./hire.ts"
import { ManualJobs } from "./ManualJobs.ts"
import { makePuppet } from "./makePuppet.ts"
import { OutsideWorld } from "./OutsideWorld.ts"
import { eventsOf, quiet, rules, startCoordinator, submit } from "./startCoordinator.ts"

describe("the permits of a run", () => {
  it.effect("are held from its launch until its end is recorded", () =>
    Effect.gen(function* () {
      const jobs = new ManualJobs()
      const { workers, reports, taken } = yield* hire(makeInlineLauncher(jobs.jobs, ""))
      workers.begin(touched("launching"), fresh)
      expect(taken()).toBe(1)
      jobs.end("r")
      yield* quiet
      expect(reports.map(({ _tag }) => _tag)).toEqual(["ReportStarted", "ReportEnded"])
      expect(taken()).toBe(1)
      yield* workers.end(touched("succeeded"))
      expect(taken()).toBe(0)
    })
  )

  const wrong = new Error("out of order")
  it.effect.each<readonly [string, Launcher["Service"]["launch"], Outcome]>([
    ["launcher dies", () => Effect.die(wrong), { _tag: "WorkerLost", message: "its launcher failed: " }],
    [
      "launcher throws",
      () => {
        throw wrong
      },
      { _tag: "WorkerLost", message: "its launcher failed: " }
    ],
    ["launcher gives up", () => Effect.interrupt, { _tag: "WorkerLost", message: "its launcher failed: " }],
    [
      "worker is lost",
      () => Effect.succeed({ _tag: "WorkerLost", message: "gone" }),
      { _tag: "WorkerLost", message: "gone" }
    ]
  ])("come back where its %s", ([, launch, outcome]) =>
    Effect.gen(function* () {
      const { workers, reports, taken } = yield* hire({ ...neverStops, launch })
      workers.begin(touched("launching"), fresh)
      yield* quiet
      expect(reports).toMatchObject([{ _tag: "ReportEnded", attempt: 1, outcome: { _tag: outcome._tag } }])
      expect(JSON.stringify(reports)).toContain("message" in outcome ? outcome.message : "")
      expect(taken()).toBe(1)
      yield* workers.end(touched("failed"))
      expect(taken()).toBe(0)
    })
  )

  it.effect("come back where it is over while its launcher still works", () =>
    Effect.gen(function* () {
      const world = new OutsideWorld()
      const { workers, reports, taken } = yield* hire(world.launcher)
      workers.begin(touched("launching", "deaf"), fresh)
      workers.begin(touched("canceling", "deaf"), nobody)
      yield* workers.end(touched("canceled", "deaf"))
      expect(taken()).toBe(0)
      expect(world.forgotten).toEqual(["r 1"])
      world.end("r")
      yield* quiet
      expect(reports.map(({ _tag }) => _tag)).toEqual(["ReportStarted"])
    })
  )

  it.effect("come back where the coordinator lets go, and the work goes on", () =>
    Effect.gen(function* () {
      const world = new OutsideWorld()
      const { workers, taken } = yield* Effect.scoped(
        Effect.tap(hire(world.launcher), ({ workers }) =>
          Effect.sync(() => workers.begin(touched("launching"), fresh))
        )
      )
      expect(taken()).toBe(0)
      expect(workers.permits.taken.size).toBe(0)
      expect(world.working).toEqual(["r 1"])
      expect(world.stops).toEqual([])
    })
  )

  it.effect("are taken anew by its next attempt", () =>
    Effect.gen(function* () {
      const world = new OutsideWorld()
      const { workers, taken } = yield* hire(world.launcher)
      workers.begin(touched("launching", "unreachable"), fresh)
      yield* workers.end(touched("queued", "unreachable"))
      expect(taken()).toBe(0)
      for (const attempt of [2, 3]) {
        yield* workers.end(touched("launching", "unreachable", attempt))
        workers.begin(touched("launching", "unreachable", attempt), fresh)
        expect(taken()).toBe(1)
      }
      expect(world.starts).toEqual(["r 1", "r 2", "r 3"])
      expect(world.forgotten).toEqual(["r 1", "r 2"])
    })
  )
})

describe("a run that is being stopped", () => {
  it.effect("is told so once, and its launcher is heard once though it tells of the end twice", () =>
    Effect.gen(function* () {
      const world = new OutsideWorld()
      const { workers, reports } = yield* hire(world.launcher)
      workers.begin(touched("launching"), fresh)
      workers.begin(touched("canceling"), nobody)
      workers.begin(touched("canceling"), nobody)
      yield* quiet
      expect(world.stops).toEqual(["r 1"])
      expect(reports.filter(({ _tag }) => _tag === "ReportEnded")).toHaveLength(1)
    })
  )

  it.effect("goes on being stopped where time has ended it first", () =>
    Effect.gen(function* () {
      const world = new OutsideWorld()
      const stop: Launcher["Service"]["stop"] = (of) =>
        Effect.andThen(Effect.sleep(300), world.launcher.stop(of))
      const { workers, taken } = yield* hire({ ...world.launcher, stop })
      workers.begin(touched("launching"), fresh)
      workers.begin(touched("canceling"), nobody)
      yield* workers.end(touched("canceled"))
      expect(taken()).toBe(0)
      expect(world.working).toEqual(["r 1"])
      yield* TestClock.adjust(300)
      expect(world.working).toEqual([])
    })
  )

  it.effect("since before a restart is stopped and not launched, and holds its permits meanwhile", () =>
    Effect.gen(function* () {
      const world = new OutsideWorld()
      const { workers, reports, taken } = yield* hire(world.launcher)
      workers.begin(touched("canceling"), nobody)
      expect(taken()).toBe(1)
      yield* quiet
      expect({ starts: world.starts, stops: world.stops }).toEqual({ starts: [], stops: ["r 1"] })
      expect(reports).toMatchObject([{ _tag: "ReportEnded", outcome: { _tag: "Terminated" } }])
    })
  )
})

describe("the progress of a run", () => {
  const fraction = (value: number): Report => ({ _tag: "Progress", fraction: value })
  const told = (reports: ReadonlyArray<RunCommand>) =>
    reports.map((report) => (report._tag === "ReportProgress" ? report.fraction : report._tag))

  it.effect("is told at once and then at most so often, the newest each time", () =>
    Effect.gen(function* () {
      const puppet = makePuppet()
      const { workers, reports } = yield* hire(puppet.launcher)
      workers.begin(touched("launching"), fresh)
      for (const value of [0.1, 0.2, 0.3]) puppet.tell(fraction(value))
      expect(told(reports)).toEqual([0.1])
      yield* TestClock.adjust(settings.progressIntervalMs - 1)
      puppet.tell(fraction(0.4))
      expect(told(reports)).toEqual([0.1])
      yield* TestClock.adjust(1)
      expect(told(reports)).toEqual([0.1, 0.4])
      yield* TestClock.adjust(10 * settings.progressIntervalMs)
      expect(told(reports)).toEqual([0.1, 0.4])
      puppet.tell(fraction(0.5))
      expect(told(reports)).toEqual([0.1, 0.4, 0.5])
    })
  )

  it.effect("that came last is told before the end, and none after it", () =>
    Effect.gen(function* () {
      const puppet = makePuppet()
      const { workers, reports } = yield* hire(puppet.launcher)
      workers.begin(touched("launching"), fresh)
      for (const value of [0.1, 0.9, 1]) puppet.tell(fraction(value))
      puppet.end({ _tag: "Succeeded" })
      yield* quiet
      puppet.tell(fraction(0))
      yield* TestClock.adjust(settings.progressIntervalMs)
      expect(told(reports)).toEqual([0.1, 1, "ReportEnded"])
    })
  )
})

describe("a launcher that tells what cannot be recorded", () => {
  it.effect.each([Number.NaN, -0.1, 1.1, Number.POSITIVE_INFINITY, "half"])(
    "is not heard where it tells of a progress of %s",
    (fraction) =>
      Effect.gen(function* () {
        const puppet = makePuppet()
        const { workers, reports } = yield* hire(puppet.launcher)
        workers.begin(touched("launching"), fresh)
        puppet.tell({ _tag: "Progress", fraction } as Report)
        puppet.end({ _tag: "Succeeded" })
        yield* quiet
        expect(reports).toMatchObject([{ _tag: "ReportEnded" }])
      })
  )

  it.effect.each<unknown>([
    { _tag: "Exited", code: Number.NaN },
    { _tag: "Threw", message: 7 },
    { _tag: "Succeeded", result: { at: Number.NaN } },
    { _tag: "Finished" },
    undefined
  ])("has lost its worker where it tells of %o as an end", (outcome) =>
    Effect.gen(function* () {
      const puppet = makePuppet()
      const { workers, reports } = yield* hire(puppet.launcher)
      workers.begin(touched("launching"), fresh)
      puppet.end(outcome as Outcome)
      yield* quiet
      const message = "its launcher told of an end that cannot be recorded"
      expect(reports).toMatchObject([{ _tag: "ReportEnded", outcome: { _tag: "WorkerLost", message } }])
    })
  )
})

describe("where permits and slots disagree", () => {
  it.effect("the coordinator ends, says what is wrong, and leaves nobody without an answer", () =>
    Effect.gen(function* () {
      const held = new HeldLog(makeMemoryEventLog())
      const { jobs, begun } = new ManualJobs()
      const policy = rules({ maxConcurrentRuns: 1 })
      const coordinator = yield* startCoordinator({ log: held.log, jobs, policy })
      yield* coordinator.ask(submit("a", "manual"))
      yield* coordinator.query((queue) => queue.slots.release("a"))
      held.hold()
      const admitted = yield* Effect.forkChild(coordinator.ask(submit("b", "manual")))
      yield* held.waits
      const onItsWay = yield* Effect.forkChild(Effect.flip(coordinator.ask(submit("c", "manual"))))
      const waiting = yield* Effect.forkChild(Effect.flip(coordinator.ended("a")))
      yield* quiet
      held.release()
      const wrong = new Error("run b was admitted, yet all 1 permits of limit runs are taken")
      expect(yield* Effect.exit(coordinator.done)).toEqual(Exit.die(wrong))
      expect((yield* Fiber.join(admitted)).run?.state).toBe("launching")
      expect((yield* Fiber.join(onItsWay)).message).toContain(wrong.message)
      expect((yield* Fiber.join(waiting)).message).toContain(wrong.message)
      expect((yield* Effect.flip(coordinator.ask(submit("d", "manual")))).message).toContain(wrong.message)
      expect(begun).toEqual(["a 1"])
      expect((yield* eventsOf(held.log)).at(-1)?.type).not.toBe("CoordinatorStopped")
    })
  )
})

describe("a launcher that throws when it is to forget an attempt", () => {
  it.effect("ends nothing but what has ended already", () =>
    Effect.gen(function* () {
      const puppet = makePuppet()
      const forget = () => {
        throw new Error("it has a fault")
      }
      const { workers, taken } = yield* hire({ ...puppet.launcher, forget })
      workers.begin(touched("launching"), fresh)
      yield* quiet
      expect(taken()).toBe(1)
      yield* workers.end(touched("failed"))
      expect(taken()).toBe(0)
    })
  )
})

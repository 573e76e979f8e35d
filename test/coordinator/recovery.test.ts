import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { logError } from "../../src/log/LogError.ts"
import { makeMemoryEventLog } from "../../src/log/MemoryEventLog.ts"
import { makeSqliteEventLog } from "../../src/log/sqlite/SqliteEventLog.ts"
import { settings } from "../../src/settings.ts"
import { temporaryFolder } from "../log/temporaryFolder.ts"
import { FailingLog, silent, unheard, unwritten } from "./FailingLog.ts"
import { HeldLog } from "./HeldLog.ts"
import { ManualJobs } from "./ManualJobs.ts"
import { atEveryAppend, type FateOf, inside, play, scenario } from "./scenario.ts"
import {
  cancel,
  eventsOf,
  quiet,
  rules,
  setPolicy,
  startCoordinator,
  submit,
  timeless
} from "./startCoordinator.ts"

describe("a coordinator whose log does not answer", () => {
  it.effect.each<readonly [string, FateOf]>([
    ["before it has written", () => unwritten()],
    ["after it has written", () => unheard()],
    ["and writes a moment later", (_, { failing }) => failing.tooLate]
  ])("%s, at whatever append, goes on from the log as if nothing had been", ([, fate]) =>
    atEveryAppend(2, inside, fate, "itself")
  )

  it.effect("goes on from a file no less", () =>
    Effect.gen(function* () {
      const log = yield* makeSqliteEventLog(join(yield* temporaryFolder, "runs.db"))
      const fates = new Map([
        [3, unwritten()],
        [9, unheard()],
        [15, unheard()],
        [20, unwritten()]
      ])
      const { caller } = yield* play(scenario, inside(), (nth) => fates.get(nth), log)
      expect(caller.starts).toBe(1)
      const terms = (yield* eventsOf(log)).filter(({ type }) => type === "CoordinatorStarted")
      expect(terms.length).toBe(1 + fates.size)
    })
  )

  it.effect("leads another term, and tells those whose commands were on their way to look there", () =>
    Effect.gen(function* () {
      const { log } = new FailingLog(makeMemoryEventLog(), (nth) => (nth === 2 ? unheard() : undefined))
      const coordinator = yield* startCoordinator({ log, policy: rules({ maxConcurrentRuns: 0 }) })
      const error = yield* Effect.flip(coordinator.ask(submit("a", "quick")))
      expect(error.message).toBe(
        "it is not known whether the command was recorded: the log cannot be used: no answer"
      )
      yield* quiet
      expect(yield* coordinator.state).toBe("recovering")
      const state = yield* Effect.forkChild(coordinator.query((queue) => queue.run("a").state))
      yield* TestClock.adjust(settings.recoveryDelayMs - 1)
      expect(state.pollUnsafe()).toBeUndefined()
      yield* TestClock.adjust(1)
      expect(yield* Fiber.join(state)).toBe("queued")
      expect(yield* coordinator.state).toBe("leading")
      const epochs = (yield* eventsOf(log)).flatMap(({ type, epoch }) =>
        type === "CoordinatorStarted" ? [epoch] : []
      )
      expect(epochs).toEqual([1, 2])
    })
  )

  /** A coordinator that is asked for `a` and `b` in turns that are on their way when the n-th append fails. */
  const onItsWay = Effect.fnUntraced(function* (nth: number) {
    const failing = new FailingLog(makeMemoryEventLog(), (at) => (at === nth ? unheard() : undefined))
    const held = new HeldLog(failing.log)
    const { jobs, begun } = new ManualJobs()
    const coordinator = yield* startCoordinator({ log: held.log, jobs })
    held.hold()
    const asked = []
    for (const id of ["a", "b"]) {
      asked.push(yield* Effect.forkChild(Effect.result(coordinator.ask(submit(id, "manual")))))
      yield* quiet
    }
    held.release()
    const answers = yield* Effect.forEach(asked, Fiber.join)
    yield* quiet
    return { answers, begun, appends: failing.appends.length }
  })
  const unknown = { failure: { reason: { _tag: "OutcomeUnknown" } } }

  it.effect("answers first what was durable before", () =>
    Effect.gen(function* () {
      const { answers, begun } = yield* onItsWay(3)
      expect(answers).toMatchObject([{ success: { run: { id: "a", state: "launching" } } }, unknown])
      expect(begun).toEqual(["a 1"])
    })
  )

  it.effect("appends nothing after it", () =>
    Effect.gen(function* () {
      const { answers, begun, appends } = yield* onItsWay(2)
      expect(answers).toMatchObject([unknown, unknown])
      expect({ begun, appends }).toEqual({ begun: [], appends: 2 })
    })
  )

  it.effect("stops at once while it waits to lead again", () =>
    Effect.gen(function* () {
      const { log } = new FailingLog(makeMemoryEventLog(), (nth) => (nth === 2 ? unwritten() : undefined))
      const coordinator = yield* startCoordinator({ log })
      yield* Effect.flip(coordinator.ask(submit("a", "quick")))
      yield* quiet
      const lying = yield* Effect.forkChild(Effect.flip(coordinator.ask(submit("b", "quick"))))
      yield* quiet
      yield* coordinator.stop
      expect((yield* Fiber.join(lying)).message).toBe("the coordinator has stopped: it was told to stop")
      yield* coordinator.done
    })
  )

  it.effect("tells those who wait for a run that time has ended meanwhile", () =>
    Effect.gen(function* () {
      const { log } = new FailingLog(makeMemoryEventLog(), (nth) => (nth === 5 ? unwritten() : undefined))
      const policy = timeless({ timeouts: { startMs: null, runtimeMs: null, cancelMs: 10 } })
      const coordinator = yield* startCoordinator({ log, jobs: new ManualJobs().jobs, policy })
      yield* coordinator.ask(submit("a", "deaf"))
      yield* quiet
      const ended = yield* Effect.forkChild(coordinator.ended("a"))
      yield* coordinator.ask(cancel("a"))
      yield* Effect.flip(coordinator.ask(submit("b", "quick")))
      yield* quiet
      yield* TestClock.adjust(settings.recoveryDelayMs)
      expect(yield* Fiber.join(ended)).toMatchObject({ state: "canceled", endedAt: settings.recoveryDelayMs })
    })
  )

  it.effect("goes on draining if it was", () =>
    Effect.gen(function* () {
      let failing = false
      const jobs = new ManualJobs()
      const { log } = new FailingLog(makeMemoryEventLog(), () => (failing ? unwritten() : undefined))
      const coordinator = yield* startCoordinator({ log, jobs: jobs.jobs })
      yield* coordinator.ask(submit("a", "manual"))
      const drained = yield* Effect.forkChild(coordinator.shutDown())
      yield* quiet
      failing = true
      yield* Effect.flip(coordinator.ask(submit("b", "quick")))
      failing = false
      yield* TestClock.adjust(settings.recoveryDelayMs)
      expect(yield* coordinator.state).toBe("draining")
      expect((yield* coordinator.ask(submit("c", "quick"))).run?.state).toBe("queued")
      jobs.end("a")
      yield* Fiber.join(drained)
      expect(jobs.begun).toEqual(["a 1"])
    })
  )

  it.effect.each([
    ["not written", unwritten()],
    ["written", unheard()]
  ] as const)("drains though the order to was %s when it failed", ([, fate]) =>
    Effect.gen(function* () {
      const jobs = new ManualJobs()
      const { log } = new FailingLog(makeMemoryEventLog(), (nth) => (nth === 4 ? fate : undefined))
      const coordinator = yield* startCoordinator({ log, jobs: jobs.jobs })
      yield* coordinator.ask(submit("a", "manual"))
      yield* quiet
      const drained = yield* Effect.forkChild(coordinator.shutDown())
      yield* quiet
      expect(yield* coordinator.state).toBe("recovering")
      yield* TestClock.adjust(settings.recoveryDelayMs)
      yield* quiet
      expect(yield* coordinator.state).toBe("draining")
      expect(drained.pollUnsafe()).toBeUndefined()
      jobs.end("a")
      yield* Fiber.join(drained)
    })
  )

  it.effect("keeps the rules that were put in force since it started", () =>
    Effect.gen(function* () {
      const { log } = new FailingLog(makeMemoryEventLog(), (nth) => (nth === 3 ? unwritten() : undefined))
      const coordinator = yield* startCoordinator({ log, policy: rules({ maxConcurrentRuns: 1 }) })
      yield* coordinator.ask(setPolicy(rules({ maxConcurrentRuns: 0 })))
      yield* Effect.flip(coordinator.ask(submit("a", "quick")))
      yield* quiet
      yield* TestClock.adjust(settings.recoveryDelayMs)
      expect(yield* coordinator.query(({ policy }) => policy.maxConcurrentRuns)).toBe(0)
    })
  )

  it.effect("goes on recording the progress of what runs", () =>
    Effect.gen(function* () {
      let tell: (fraction: number) => void = () => undefined
      const job = ({ progress }: { readonly progress: (fraction: number) => void }) => {
        tell = progress
        return new Promise(() => undefined)
      }
      const { log } = new FailingLog(makeMemoryEventLog(), (nth) => (nth === 4 ? unwritten() : undefined))
      const coordinator = yield* startCoordinator({ log, jobs: { job } })
      yield* coordinator.ask(submit("a", "job"))
      yield* quiet
      yield* Effect.flip(coordinator.ask(submit("b", "none")))
      yield* TestClock.adjust(settings.recoveryDelayMs)
      tell(0.5)
      yield* quiet
      expect(yield* coordinator.query((queue) => queue.run("a").progress?.fraction)).toBe(0.5)
    })
  )

  it.effect("tries again so often in a row, each time later, and then ends", () =>
    Effect.gen(function* () {
      let failing = false
      const { log, appends } = new FailingLog(makeMemoryEventLog(), () => (failing ? unwritten() : undefined))
      const coordinator = yield* startCoordinator({ log, policy: rules({ maxConcurrentRuns: 0 }) })
      const done = yield* Effect.forkChild(Effect.flip(coordinator.done))
      failing = true
      const { length } = appends
      yield* Effect.flip(coordinator.ask(submit("a", "quick")))
      for (let times = 0; times < settings.recoveriesMax; times++) {
        const delay = settings.recoveryDelayMs * 2 ** times
        yield* TestClock.adjust(delay - 1)
        expect(appends.length).toBe(length + 1 + times)
        expect(done.pollUnsafe()).toBeUndefined()
        yield* TestClock.adjust(1)
      }
      expect(yield* Fiber.join(done)).toEqual(logError(silent))
      const late = yield* Effect.flip(coordinator.ask(submit("a", "quick")))
      expect(late.message).toBe("the coordinator has stopped: the log cannot be used: no answer")
    })
  )

  it.effect("has all its tries again once it has written more than that it leads", () =>
    Effect.gen(function* () {
      let failing = false
      const { log } = new FailingLog(makeMemoryEventLog(), () => (failing ? unwritten() : undefined))
      const coordinator = yield* startCoordinator({ log, policy: rules({ maxConcurrentRuns: 0 }) })
      for (let times = 0; times <= settings.recoveriesMax; times++) {
        failing = true
        yield* Effect.flip(coordinator.ask(submit(`lost${times}`, "quick")))
        failing = false
        yield* TestClock.adjust(settings.recoveryDelayMs)
        yield* coordinator.ask(submit(`kept${times}`, "quick"))
      }
      expect(yield* coordinator.state).toBe("leading")
    })
  )

  it.effect("does not start at all where it cannot write that it leads", () =>
    Effect.gen(function* () {
      const { log, appends } = new FailingLog(makeMemoryEventLog(), () => unwritten())
      expect(yield* Effect.flip(startCoordinator({ log }))).toEqual(logError(silent))
      expect(appends).toHaveLength(1)
      expect(yield* eventsOf(log)).toEqual([])
    })
  )
})

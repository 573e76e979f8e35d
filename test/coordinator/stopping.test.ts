import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import { makeInlineLauncher } from "../../src/launcher/InlineLauncher.ts"
import { type LogErrorReason, logError } from "../../src/log/LogError.ts"
import { makeMemoryEventLog } from "../../src/log/MemoryEventLog.ts"
import { makeSqliteEventLog } from "../../src/log/sqlite/SqliteEventLog.ts"
import { settings } from "../../src/settings.ts"
import { temporaryFolder } from "../log/temporaryFolder.ts"
import { FailingLog, unwritten } from "./FailingLog.ts"
import { HeldLog } from "./HeldLog.ts"
import { ManualJobs } from "./ManualJobs.ts"
import { cancel, eventsOf, lifeOf, quiet, rules, startCoordinator, submit } from "./startCoordinator.ts"

describe("waiting for the end of a run", () => {
  it.effect("lasts until it has ended, for all who wait", () =>
    Effect.gen(function* () {
      const jobs = new ManualJobs()
      const coordinator = yield* startCoordinator({ jobs: jobs.jobs })
      yield* coordinator.ask(submit("a", "manual"))
      const waiting = yield* Effect.forEach([1, 2], () => Effect.forkChild(coordinator.ended("a")))
      yield* quiet
      expect(waiting.map((fiber) => fiber.pollUnsafe())).toEqual([undefined, undefined])
      jobs.end("a", { rows: 7 })
      for (const run of yield* Effect.forEach(waiting, Fiber.join)) {
        expect(run).toMatchObject({ id: "a", end: { state: "succeeded", result: { rows: 7 } } })
      }
    })
  )

  it.effect("is over at once for one that has ended", () =>
    Effect.gen(function* () {
      const coordinator = yield* startCoordinator({ policy: rules({ maxConcurrentRuns: 0 }) })
      yield* coordinator.askAll([submit("a", "quick"), cancel("a")])
      expect(yield* coordinator.ended("a")).toMatchObject({ state: "canceled" })
    })
  )

  it.effect("is refused for one that nobody knows", () =>
    Effect.gen(function* () {
      const coordinator = yield* startCoordinator()
      const error = yield* Effect.flip(coordinator.ended("a"))
      expect(error.message).toBe("ended refused: run a was never submitted here.")
    })
  )

  it.effect("ends when the coordinator stops", () =>
    Effect.gen(function* () {
      const coordinator = yield* startCoordinator({ jobs: new ManualJobs().jobs })
      yield* coordinator.ask(submit("a", "manual"))
      const waiting = yield* Effect.forkChild(Effect.flip(coordinator.ended("a")))
      yield* quiet
      yield* coordinator.stop
      expect((yield* Fiber.join(waiting)).message).toBe("the coordinator has stopped: it was told to stop")
    })
  )
})

describe("a coordinator that stops", () => {
  it.effect("answers everyone that it has stopped", () =>
    Effect.gen(function* () {
      const coordinator = yield* startCoordinator({ jobs: new ManualJobs().jobs })
      yield* coordinator.ask(submit("a", "manual"))
      yield* coordinator.stop
      yield* coordinator.done
      expect(yield* coordinator.state).toBe("stopped")
      const asks = [
        coordinator.ask(submit("b", "quick")),
        coordinator.askAll([submit("b", "quick")]),
        coordinator.query((queue) => queue.position),
        coordinator.ended("a"),
        coordinator.shutDown()
      ]
      for (const ask of asks) {
        const error = yield* Effect.flip<unknown, unknown, never>(ask)
        expect(error).toMatchObject({ reason: { _tag: "Stopped", why: "it was told to stop" } })
      }
      yield* coordinator.stop
    })
  )

  it.effect("lets go of the log and of what runs, and a later one takes both up", () =>
    Effect.gen(function* () {
      const log = makeMemoryEventLog()
      const jobs = new ManualJobs()
      const launcher = makeInlineLauncher(jobs.jobs, "")
      const first = yield* startCoordinator({ log, launcher })
      yield* first.ask(submit("a", "manual"))
      yield* first.stop
      const second = yield* startCoordinator({ log, launcher })
      jobs.end("a")
      expect(yield* second.ended("a")).toMatchObject({ state: "succeeded", attempt: 1 })
      expect(jobs.begun).toEqual(["a 1"])
      const terms = (yield* eventsOf(log)).filter(({ type }) => type.startsWith("Coordinator"))
      expect(terms.map(({ type, epoch }) => [type, epoch])).toEqual([
        ["CoordinatorStarted", 1],
        ["CoordinatorStopped", 1],
        ["CoordinatorStarted", 2]
      ])
    })
  )

  it.effect("stops also where as many wait as may", () =>
    Effect.gen(function* () {
      const held = new HeldLog(makeMemoryEventLog())
      const coordinator = yield* startCoordinator({ log: held.log, policy: rules({ maxConcurrentRuns: 0 }) })
      held.hold()
      const asked = []
      for (let at = 0; at < settings.mailboxMax + settings.turnsAheadMax; at++) {
        asked.push(yield* Effect.forkChild(coordinator.ask(submit(`r${at}`, "quick"))))
        if (asked.length <= settings.turnsAheadMax) yield* quiet
      }
      yield* quiet
      const stopped = yield* Effect.forkChild(coordinator.stop)
      yield* quiet
      held.release()
      yield* Fiber.join(stopped)
      expect(yield* coordinator.state).toBe("stopped")
      yield* Fiber.awaitAll(asked)
    })
  )

  it.live("leaves a file that another process may lead", () =>
    Effect.gen(function* () {
      const log = yield* makeSqliteEventLog(join(yield* temporaryFolder, "runs.db"))
      const { jobs, begun } = new ManualJobs()
      const launcher = makeInlineLauncher(jobs, "")
      const first = yield* startCoordinator({ log, launcher })
      const led = yield* Effect.flip(startCoordinator({ log, launcher }))
      expect(led.reason._tag).toBe("Led")
      yield* first.ask(submit("a", "quick"))
      yield* first.ended("a")
      yield* first.stop
      const second = yield* startCoordinator({ log, launcher })
      expect(yield* second.ended("a")).toMatchObject({ state: "succeeded" })
      expect(begun).toEqual(["a 1"])
      expect(yield* lifeOf(log, "a")).toContain("RunSucceeded")
    })
  )
})

describe("a coordinator whose lead is taken over", () => {
  it.effect("writes no more, and says why", () =>
    Effect.gen(function* () {
      const log = makeMemoryEventLog()
      const launcher = makeInlineLauncher(new ManualJobs().jobs, "")
      const first = yield* startCoordinator({ log, launcher })
      yield* first.ask(submit("a", "manual"))
      const waiting = yield* Effect.forkChild(Effect.flip(first.ended("a")))
      yield* quiet
      const second = yield* startCoordinator({ log, launcher, takeOver: true })
      const { position } = yield* log.head
      const unheard = yield* Effect.flip(first.ask(submit("b", "quick")))
      const fenced = logError({ _tag: "Fenced", epoch: 1, current: 2 })
      expect(unheard).toMatchObject({ reason: { _tag: "OutcomeUnknown", issue: fenced.message } })
      expect(yield* Effect.exit(first.done)).toEqual(Exit.fail(fenced))
      expect((yield* Fiber.join(waiting)).message).toContain(fenced.message)
      const late = yield* Effect.flip(first.ask(submit("b", "quick")))
      expect(late).toMatchObject({ reason: { _tag: "Stopped" } })
      expect((yield* log.head).position).toBe(position)
      expect(yield* second.state).toBe("leading")
    })
  )
})

describe("a coordinator whose log is damaged", () => {
  it.effect("does not start, says where, and lets go of the log", () =>
    Effect.gen(function* () {
      const log = makeMemoryEventLog()
      yield* Effect.scoped(
        Effect.flatMap(startCoordinator({ log, policy: rules({ maxConcurrentRuns: 0 }) }), (coordinator) =>
          coordinator.ask(submit("a", "quick"))
        )
      )
      const events = yield* eventsOf(log)
      const twice = events.map((event) =>
        event.type === "RunQueued" ? { ...event, type: "RunStarted", data: { attempt: 1 } } : event
      )
      const damaged = makeMemoryEventLog(twice as typeof events)
      const error = yield* Effect.flip(startCoordinator({ log: damaged }))
      expect(error).toMatchObject({ reason: { _tag: "Corrupt", position: 4 } })
      expect(error.message).toContain("RunStarted cannot befall run a, which is submitted")
      yield* Effect.scoped(damaged.lead({ holder: "ann" }))
    })
  )
})

describe("a coordinator whose log says that another leads", () => {
  it.effect.each<readonly [LogErrorReason["_tag"], LogErrorReason]>([
    ["Fenced", { _tag: "Fenced", epoch: 1, current: 2 }],
    ["PositionConflict", { _tag: "PositionConflict", expected: 2, found: 7 }]
  ])("stops, tries no more, and says why: %s", ([, reason]) =>
    Effect.gen(function* () {
      const failing = new FailingLog(makeMemoryEventLog(), (nth) =>
        nth === 2 ? unwritten(reason) : undefined
      )
      const { jobs, begun } = new ManualJobs()
      const coordinator = yield* startCoordinator({ log: failing.log, jobs })
      const { message } = logError(reason)
      expect((yield* Effect.flip(coordinator.ask(submit("a", "quick")))).message).toContain(message)
      expect(yield* Effect.exit(coordinator.done)).toEqual(Exit.fail(logError(reason)))
      const late = yield* Effect.flip(coordinator.ask(submit("b", "quick")))
      expect(late.message).toBe(`the coordinator has stopped: ${message}`)
      expect(failing.appends).toHaveLength(2)
      expect(begun).toEqual([])
    })
  )
})

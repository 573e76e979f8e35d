import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import type { Coordinator } from "../../src/coordinator/Coordinator.ts"
import { makeMemoryEventLog } from "../../src/log/MemoryEventLog.ts"
import { defaultPolicy, type Policy } from "../../src/queue/Policy.ts"
import type { RunState } from "../../src/run/lifecycle.ts"
import { settings } from "../../src/settings.ts"
import { FailingLog } from "./FailingLog.ts"
import { HeldLog } from "./HeldLog.ts"
import { ManualJobs } from "./ManualJobs.ts"
import {
  cancel,
  eventsOf,
  lifeOf,
  quiet,
  rules,
  setPolicy,
  startCoordinator,
  submit
} from "./startCoordinator.ts"

type Leading = Coordinator["Service"]

/** The state of each run. */
const statesIn = (coordinator: Leading) =>
  coordinator.query(
    (queue): Readonly<Record<string, RunState>> =>
      Object.fromEntries(Array.from(queue.runs.values(), ({ id, state }) => [id, state]))
  )

describe("a turn", () => {
  it.effect("submits, queues and admits a run that fits, in one append", () =>
    Effect.gen(function* () {
      const { log, appends } = new FailingLog(makeMemoryEventLog(), () => undefined)
      const coordinator = yield* startCoordinator({ log, jobs: new ManualJobs().jobs })
      const before = appends.length
      const { position, run } = yield* coordinator.ask(submit("a", "manual"))
      expect(run?.state).toBe("launching")
      const batch = appends[before] ?? []
      expect(batch.map(({ type }) => type)).toEqual(["RunSubmitted", "RunQueued", "RunAdmitted"])
      expect(new Set(batch.map(({ turn }) => turn)).size).toBe(1)
      expect(batch.at(-1)?.position).toBe(position)
      expect(yield* eventsOf(log)).toEqual(appends.flat())
    })
  )

  it.effect("admits a run without a queue where the rules say immediate", () =>
    Effect.gen(function* () {
      const log = makeMemoryEventLog()
      const { jobs, begun } = new ManualJobs()
      const policy = rules({ mode: "immediate", maxConcurrentRuns: 0 })
      const coordinator = yield* startCoordinator({ log, jobs, policy })
      yield* coordinator.ask(submit("a", "quick"))
      yield* coordinator.ended("a")
      expect(begun).toEqual(["a 1"])
      expect(yield* lifeOf(log, "a")).toEqual(["RunSubmitted", "RunAdmitted", "RunStarted", "RunSucceeded"])
    })
  )

  it.effect("decides all that is asked at once, in its order", () =>
    Effect.gen(function* () {
      const { log, appends } = new FailingLog(makeMemoryEventLog(), () => undefined)
      const coordinator = yield* startCoordinator({ log, jobs: new ManualJobs().jobs })
      const before = appends.length
      const replies = yield* coordinator.askAll([
        submit("a", "manual"),
        submit("a", "manual"),
        submit("b", "manual"),
        cancel("b")
      ])
      const states = replies.map((reply) =>
        Result.match(reply, {
          onSuccess: ({ run }) => run?.state,
          onFailure: ({ rejection }) => rejection._tag
        })
      )
      expect(states).toEqual(["launching", "RunExists", "canceled", "canceled"])
      expect(appends.length).toBe(before + 1)
      expect(new Set(appends.at(-1)?.map(({ turn }) => turn)).size).toBe(1)
    })
  )

  it.effect("gives a slot that a run frees to the next in line", () =>
    Effect.gen(function* () {
      const log = makeMemoryEventLog()
      const jobs = new ManualJobs()
      const policy = rules({ maxConcurrentRuns: 1 })
      const coordinator = yield* startCoordinator({ log, jobs: jobs.jobs, policy })
      yield* coordinator.askAll([submit("a", "manual"), submit("b", "quick")])
      jobs.end("a")
      yield* coordinator.ended("b")
      const events = yield* eventsOf(log)
      const turnOf = (run: string, type: string) =>
        events.find((event) => event.run === run && event.type === type)?.turn
      expect(turnOf("b", "RunAdmitted")).toBe(turnOf("a", "RunSucceeded"))
    })
  )

  it.effect("leaves nothing of a command that is refused, and says why", () =>
    Effect.gen(function* () {
      const { log, appends } = new FailingLog(makeMemoryEventLog(), () => undefined)
      const coordinator = yield* startCoordinator({ log, policy: rules({ maxConcurrentRuns: 0 }) })
      yield* coordinator.ask(submit("a", "manual"))
      const before = [...appends]
      const taken = yield* Effect.flip(coordinator.ask(submit("a", "manual")))
      expect(taken._tag).toBe("CommandRejected")
      expect(taken.message).toBe("SubmitRun refused: run a exists and is queued; an id is used once.")
      const unknown = yield* Effect.flip(coordinator.ask(cancel("b")))
      expect(unknown.message).toBe("CancelRun refused: run b was never submitted here.")
      expect(appends).toEqual(before)
    })
  )
})

describe("an answer", () => {
  it.effect("means durable: before that there is none, and nothing is launched", () =>
    Effect.gen(function* () {
      const held = new HeldLog(makeMemoryEventLog())
      const { jobs, begun } = new ManualJobs()
      const coordinator = yield* startCoordinator({ log: held.log, jobs })
      const { position: before } = yield* held.log.head
      held.hold()
      const asked = yield* Effect.forkChild(coordinator.ask(submit("a", "quick")))
      yield* held.waits
      yield* quiet
      expect(asked.pollUnsafe()).toBeUndefined()
      expect(begun).toEqual([])
      expect((yield* held.log.head).position).toBe(before)
      held.release()
      const { position } = yield* Fiber.join(asked)
      expect(position).toBe(before + 3)
      yield* coordinator.ended("a")
      expect(begun).toEqual(["a 1"])
    })
  )

  it.effect("to a question rests on nothing that is not durable", () =>
    Effect.gen(function* () {
      const held = new HeldLog(makeMemoryEventLog())
      const coordinator = yield* startCoordinator({ log: held.log, jobs: new ManualJobs().jobs })
      held.hold()
      const asked = yield* Effect.forkChild(coordinator.ask(submit("a", "manual")))
      yield* held.waits
      const question = yield* Effect.forkChild(statesIn(coordinator))
      yield* quiet
      expect(question.pollUnsafe()).toBeUndefined()
      held.release()
      expect(yield* Fiber.join(question)).toEqual({ a: "launching" })
      yield* Fiber.join(asked)
    })
  )

  it.effect("to a question that throws reaches the one who asked, and nobody else", () =>
    Effect.gen(function* () {
      const coordinator = yield* startCoordinator({ jobs: new ManualJobs().jobs })
      const wrong = new Error("no such field")
      const exit = yield* Effect.exit(
        coordinator.query(() => {
          throw wrong
        })
      )
      expect(exit).toEqual(Exit.die(wrong))
      yield* coordinator.ask(submit("a", "manual"))
      expect(yield* coordinator.state).toBe("leading")
    })
  )

  it.effect("is MailboxFull where as many wait as may, and none of those is lost", () =>
    Effect.gen(function* () {
      const held = new HeldLog(makeMemoryEventLog())
      const policy = rules({ maxConcurrentRuns: 0 })
      const coordinator = yield* startCoordinator({ log: held.log, policy })
      held.hold()
      // The turns under way: one waits for the disk, the next ones are decided.
      const ids = Array.from({ length: settings.mailboxMax + settings.turnsAheadMax }, (_, at) => `r${at}`)
      const ask = (id: string) => Effect.forkChild(coordinator.ask(submit(id, "quick")))
      const asked = []
      for (const id of ids) {
        asked.push(yield* ask(id))
        if (asked.length <= settings.turnsAheadMax) yield* quiet
      }
      yield* quiet
      const late = yield* Effect.flip(coordinator.ask(submit("late", "quick")))
      expect(late.message).toBe("the coordinator is busy: 65536 commands wait already; try again later")
      held.release()
      yield* Fiber.awaitAll(asked)
      expect(yield* coordinator.query((queue) => [...queue.runs.keys()])).toEqual(ids)
    })
  )
})

describe("the rules", () => {
  it.effect("given at the start are set only if others are in force", () =>
    Effect.gen(function* () {
      const log = makeMemoryEventLog()
      const numberAfter = (policy?: Policy) =>
        Effect.scoped(
          Effect.flatMap(startCoordinator({ log, policy }), (coordinator) =>
            coordinator.query(({ policyNumber, policy: { maxConcurrentRuns } }) => [
              policyNumber,
              maxConcurrentRuns
            ])
          )
        )
      expect(yield* numberAfter()).toEqual([1, defaultPolicy.maxConcurrentRuns])
      expect(yield* numberAfter(rules())).toEqual([1, defaultPolicy.maxConcurrentRuns])
      expect(yield* numberAfter(rules({ maxConcurrentRuns: 3 }))).toEqual([2, 3])
      expect(yield* numberAfter(rules({ maxConcurrentRuns: 3 }))).toEqual([2, 3])
      expect(yield* numberAfter()).toEqual([2, 3])
      expect(yield* numberAfter(rules())).toEqual([3, defaultPolicy.maxConcurrentRuns])
    })
  )

  it.effect("that allow more let the next in with the same turn", () =>
    Effect.gen(function* () {
      const log = makeMemoryEventLog()
      const { jobs, begun } = new ManualJobs()
      const coordinator = yield* startCoordinator({ log, jobs, policy: rules({ maxConcurrentRuns: 1 }) })
      yield* coordinator.askAll(["a", "b", "c"].map((id) => submit(id, "manual")))
      const { position } = yield* coordinator.ask(setPolicy(rules({ maxConcurrentRuns: 2 })))
      yield* quiet
      expect(begun).toEqual(["a 1", "b 1"])
      const [last] = (yield* eventsOf(log)).filter((event) => event.position === position)
      expect(last).toMatchObject({ type: "RunAdmitted", run: "b" })
    })
  )

  it.effect("that allow less revoke nothing, and let nobody in until there is room", () =>
    Effect.gen(function* () {
      const log = makeMemoryEventLog()
      const jobs = new ManualJobs()
      const policy = rules({ maxConcurrentRuns: 3 })
      const coordinator = yield* startCoordinator({ log, jobs: jobs.jobs, policy })
      yield* coordinator.askAll(["a", "b", "c", "d"].map((id) => submit(id, "manual")))
      yield* coordinator.ask(setPolicy(rules({ maxConcurrentRuns: 1 })))
      yield* quiet
      expect(yield* statesIn(coordinator)).toEqual({ a: "started", b: "started", c: "started", d: "queued" })
      for (const id of ["a", "b"]) {
        jobs.end(id)
        yield* coordinator.ended(id)
        expect((yield* statesIn(coordinator))["d"]).toBe("queued")
      }
      jobs.end("c")
      jobs.end("d")
      yield* coordinator.ended("d")
      expect(jobs.begun).toEqual(["a 1", "b 1", "c 1", "d 1"])
    })
  )

  it.effect("that have no room for who was let in before them, in the same turn, end nothing", () =>
    Effect.gen(function* () {
      const jobs = new ManualJobs()
      const policy = rules({ maxQueuedRuns: 1 })
      const coordinator = yield* startCoordinator({ jobs: jobs.jobs, policy })
      // The queue is full when the second one comes, and lets in the first to take it.
      const asked = [submit("a", "manual"), submit("b", "manual"), setPolicy(rules({ maxConcurrentRuns: 0 }))]
      yield* coordinator.askAll(asked)
      yield* quiet
      expect(yield* statesIn(coordinator)).toEqual({ a: "started", b: "queued" })
      jobs.end("a")
      expect((yield* coordinator.ended("a")).state).toBe("succeeded")
    })
  )

  it.effect("may name other limits while runs are under way", () =>
    Effect.gen(function* () {
      const jobs = new ManualJobs()
      const coordinator = yield* startCoordinator({ jobs: jobs.jobs })
      const tagged = (id: string, team: string) => submit(id, "manual", { tags: { team } })
      yield* coordinator.askAll([tagged("a", "red"), tagged("b", "red"), tagged("c", "blue")])
      const tagLimits = [{ key: "team", each: true, limit: 1 }]
      yield* coordinator.ask(setPolicy(rules({ maxConcurrentRuns: null, tagLimits })))
      yield* coordinator.askAll([tagged("d", "red"), tagged("e", "blue"), tagged("f", "green")])
      jobs.end("a")
      jobs.end("c")
      yield* Effect.forEach(["a", "c"], (id) => coordinator.ended(id))
      yield* quiet
      expect(yield* statesIn(coordinator)).toMatchObject({
        b: "started",
        d: "queued",
        e: "started",
        f: "started"
      })
      jobs.end("b")
      yield* coordinator.ended("b")
      yield* quiet
      expect(yield* statesIn(coordinator)).toMatchObject({ d: "started" })
    })
  )
})

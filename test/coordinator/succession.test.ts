import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import fc from "fast-check"
import { makeMemoryEventLog } from "../../src/log/MemoryEventLog.ts"
import type { RunSpec } from "../../src/run/RunSpec.ts"
import { crash, FailingLog, type Fate, unheard, unwritten } from "./FailingLog.ts"
import { ManualJobs } from "./ManualJobs.ts"
import { type OutsideJob, OutsideWorld } from "./OutsideWorld.ts"
import { atEveryAppend, type FateOf, outside, play, type Step } from "./scenario.ts"
import { cancel, lifeOf, quiet, setPolicy, startCoordinator, submit, timeless } from "./startCoordinator.ts"

const stop: FateOf =
  (_, { caller }): Fate =>
  (append) =>
    Effect.andThen(Effect.forkDetach(caller.stop), append)

describe("a coordinator that is gone", () => {
  it.effect.each<readonly [string, FateOf]>([
    ["before it has written", () => crash(false)],
    ["after it has written", () => crash(true)]
  ])("%s, at whatever append, is followed by one that goes on from the log", ([, fate]) =>
    atEveryAppend(1, outside, fate, "another")
  )

  it.effect(
    "since it was told to stop, at whatever append, is followed by one that goes on from the log",
    () => atEveryAppend(2, outside, stop, "another")
  )

  it.effect("leaves no inline work that could be begun twice", () =>
    Effect.gen(function* () {
      const log = makeMemoryEventLog()
      const first = new FailingLog(log, (nth) => (nth === 2 ? crash(true) : undefined))
      const gone = yield* startCoordinator({ log: first.log, jobs: new ManualJobs().jobs })
      yield* Effect.exit(gone.ask(submit("a", "quick")))
      const { jobs, begun } = new ManualJobs()
      const coordinator = yield* startCoordinator({ log, jobs })
      expect(yield* coordinator.ended("a")).toMatchObject({
        state: "failed",
        end: { cause: { _tag: "WorkerLost", message: "the program that ran it has ended" } }
      })
      expect(begun).toEqual([])
    })
  )
})

describe("a coordinator that takes up what was in flight", () => {
  /** A log in which `a` runs and `b` is being stopped, and nobody leads. */
  const interrupted = (world: OutsideWorld) =>
    Effect.gen(function* () {
      const log = makeMemoryEventLog()
      const policy = timeless({ maxConcurrentRuns: 2 })
      let failing = false
      const { log: failingLog } = new FailingLog(log, () => (failing ? crash(true) : undefined))
      const first = yield* startCoordinator({ log: failingLog, launcher: world.launcher, policy })
      yield* first.askAll([submit("a", "manual"), submit("b", "manual"), submit("c", "manual")])
      yield* quiet
      failing = true
      yield* Effect.exit(first.ask(cancel("b")))
      return log
    })

  it.effect("has what runs keep its slot, and stops what was to be stopped", () =>
    Effect.gen(function* () {
      const world = new OutsideWorld()
      const log = yield* interrupted(world)
      expect(world.stops).toEqual([])
      const second = yield* startCoordinator({ log, launcher: world.launcher })
      expect(yield* second.ended("b")).toMatchObject({
        state: "canceled",
        end: { worker: { _tag: "Terminated" } }
      })
      expect(world.stops).toEqual(["b 1"])
      yield* quiet
      expect(world.working).toEqual(["a 1", "c 1"])
      expect((yield* second.ask(submit("d", "quick"))).run?.state).toBe("queued")
      world.end("a")
      yield* second.ended("d")
      expect(world.starts).toEqual(["a 1", "b 1", "c 1", "d 1"])
      expect(yield* lifeOf(log, "a")).toEqual([
        "RunSubmitted",
        "RunQueued",
        "RunAdmitted",
        "RunStarted",
        "RunSucceeded"
      ])
    })
  )

  it.effect("lets in nobody where the rules that it brings allow less than runs", () =>
    Effect.gen(function* () {
      const world = new OutsideWorld()
      const log = yield* interrupted(world)
      const policy = timeless({ maxConcurrentRuns: 1 })
      const second = yield* startCoordinator({ log, launcher: world.launcher, policy })
      yield* second.ended("b")
      yield* quiet
      expect(world.working).toEqual(["a 1"])
      world.end("a")
      yield* second.ended("a")
      yield* quiet
      expect(world.working).toEqual(["c 1"])
    })
  )
})

it.effect(
  "a coordinator that comes late stops what should have ended, and all of it holds its slots until then",
  () =>
    Effect.gen(function* () {
      const world = new OutsideWorld()
      const log = makeMemoryEventLog()
      const timeouts = { startMs: null, runtimeMs: 1_000, cancelMs: null }
      const limited = (maxConcurrentRuns: number) => timeless({ maxConcurrentRuns, timeouts })
      const first = yield* startCoordinator({ log, launcher: world.launcher, policy: limited(2) })
      yield* first.askAll(["a", "b", "c"].map((id) => submit(id, "deaf")))
      yield* quiet
      yield* first.stop
      yield* TestClock.adjust(1_000)
      const second = yield* startCoordinator({ log, launcher: world.launcher, policy: limited(1) })
      yield* quiet
      expect(world.stops).toEqual(["a 1", "b 1"])
      world.end("a", { _tag: "Exited", code: 1 })
      expect(yield* second.ended("a")).toMatchObject({ end: { cause: { _tag: "RuntimeExceeded" } } })
      yield* quiet
      expect(world.starts).toEqual(["a 1", "b 1"])
      world.end("b")
      expect(yield* second.ended("b")).toMatchObject({ state: "succeeded" })
      yield* quiet
      expect(world.starts).toEqual(["a 1", "b 1", "c 1"])
    })
)

/** What can go wrong with an append. */
const troubles: Readonly<Record<string, FateOf>> = {
  unwritten: () => unwritten(),
  unheard: () => unheard(),
  tooLate: (_, { failing }) => failing.tooLate,
  crashBefore: () => crash(false),
  crashAfter: () => crash(true),
  stop
}

const ids = Array.from({ length: 12 }, (_, at) => `r${at}`)
const id = fc.constantFrom(...ids)
const limitMs = fc.option(fc.constantFrom(100, 1_000, 10_000))

const spec: fc.Arbitrary<Partial<RunSpec>> = fc.record(
  {
    tags: fc.record({ team: fc.constantFrom("red", "blue") }),
    priority: fc.nat(3),
    notBefore: fc.nat(3_000)
  },
  { requiredKeys: [] }
)

const job = fc.constantFrom<OutsideJob>("quick", "manual", "manual", "slow", "deaf", "unreachable")

const rulesOf = fc
  .record({
    mode: fc.constantFrom("queued" as const, "queued" as const, "immediate" as const),
    maxConcurrentRuns: fc.nat(4),
    tagLimits: fc.array(fc.record({ key: fc.constant("team"), each: fc.constant(true), limit: fc.nat(2) }), {
      maxLength: 1
    }),
    timeouts: fc.record({ startMs: limitMs, runtimeMs: limitMs, cancelMs: limitMs })
  })
  .map((policy) => timeless(policy))

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(id, job, spec).map((of) => ({ ask: submit(...of) })) },
  { weight: 3, arbitrary: id.map((run) => ({ ask: cancel(run) })) },
  { weight: 3, arbitrary: id.map((run) => ({ end: run })) },
  { weight: 2, arbitrary: rulesOf.map((policy) => ({ ask: setPolicy(policy) })) },
  { weight: 1, arbitrary: fc.constant({ stop: true as const }) }
)

/** Everyone may run, and everything ends. */
const finale: ReadonlyArray<Step> = [
  { ask: setPolicy(timeless({ maxConcurrentRuns: null })) },
  ...ids.map((run) => ({ end: run }))
]

it("whatever is asked and whatever goes wrong, nothing is lost and nothing is begun twice", () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 30, size: "max" }),
      fc.array(fc.tuple(fc.nat(6), fc.constantFrom(...Object.keys(troubles))), { maxLength: 6 }),
      async (steps, gaps) => {
        const fates = gaps.flatMap(([gap, trouble]) => [
          ...Array<FateOf | undefined>(gap).fill(undefined),
          troubles[trouble]
        ])
        const fateOf: FateOf = (nth, played) => fates[nth - 1]?.(nth, played)
        const played = Effect.scoped(play([...steps, ...finale], outside(), fateOf))
        await Effect.runPromise(Effect.provide(played, TestClock.layer()))
      }
    ),
    { numRuns: 100 }
  ))

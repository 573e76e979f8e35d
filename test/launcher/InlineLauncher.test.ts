import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import fc from "fast-check"
import { type Job, type Jobs, makeInlineLauncher } from "../../src/launcher/InlineLauncher.ts"
import { temporaryFolder } from "../log/temporaryFolder.ts"
import { assignmentOf, Ear } from "./assignment.ts"
import { bakery } from "./bakery.ts"
import { launcherContract } from "./LauncherContract.ts"
import type { Workshop } from "./Workshop.ts"

launcherContract(
  "jobs of this program",
  Effect.map(temporaryFolder, (folder): Workshop => {
    const starts: Array<string> = []
    const finished = Deferred.makeUnsafe<void>()
    const start = (run: string) => Effect.sync(() => starts.push(run))
    const jobs: Jobs = {
      succeed: ({ run }) => start(run),
      fail: ({ run }) => Effect.andThen(start(run), Effect.fail("no flour")),
      wait: ({ run }) => Effect.andThen(start(run), Deferred.await(finished))
    }
    return {
      launcher: makeInlineLauncher(jobs, folder),
      spec: (id, work) => ({ id, job: work }),
      finish: () => Effect.asVoid(Deferred.succeed(finished, undefined)),
      starts: (run) => starts.filter((one) => one === run).length,
      failure: "Threw"
    }
  })
)

const outcomeOf = (bake: Job) => Effect.flatMap(bakery(bake), ({ launch }) => launch)

describe("what a job answers is the run's result", () => {
  const answers: Readonly<Record<string, Job>> = {
    "a value": () => ({ loaves: [1, null, "zwei"] }),
    "a promise": async () => ({ loaves: [1, null, "zwei"] }),
    "an Effect": () => Effect.succeed({ loaves: [1, null, "zwei"] })
  }
  for (const [form, bake] of Object.entries(answers)) {
    it.live(form, () =>
      Effect.gen(function* () {
        expect(yield* outcomeOf(bake)).toEqual({ _tag: "Succeeded", result: { loaves: [1, null, "zwei"] } })
      })
    )
  }

  it.live("nothing, where it answers nothing", () =>
    Effect.gen(function* () {
      for (const bake of [() => undefined, async () => {}, () => Effect.void]) {
        expect(yield* outcomeOf(bake)).toEqual({ _tag: "Succeeded" })
      }
    })
  )

  const circle: Array<unknown> = []
  circle.push(circle)
  const unfit = [
    Number.NaN,
    1n,
    () => 1,
    Symbol("a"),
    new Date(0),
    new Map(),
    { a: undefined },
    [undefined],
    circle
  ]
  for (const value of unfit) {
    const name = value === circle ? "a circle" : Array.isArray(value) ? "a hole" : String(value)
    it.live(`a failure, where it is not JSON, as ${name} is not`, () =>
      Effect.gen(function* () {
        expect(yield* outcomeOf(() => value)).toMatchObject({ _tag: "Threw" })
      })
    )
  }
})

class NoFlour extends Error {
  readonly _tag = "NoFlour"
}

describe("a job that fails", () => {
  const failures: Readonly<Record<string, Job>> = {
    throws: () => {
      throw new NoFlour("no flour")
    },
    "rejects its promise": () => Promise.reject(new NoFlour("no flour")),
    "fails as an Effect": () => Effect.fail(new NoFlour("no flour")),
    "dies as an Effect": () => Effect.die(new NoFlour("no flour"))
  }
  for (const [how, bake] of Object.entries(failures)) {
    it.live(`and ${how} is told with its message and where it was thrown`, () =>
      Effect.gen(function* () {
        expect(yield* outcomeOf(bake)).toEqual({
          _tag: "Threw",
          message: "no flour",
          stack: expect.stringMatching(/^Error: no flour\n.*InlineLauncher\.test\.ts/s)
        })
      })
    )
  }

  it.live("with something that is no error is told as text", () =>
    Effect.gen(function* () {
      const odd = Object.assign(new Error(), { message: { flour: 0 }, stack: 7 })
      const thrown = ["no flour", 7, null, undefined, Symbol("flour"), Object.create(null), odd]
      for (const one of thrown) {
        const bake = () => {
          throw one
        }
        expect(yield* outcomeOf(bake)).toMatchObject({ _tag: "Threw", message: expect.any(String) })
      }
    })
  )
})

describe("what a job knows of its run", () => {
  it.live("is what was submitted", () =>
    Effect.gen(function* () {
      const spec = { input: { loaves: 3 }, tags: { oven: "left" } }
      const bake: Job = ({ run, attempt, input, tags, spec: { job } }) => ({
        run,
        attempt,
        input,
        tags,
        job: job ?? ""
      })
      const { launch } = yield* bakery(bake, spec)
      expect(yield* launch).toMatchObject({ result: { run: "r", attempt: 1, job: "bake", ...spec } })
    })
  )

  it.live("a job of another name is refused, with the names there are", () =>
    Effect.gen(function* () {
      for (const job of ["brew", "toString", "__proto__"]) {
        const { launch } = yield* bakery(() => 1, { job })
        const message = `this program has no job ${job}; it has: bake`
        expect(yield* launch).toEqual({ _tag: "LaunchRefused", message })
      }
      const nothing = makeInlineLauncher({}, "unused")
      const outcome = yield* nothing.launch(assignmentOf({ id: "r", job: "bake" }), () => {})
      expect(outcome).toMatchObject({ message: "this program has no job bake; it has: none" })
    })
  )
})

describe("progress", () => {
  it.live("is told as the job tells it, after its start", () =>
    Effect.gen(function* () {
      const { launch, ear } = yield* bakery(({ progress }) => {
        progress(0.5)
        progress(undefined, "half baked")
        progress(1, "done")
      })
      yield* launch
      expect(yield* ear.rest).toEqual([
        { _tag: "Started" },
        { _tag: "Progress", fraction: 0.5 },
        { _tag: "Progress", message: "half baked" },
        { _tag: "Progress", fraction: 1, message: "done" }
      ])
    })
  )

  it("is never such that it cannot be recorded", () =>
    fc.assert(
      fc.asyncProperty(fc.oneof(fc.double(), fc.anything()), fc.anything(), (fraction, message) =>
        Effect.gen(function* () {
          const { launch, ear } = yield* bakery(({ progress }) =>
            progress(fraction as number, message as string)
          )
          yield* launch
          const [, told] = yield* ear.rest
          if (told?._tag !== "Progress") return yield* Effect.die("nothing was told")
          if (told.fraction !== undefined) expect(told.fraction >= 0 && told.fraction <= 1).toBe(true)
          if (told.message !== undefined) expect(told.message).toBeTypeOf("string")
        }).pipe(Effect.scoped, Effect.runPromise)
      )
    ))

  it.live("is told to who has attached, and no more to who has let go", () =>
    Effect.gen(function* () {
      const half = yield* Deferred.make<void>()
      const { launch, launcher, assignment, ear } = yield* bakery(({ progress }) =>
        Effect.andThen(
          Deferred.await(half),
          Effect.sync(() => progress(0.5))
        )
      )
      yield* Fiber.interrupt(yield* Effect.forkChild(launch, { startImmediately: true }))
      const later = yield* Ear.make
      const again = yield* Effect.forkChild(launcher.launch(assignment, later.tell), {
        startImmediately: true
      })
      yield* Deferred.succeed(half, undefined)
      yield* Fiber.join(again)
      expect(yield* ear.rest).toEqual([{ _tag: "Started" }])
      expect(yield* later.rest).toEqual([{ _tag: "Started" }, { _tag: "Progress", fraction: 0.5 }])
    })
  )
})

describe("stopping a job", () => {
  it.live("aborts its signal; what it then throws is no failure of its own", () =>
    Effect.gen(function* () {
      const { launch, launcher, assignment } = yield* bakery(
        ({ signal }) =>
          new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)))
      )
      const fiber = yield* Effect.forkChild(launch, { startImmediately: true })
      const stopped = { _tag: "Terminated", message: "stopped" }
      expect(yield* launcher.stop(assignment)).toEqual(stopped)
      expect(yield* Fiber.join(fiber)).toEqual(stopped)
    })
  )

  it.live("interrupts an Effect, and waits for what it has to clean up", () =>
    Effect.gen(function* () {
      const cleaned: Array<string> = []
      const { launch, launcher, assignment } = yield* bakery(() =>
        Effect.ensuring(
          Effect.never,
          Effect.andThen(
            Effect.yieldNow,
            Effect.sync(() => cleaned.push("oven"))
          )
        )
      )
      yield* Effect.forkChild(launch, { startImmediately: true })
      expect(yield* launcher.stop(assignment)).toEqual({ _tag: "Terminated", message: "stopped" })
      expect(cleaned).toEqual(["oven"])
    })
  )

  it.live("that takes no notice waits for it, and keeps what it has made", () =>
    Effect.gen(function* () {
      const baked = yield* Deferred.make<string>()
      const { launch, launcher, assignment } = yield* bakery(() => Effect.runPromise(Deferred.await(baked)))
      yield* Effect.forkChild(launch, { startImmediately: true })
      const stop = yield* Effect.forkChild(launcher.stop(assignment), { startImmediately: true })
      yield* Effect.yieldNow
      expect(stop.pollUnsafe()).toBeUndefined()
      yield* Deferred.succeed(baked, "bread")
      expect(yield* Fiber.join(stop)).toEqual({ _tag: "Succeeded", result: "bread" })
    })
  )
})

describe("a job that another program may have begun", () => {
  it.live("is lost, and is not begun again", () =>
    Effect.gen(function* () {
      const begun: Array<string> = []
      const { launcher, assignment, ear } = yield* bakery(({ run }) => begun.push(run))
      const recovered = { ...assignment, recovered: true }
      const lost = { _tag: "WorkerLost", message: "the program that ran it has ended", withCoordinator: true }
      expect(yield* launcher.launch(recovered, ear.tell)).toEqual(lost)
      expect(yield* launcher.stop(recovered)).toEqual(lost)
      expect(begun).toEqual([])
      expect(yield* ear.rest).toEqual([])
    })
  )

  it.live("is attached to, where it was this program after all", () =>
    Effect.gen(function* () {
      const { launcher, assignment, launch } = yield* bakery(() => "bread")
      yield* launch
      const again = launcher.launch({ ...assignment, recovered: true }, () => {})
      expect(yield* again).toEqual({ _tag: "Succeeded", result: "bread" })
    })
  )

  it.live("is known as long as it is not forgotten", () =>
    Effect.gen(function* () {
      const begun: Array<string> = []
      const { launcher, assignment, launch } = yield* bakery(({ run }) => begun.push(run))
      yield* launch
      yield* launch
      expect(begun).toEqual(["r"])
      launcher.forget(assignment)
      expect(yield* launcher.launch({ ...assignment, recovered: true }, () => {})).toMatchObject({
        _tag: "WorkerLost"
      })
    })
  )
})

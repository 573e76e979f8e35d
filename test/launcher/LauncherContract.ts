/**
 * The promises of `src/launcher/Launcher.ts`, held by every launcher, also where the world outside does not play fair.
 * What can go wrong there differs, so each launcher's rig says which troubles it can have happen.
 */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import { assignmentOf, Ear } from "./assignment.ts"
import { troubleContract } from "./troubleContract.ts"
import { begin, launchAgain, type Trouble, type Workshop } from "./Workshop.ts"

/** Holds a kind of launcher to the promises; `plays` are the troubles of its workshops. */
export const launcherContract = (
  name: string,
  open: Effect.Effect<Workshop, never, Scope.Scope>,
  plays: ReadonlyArray<Trouble> = []
): void => {
  const promise = (title: string, body: (workshop: Workshop) => Effect.Effect<void, unknown, Scope.Scope>) =>
    it.live(title, () => Effect.flatMap(open, body))

  describe(`${name}: launching`, () => {
    promise("tells that work has started, then how it has ended", (workshop) =>
      Effect.gen(function* () {
        const { launch } = yield* begin(workshop, "succeed")
        expect(yield* Fiber.join(launch)).toMatchObject({ _tag: "Succeeded" })
        expect(workshop.starts("r")).toBe(1)
      })
    )

    promise("tells of work that fails", (workshop) =>
      Effect.gen(function* () {
        const { launch } = yield* begin(workshop, "fail")
        expect(yield* Fiber.join(launch)).toMatchObject({ _tag: workshop.failure })
      })
    )

    promise(
      "an attempt that is launched twice at once is started once, and both learn how it ends",
      (workshop) =>
        Effect.gen(function* () {
          const both = Effect.all([launchAgain(workshop, "fail"), launchAgain(workshop, "fail")], {
            concurrency: "unbounded"
          })
          const [one, other] = yield* both
          expect(one).toMatchObject({ _tag: workshop.failure })
          expect(other).toEqual(one)
          expect(workshop.starts("r")).toBe(1)
        })
    )

    promise("an attempt that has ended is not started again, and tells its end again", (workshop) =>
      Effect.gen(function* () {
        const first = yield* launchAgain(workshop, "fail")
        expect(yield* launchAgain(workshop, "fail")).toEqual(first)
        expect(workshop.starts("r")).toBe(1)
      })
    )

    promise("another attempt, and another run, are started for themselves", (workshop) =>
      Effect.gen(function* () {
        const { launcher, spec, starts } = workshop
        const assignments = [
          assignmentOf(spec("r", "succeed")),
          { ...assignmentOf(spec("r", "succeed")), attempt: 2 },
          assignmentOf(spec("other", "fail"))
        ]
        const outcomes = yield* Effect.forEach(assignments, (one) => launcher.launch(one, () => {}), {
          concurrency: "unbounded"
        })
        expect(outcomes.map(({ _tag }) => _tag)).toEqual(["Succeeded", "Succeeded", workshop.failure])
        expect([starts("r"), starts("other")]).toEqual([2, 1])
      })
    )
  })

  describe(`${name}: letting go`, () => {
    promise("does not stop the work: launching again attaches to it and learns its end", (workshop) =>
      Effect.gen(function* () {
        const { launch } = yield* begin(workshop, "wait")
        yield* Fiber.interrupt(launch)
        const again = yield* begin(workshop, "wait")
        yield* workshop.finish("r")
        expect(yield* Fiber.join(again.launch)).toMatchObject({ _tag: "Succeeded" })
        expect(workshop.starts("r")).toBe(1)
      })
    )

    promise("at whatever moment, the work is done once", (workshop) =>
      Effect.gen(function* () {
        for (let yields = 0; yields < 5; yields++) {
          const launch = yield* Effect.forkChild(launchAgain(workshop, "fail"), { startImmediately: true })
          for (let count = 0; count < yields; count++) yield* Effect.yieldNow
          yield* Fiber.interrupt(launch)
        }
        expect(yield* launchAgain(workshop, "fail")).toMatchObject({ _tag: workshop.failure })
        expect(workshop.starts("r")).toBe(1)
      })
    )

    promise("leaves the work to be stopped", (workshop) =>
      Effect.gen(function* () {
        const { assignment, launch } = yield* begin(workshop, "wait")
        yield* Fiber.interrupt(launch)
        const outcome = yield* workshop.launcher.stop(assignment)
        expect(outcome._tag).not.toBe("Succeeded")
        expect(yield* launchAgain(workshop, "wait")).toEqual(outcome)
      })
    )
  })

  describe(`${name}: stopping`, () => {
    promise("ends the work, and both who stops and who launched learn it", (workshop) =>
      Effect.gen(function* () {
        const { assignment, launch } = yield* begin(workshop, "wait")
        const outcome = yield* workshop.launcher.stop(assignment)
        expect(outcome._tag).not.toBe("Succeeded")
        expect(yield* Fiber.join(launch)).toEqual(outcome)
      })
    )

    promise("before the start keeps the attempt from ever starting", (workshop) =>
      Effect.gen(function* () {
        const stopped = { _tag: "Terminated", message: "stopped before it started" }
        const assignment = assignmentOf(workshop.spec("r", "succeed"))
        expect(yield* workshop.launcher.stop(assignment)).toEqual(stopped)
        const ear = yield* Ear.make
        expect(yield* workshop.launcher.launch(assignment, ear.tell)).toEqual(stopped)
        expect(yield* ear.rest).toEqual([])
        expect(workshop.starts("r")).toBe(0)
        const next = { ...assignment, attempt: 2 }
        expect(yield* workshop.launcher.launch(next, () => {})).toMatchObject({ _tag: "Succeeded" })
      })
    )

    promise("at the moment of the start, either keeps it from starting or ends it", (workshop) =>
      Effect.gen(function* () {
        const launch = yield* Effect.forkChild(launchAgain(workshop, "wait"), { startImmediately: true })
        const outcome = yield* workshop.launcher.stop(assignmentOf(workshop.spec("r", "wait")))
        expect(outcome._tag).not.toBe("Succeeded")
        expect(yield* Fiber.join(launch)).toEqual(outcome)
        expect(yield* launchAgain(workshop, "wait")).toEqual(outcome)
        expect(workshop.starts("r")).toBeLessThanOrEqual(1)
      })
    )

    promise("twice at once, and once more after the end, says the same", (workshop) =>
      Effect.gen(function* () {
        const { assignment } = yield* begin(workshop, "wait")
        const stop = workshop.launcher.stop(assignment)
        const [one, other] = yield* Effect.all([stop, stop], { concurrency: "unbounded" })
        expect(one._tag).not.toBe("Succeeded")
        expect(other).toEqual(one)
        expect(yield* stop).toEqual(one)
      })
    )

    promise("after the end tells how it ended", (workshop) =>
      Effect.gen(function* () {
        const { assignment, launch } = yield* begin(workshop, "fail")
        const outcome = yield* Fiber.join(launch)
        expect(yield* workshop.launcher.stop(assignment)).toEqual(outcome)
      })
    )

    promise("leaves other attempts alone", (workshop) =>
      Effect.gen(function* () {
        const { launcher, spec } = workshop
        const { launch } = yield* begin(workshop, "wait")
        yield* launcher.stop({ ...assignmentOf(spec("r", "wait")), attempt: 2 })
        yield* launcher.stop(assignmentOf(spec("other", "wait")))
        yield* workshop.finish("r")
        expect(yield* Fiber.join(launch)).toMatchObject({ _tag: "Succeeded" })
      })
    )
  })

  if (plays.length > 0) describe(`${name}: in a world that`, () => troubleContract(open, plays))
}

/**
 * What holds of a launcher where the world outside does not play fair.
 */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import { assignmentOf, Ear } from "./assignment.ts"
import { begin, heardStart, launchAgain, type Trouble, type Troubles, type Workshop } from "./Workshop.ts"

/** Holds launchers to the promises whose breach needs these troubles. */
export const troubleContract = (
  open: Effect.Effect<Workshop, never, Scope.Scope>,
  plays: ReadonlyArray<Trouble>
): void => {
  /** A promise that is held where the world can be had to break its own. */
  const inTrouble = <T extends Trouble>(
    needs: ReadonlyArray<T>,
    title: string,
    body: (workshop: Workshop, troubles: Pick<Troubles, T>) => Effect.Effect<void, unknown, Scope.Scope>
  ) => {
    if (!needs.every((one) => plays.includes(one))) return
    it.live(title, () =>
      Effect.flatMap(open, (workshop) => body(workshop, workshop.troubles as Pick<Troubles, T>))
    )
  }

  inTrouble(
    ["hold", "admit"],
    "is slow to start what it has taken, an attempt starts once",
    (workshop, world) =>
      Effect.gen(function* () {
        yield* world.hold
        const assignment = assignmentOf(workshop.spec("r", "fail"))
        for (const _ of ["launched", "launched again"]) {
          const ear = yield* Ear.make
          const launch = yield* Effect.forkChild(workshop.launcher.launch(assignment, ear.tell))
          expect(yield* ear.next).toEqual({ _tag: "Accepted" })
          expect(workshop.starts("r")).toBe(0)
          yield* Fiber.interrupt(launch)
        }
        yield* world.admit
        expect(yield* launchAgain(workshop, "fail")).toMatchObject({ _tag: workshop.failure })
        expect(workshop.starts("r")).toBe(1)
      })
  )

  inTrouble(["hold", "admit"], "never starts what it has taken, stopping ends it", (workshop, world) =>
    Effect.gen(function* () {
      yield* world.hold
      const assignment = assignmentOf(workshop.spec("r", "succeed"))
      const ear = yield* Ear.make
      const launch = yield* Effect.forkChild(workshop.launcher.launch(assignment, ear.tell))
      expect(yield* ear.next).toEqual({ _tag: "Accepted" })
      const outcome = yield* workshop.launcher.stop(assignment)
      expect(outcome).toMatchObject({ _tag: "Terminated" })
      expect(yield* Fiber.join(launch)).toEqual(outcome)
      yield* world.admit
      expect(yield* workshop.launcher.launch(assignment, () => {})).toEqual(outcome)
      expect(workshop.starts("r")).toBe(0)
    })
  )

  inTrouble(
    ["kill"],
    "kills a worker before its report, the attempt has ended, and not well",
    (workshop, world) =>
      Effect.gen(function* () {
        const { assignment, launch } = yield* begin(workshop, "wait")
        yield* world.kill("r")
        const outcome = yield* Fiber.join(launch)
        expect(outcome._tag).not.toBe("Succeeded")
        expect(yield* launchAgain(workshop, "wait")).toEqual(outcome)
        expect(yield* workshop.launcher.stop(assignment)).toEqual(outcome)
        expect(workshop.starts("r")).toBe(1)
      })
  )

  inTrouble(
    ["forget"],
    "forgets an attempt, its worker is lost, and it is not started again",
    (workshop, world) =>
      Effect.gen(function* () {
        const { assignment, launch } = yield* begin(workshop, "wait")
        yield* world.forget("r")
        expect(yield* Fiber.join(launch)).toMatchObject({ _tag: "WorkerLost" })
        const later = { ...assignment, recovered: true, worker: "w" }
        expect(yield* workshop.launcher.launch(later, () => {})).toMatchObject({ _tag: "WorkerLost" })
        expect(workshop.starts("r")).toBe(1)
      })
  )

  inTrouble(["blind"], "cannot be looked at for a while, work goes on, and that is told", (workshop, world) =>
    Effect.gen(function* () {
      const assignment = assignmentOf(workshop.spec("r", "wait"))
      const ear = yield* Ear.make
      const launch = yield* Effect.forkChild(workshop.launcher.launch(assignment, ear.tell))
      yield* heardStart(ear)
      yield* world.blind(true)
      expect(yield* ear.next).toMatchObject({ _tag: "Health", healthy: false, transient: true })
      yield* world.blind(false)
      expect(yield* ear.next).toEqual({ _tag: "Health", healthy: true })
      yield* workshop.finish("r")
      expect(yield* Fiber.join(launch)).toMatchObject({ _tag: "Succeeded" })
    })
  )

  inTrouble(["lie"], "reports an end twice, the first one holds", (workshop, world) =>
    Effect.gen(function* () {
      const { assignment } = yield* begin(workshop, "wait")
      yield* workshop.finish("r")
      expect(yield* launchAgain(workshop, "wait")).toMatchObject({ _tag: "Succeeded" })
      yield* world.lie("r", 1)
      expect(yield* workshop.launcher.stop(assignment)).toMatchObject({ _tag: "Succeeded" })
    })
  )

  inTrouble(["lie"], "reports the end of an older attempt, the newer goes on", (workshop, world) =>
    Effect.gen(function* () {
      const { launcher, spec, finish } = workshop
      yield* launchAgain(workshop, "fail")
      const next = { ...assignmentOf(spec("r", "wait")), attempt: 2 }
      const ear = yield* Ear.make
      const launch = yield* Effect.forkChild(launcher.launch(next, ear.tell))
      yield* heardStart(ear)
      yield* world.lie("r", 1)
      expect(launch.pollUnsafe()).toBeUndefined()
      yield* finish("r")
      expect(yield* Fiber.join(launch)).toMatchObject({ _tag: "Succeeded" })
    })
  )
}

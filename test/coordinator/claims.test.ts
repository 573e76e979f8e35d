import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { defaultPools, defaultRetries } from "../../src/queue/Policy.ts"
import { OutsideWorld } from "./OutsideWorld.ts"
import { cancel, quiet, startCoordinator, submit, timeless } from "./startCoordinator.ts"

const policy = timeless({
  pools: { ...defaultPools, limits: { db: 1 } },
  retries: { ...defaultRetries, resumes: 1 }
})
const slot = (run: string, step = "s") => ({ run, attempt: 1, step, pool: "db" })

/** Two started runs of which the first has the only slot. */
const start = Effect.gen(function* () {
  const world = new OutsideWorld()
  const coordinator = yield* startCoordinator({ launcher: world.launcher, policy })
  for (const run of ["a", "b"]) yield* coordinator.ask(submit(run, "manual"))
  yield* quiet
  yield* coordinator.claim(slot("a"))
  return { world, coordinator }
})

describe("a step that claims a slot", () => {
  it.effect("is answered when another step has given it back", () =>
    Effect.gen(function* () {
      const { coordinator } = yield* start
      const waiting = yield* Effect.forkChild(coordinator.claim(slot("b")))
      yield* quiet
      expect(waiting.pollUnsafe()).toBeUndefined()
      yield* coordinator.ask({ _tag: "ReleaseSlot", ...slot("a") })
      const [claim] = (yield* Fiber.join(waiting)).claims ?? []
      expect(claim).toMatchObject({ step: "s", pool: "db", granted: true })
    })
  )

  it.effect("is answered when the run that had it has ended: no slot outlives its run", () =>
    Effect.gen(function* () {
      const { coordinator, world } = yield* start
      const waiting = yield* Effect.forkChild(coordinator.claim(slot("b")))
      yield* quiet
      world.end("a")
      expect((yield* Fiber.join(waiting)).claims).toMatchObject([{ granted: true }])
    })
  )

  it.effect("is told so where its own run ends before that", () =>
    Effect.gen(function* () {
      const { coordinator } = yield* start
      const waiting = yield* Effect.forkChild(Effect.flip(coordinator.claim(slot("b"))))
      yield* quiet
      yield* coordinator.ask(cancel("b"))
      expect(yield* Fiber.join(waiting)).toMatchObject({
        _tag: "CommandRejected",
        rejection: { _tag: "StateRefuses", command: "ClaimSlot", run: "b", state: "canceled" }
      })
    })
  )

  it.effect("is told so where its worker is lost, and another attempt of its run begins", () =>
    Effect.gen(function* () {
      const { coordinator, world } = yield* start
      const waiting = yield* Effect.forkChild(Effect.flip(coordinator.claim(slot("b"))))
      yield* quiet
      world.end("b", { _tag: "WorkerLost", message: "its machine is gone" })
      expect(yield* Fiber.join(waiting)).toMatchObject({
        _tag: "CommandRejected",
        rejection: { _tag: "StaleAttempt", command: "ClaimSlot", run: "b", attempt: 1, current: 2 }
      })
    })
  )

  it.effect("is told so where its attempt ends, and another one waits in line", () =>
    Effect.gen(function* () {
      const { coordinator, world } = yield* start
      const retried = { retry: [{ max: 1, delayMs: 60_000 }] }
      yield* coordinator.ask(submit("c", "manual", retried))
      yield* quiet
      const waiting = yield* Effect.forkChild(Effect.flip(coordinator.claim(slot("c"))))
      yield* quiet
      world.end("c", { _tag: "Exited", code: 1 })
      expect(yield* Fiber.join(waiting)).toMatchObject({
        _tag: "CommandRejected",
        rejection: { _tag: "StaleAttempt", command: "ClaimSlot", run: "c", attempt: 1, current: 1 }
      })
    })
  )

  it.effect("is refused what no run could ever have", () =>
    Effect.gen(function* () {
      const { coordinator } = yield* start
      const refused = yield* Effect.flip(coordinator.claim({ ...slot("b"), slots: 2 }))
      expect(refused.message).toBe("ClaimSlot refused: a step needs 2 slots of pool db, which has 1.")
    })
  )
})

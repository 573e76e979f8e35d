import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import { type Sight, watch } from "../../src/launcher/watch.ts"
import { settings } from "../../src/settings.ts"
import { Ear } from "./assignment.ts"

const { watchIntervalMs, lookTimeoutMs } = settings
const running: Sight = { _tag: "Running", worker: "pod 1" }
const started = { _tag: "Started", worker: "pod 1" }
const ended: Sight = { _tag: "Ended", outcome: { _tag: "Exited", code: 3 } }
const absent: Sight = { _tag: "Absent" }

/** Watches what comes to be seen, one sight after the other, the last for ever. */
const watching = Effect.fnUntraced(function* (...sights: ReadonlyArray<() => Effect.Effect<Sight, unknown>>) {
  const ear = yield* Ear.make
  let looks = 0
  const look = () => {
    const sight = sights[Math.min(looks++, sights.length - 1)]
    return sight ? sight() : Effect.succeed(absent)
  }
  const fiber = yield* Effect.forkChild(watch(look, ear.tell), { startImmediately: true })
  return { ear, fiber, looks: () => looks }
})
const see = (sight: Sight) => () => Effect.succeed(sight)

it.effect("what is new is told, once; the end is answered", () =>
  Effect.gen(function* () {
    const taken = see({ _tag: "Accepted" })
    const { ear, fiber } = yield* watching(taken, taken, see(running), see(running), see(ended))
    yield* TestClock.adjust(4 * watchIntervalMs)
    expect(yield* Fiber.join(fiber)).toEqual({ _tag: "Exited", code: 3 })
    expect(yield* ear.rest).toEqual([{ _tag: "Accepted" }, started])
  })
)

const failures: Readonly<Record<string, () => Effect.Effect<Sight, unknown>>> = {
  fails: () => Effect.fail("no route"),
  dies: () => Effect.die("no route"),
  throws: () => {
    throw new Error("no route")
  }
}
for (const [how, look] of Object.entries(failures)) {
  it.effect(
    `a look that ${how} never ends an attempt, however often; it is told once, and when that is over`,
    () =>
      Effect.gen(function* () {
        let blind = true
        const { ear, fiber, looks } = yield* watching(see(running), () =>
          blind ? look() : Effect.succeed(running)
        )
        yield* TestClock.adjust(3_600_000)
        expect(looks()).toBeGreaterThan(2 * settings.missesMax)
        expect(fiber.pollUnsafe()).toBeUndefined()
        const message = "nobody could look for it: no route"
        expect(yield* ear.rest).toEqual([
          started,
          { _tag: "Health", healthy: false, transient: true, message }
        ])
        blind = false
        yield* TestClock.adjust(64 * watchIntervalMs)
        expect(yield* ear.rest).toEqual([{ _tag: "Health", healthy: true }])
      })
  )
}

it.effect("a look that hangs has shown nothing, and others follow", () =>
  Effect.gen(function* () {
    const { ear, fiber } = yield* watching(() => Effect.never, see(ended))
    yield* TestClock.adjust(lookTimeoutMs)
    expect(yield* ear.rest).toMatchObject([{ _tag: "Health", transient: true }])
    yield* TestClock.adjust(2 * watchIntervalMs)
    expect(yield* Fiber.join(fiber)).toEqual({ _tag: "Exited", code: 3 })
  })
)

it.effect("what is not there is lost only if that is so several times in a row", () =>
  Effect.gen(function* () {
    const { ear, fiber } = yield* watching(
      see(absent),
      see(absent),
      see(running),
      see(absent),
      () => Effect.fail("no route"),
      see(absent),
      see(running),
      see(absent)
    )
    yield* TestClock.adjust(9 * watchIntervalMs)
    expect(fiber.pollUnsafe()).toBeUndefined()
    yield* TestClock.adjust(watchIntervalMs)
    expect(yield* Fiber.join(fiber)).toMatchObject({ _tag: "WorkerLost" })
    expect((yield* ear.rest).filter(({ _tag }) => _tag === "Started")).toHaveLength(1)
  })
)

it.effect("letting go of it ends the looks", () =>
  Effect.gen(function* () {
    const { fiber, looks } = yield* watching(see(running))
    yield* Fiber.interrupt(fiber)
    const before = looks()
    yield* TestClock.adjust(10 * watchIntervalMs)
    expect(looks()).toBe(before)
  })
)

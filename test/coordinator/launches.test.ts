import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Launcher } from "../../src/launcher/Launcher.ts"
import { settings } from "../../src/settings.ts"
import { hire, neverStops, touched } from "./hire.ts"
import { quiet } from "./startCoordinator.ts"

describe("launches", () => {
  const many = settings.launchesMax + 2
  const runs = Array.from({ length: many }, (_, at) => `r${at}`)

  const fresh = new Map(runs.map((run) => [run, true]))

  /** Runs that were admitted together, without limits. */
  const admitted = runs.map((id) => {
    const [one] = touched("launching")
    if (!one) throw new Error("there is one")
    return { run: { ...one.run, id, spec: { id, job: "manual" } }, slots: [] }
  })

  it.effect("a launch that hangs holds up no other: so many go on side by side", () =>
    Effect.gen(function* () {
      const begun: Array<string> = []
      const launcher: Launcher["Service"] = {
        ...neverStops,
        launch: ({ run }) => {
          begun.push(run)
          return Effect.never
        }
      }
      const { workers } = yield* hire(launcher)
      workers.begin(admitted, fresh)
      yield* quiet
      expect(begun).toEqual(runs.slice(0, settings.launchesMax))
      // Time ends one that hangs; the next one has its permit.
      const [first] = admitted
      if (first) yield* workers.end([{ ...first, run: { ...first.run, state: "failed" } }])
      yield* quiet
      expect(begun).toEqual(runs.slice(0, settings.launchesMax + 1))
    })
  )

  it.effect("are not what a coordinator does that takes up what runs: it attaches to all of it at once", () =>
    Effect.gen(function* () {
      const attached: Array<string> = []
      const launcher: Launcher["Service"] = {
        ...neverStops,
        launch: ({ run }) => {
          attached.push(run)
          return Effect.never
        }
      }
      const { workers } = yield* hire(launcher)
      workers.begin(admitted, new Map())
      yield* quiet
      expect(attached).toEqual(runs)
    })
  )

  it.effect("are over with a worker's first word", () =>
    Effect.gen(function* () {
      const begun: Array<string> = []
      const launcher: Launcher["Service"] = {
        ...neverStops,
        launch: ({ run }, tell) => {
          begun.push(run)
          tell({ _tag: "Started" })
          return Effect.never
        }
      }
      const { workers } = yield* hire(launcher)
      workers.begin(admitted, fresh)
      yield* quiet
      expect(begun).toEqual(runs)
    })
  )
})

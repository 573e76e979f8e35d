import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Report } from "../../src/launcher/Launcher.ts"
import { settings } from "../../src/settings.ts"
import { fresh, hire, touched } from "./hire.ts"
import { makePuppet } from "./makePuppet.ts"
import { quiet } from "./startCoordinator.ts"

describe("a launcher that floods", () => {
  it.effect("is heard where it says something new", () =>
    Effect.gen(function* () {
      const { launcher, tell, end } = makePuppet()
      const { workers, reports } = yield* hire(launcher)
      workers.begin(touched("launching"), fresh)
      const again = (report: Report) => {
        for (let count = 0; count < 1_000; count++) tell(report)
      }
      again({ _tag: "Accepted" })
      again({ _tag: "Started", worker: "w" })
      again({ _tag: "Health", healthy: true })
      again({ _tag: "Health", healthy: false, transient: true })
      tell({ _tag: "Health", healthy: true })
      end({ _tag: "Succeeded" })
      yield* quiet
      again({ _tag: "Started" })
      again({ _tag: "Health", healthy: false })
      const misses = Array.from({ length: settings.missesMax }, () => "ReportHealth")
      expect(reports.map(({ _tag }) => _tag)).toEqual([
        "ReportStarted",
        ...misses,
        "ReportHealth",
        "ReportEnded"
      ])
    })
  )

  it.effect("cannot make the log grow by the size of what it tells", () =>
    Effect.gen(function* () {
      const { launcher, end } = makePuppet()
      const { workers, reports } = yield* hire(launcher)
      workers.begin(touched("launching"), fresh)
      end({ _tag: "Threw", message: "x".repeat(10_000_000) })
      yield* quiet
      expect(JSON.stringify(reports).length).toBeLessThan(2 * settings.reportTextMax)
    })
  )
})

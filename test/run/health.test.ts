import { describe, it } from "vitest"
import type { RunCommand } from "../../src/run/RunCommand.ts"
import { asked, fact, lifeTo } from "./facts.ts"
import { given } from "./given.ts"

describe("the health of a worker", () => {
  const running = given(...lifeTo.started)

  it("counts as lost where it is surely gone, or was missed several times in a row", () => {
    const look = (healthy: boolean, transient = true): RunCommand => ({
      _tag: "ReportHealth",
      run: "r",
      attempt: 1,
      healthy,
      transient,
      message: "no answer"
    })
    const missed = (misses: number, message?: string) =>
      fact("RunHealthChanged", { attempt: 1, misses, ...(message !== undefined && { message }) })
    const gone = { _tag: "WorkerLost", message: "no answer" } as const
    const resumedBy = fact("RunResumed", { attempt: 2, cause: gone })
    running.when(look(true)).follows()
    running.when(look(false)).follows(missed(1, "no answer"))
    running.when(look(false, false)).follows(resumedBy)
    const once = given(...lifeTo.started, missed(1, "no answer"))
    once.when(look(true)).follows(missed(0))
    once.when(look(false)).follows(missed(2, "no answer"))
    given(...lifeTo.started, missed(2, "no answer"))
      .when(look(false))
      .follows(resumedBy)
    given(...lifeTo.started, missed(2, "no answer"), missed(0))
      .when(look(false))
      .follows(missed(1, "no answer"))
    given(...lifeTo.launching)
      .when(look(false, false))
      .follows()
    given(...lifeTo.canceling)
      .when(look(false))
      .follows()
    given(...lifeTo.canceling)
      .when(look(false, false))
      .follows(fact("RunCanceled", { attempt: 1, cause: asked, worker: gone }))
  })
})

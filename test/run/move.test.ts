import { describe, it } from "vitest"
import type { RunCommand } from "../../src/run/RunCommand.ts"
import { fact, held, lifeTo } from "./facts.ts"
import { given } from "./given.ts"

describe.each(["submitted", "queued"] as const)("the place of a run that is %s", (state) => {
  const waiting = given(...lifeTo[state])
  const holding = given(...lifeTo[state], held)
  const reason = "outage"

  it("changes with its priority, unless it has that one already", () => {
    const set = (priority: number): RunCommand => ({ _tag: "SetPriority", run: "r", priority, reason })
    waiting.when(set(3)).follows(fact("RunReprioritized", { priority: 3, reason }))
    waiting.when(set(0)).follows()
  })

  it("is the first of all when it is moved to the top", () => {
    waiting.when({ _tag: "MoveToTop", run: "r" }).follows(fact("RunMovedToTop", {}))
    waiting.when({ _tag: "MoveToTop", run: "r", reason }).follows(fact("RunMovedToTop", { reason }))
  })

  it("is kept while it is held, until it is released; either once", () => {
    waiting.when({ _tag: "HoldRun", run: "r", reason }).follows(fact("RunHeld", { reason }))
    holding.when({ _tag: "HoldRun", run: "r" }).follows()
    holding.when({ _tag: "ReleaseRun", run: "r", reason }).follows(fact("RunReleased", { reason }))
    waiting.when({ _tag: "ReleaseRun", run: "r" }).follows()
  })
})

describe.each(["launching", "started", "canceling"] as const)("the place of a run that is %s", (state) => {
  it("is no longer anybody's to change", () => {
    const of = { run: "r", attempt: 1 }
    const moves: ReadonlyArray<RunCommand> = [
      { _tag: "SetPriority", ...of, priority: 1 },
      { _tag: "MoveToTop", ...of },
      { _tag: "HoldRun", ...of },
      { _tag: "ReleaseRun", ...of }
    ]
    const reports = ["ReportStarted", "ReportProgress", "ReportHealth", "ReportEnded"]
    const slots = {
      launching: ["ClaimSlot"],
      started: ["ClaimSlot", "ReleaseSlot"],
      canceling: ["ReleaseSlot"]
    }
    const allowed = ["CancelRun", ...slots[state], ...reports]
    for (const command of moves)
      given(...lifeTo[state])
        .when(command)
        .isRefused({ _tag: "StateRefuses", command: command._tag, run: "r", state, allowed })
  })
})

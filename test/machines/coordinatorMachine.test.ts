import { describe, expect, it } from "vitest"
import { coordinatorMachine } from "../../machines/coordinatorMachine.ts"
import { arrowsOf, deedsIn, reachable, statesOf } from "./chart.ts"

const { passing, final } = statesOf(coordinatorMachine)

describe("the chart of a coordinator", () => {
  it("has these arrows and no others", () => {
    expect(arrowsOf(coordinatorMachine)).toEqual([
      "recovering Recovered leading",
      "recovering Stopped stopped",
      "leading DrainRequested draining",
      "leading LogFailed recovering",
      "leading Stopped stopped",
      "draining LogFailed recovering",
      "draining Stopped stopped"
    ])
  })

  it("can be walked to every state", () => {
    expect(reachable(coordinatorMachine).toSorted()).toEqual([...passing, ...final].toSorted())
  })

  it.each(passing)("can stop while %s", (state) => {
    expect(reachable(coordinatorMachine, state)).toContain("stopped")
  })

  it("decides only after it has recovered from the log", () => {
    const intoLeading = arrowsOf(coordinatorMachine).filter((arrow) => arrow.endsWith(" leading"))
    expect(intoLeading).toEqual(["recovering Recovered leading"])
  })

  it("says what may happen and does nothing itself", () => {
    expect(deedsIn(coordinatorMachine.config)).toEqual([])
  })
})

import { describe, expect, it } from "vitest"
import { intent } from "../../src/run/intent.ts"
import { isFinished, isHoldingSlot, isWaiting, runStates } from "../../src/run/lifecycle.ts"

describe("what the world should be doing for a run", () => {
  it.each(runStates)("follows from its state: %s", (state) => {
    expect(intent(state) === "Wait").toBe(isWaiting(state))
    expect(["Work", "Stop"].includes(intent(state))).toBe(isHoldingSlot(state))
    expect(intent(state) === "Rest").toBe(isFinished(state))
  })

  it("is to stop its worker from when that was asked for", () => {
    expect(runStates.filter((state) => intent(state) === "Stop")).toEqual(["canceling"])
  })
})

import { describe, expect, it } from "vitest"
import { transition } from "xstate"
import { getSimplePaths } from "xstate/graph"
import { type RunFactType, runMachine } from "../../machines/runMachine.ts"
import { arrowsOf, deedsIn, reachable, statesOf } from "./chart.ts"

const { passing, final } = statesOf(runMachine)
const facts = [...new Set(arrowsOf(runMachine).map((arrow) => arrow.split(" ")[1] as RunFactType))]

describe("the chart of a run", () => {
  it("has these arrows and no others", () => {
    expect(arrowsOf(runMachine)).toEqual([
      "submitted RunQueued queued",
      "submitted RunReprioritized submitted",
      "submitted RunMovedToTop submitted",
      "submitted RunHeld submitted",
      "submitted RunReleased submitted",
      "submitted RunAdmitted launching",
      "submitted RunFailed failed",
      "submitted RunCanceled canceled",
      "queued RunReprioritized queued",
      "queued RunMovedToTop queued",
      "queued RunHeld queued",
      "queued RunReleased queued",
      "queued RunAdmitted launching",
      "queued RunFailed failed",
      "queued RunCanceled canceled",
      "launching RunStarted started",
      "launching RunResumed launching",
      "launching RunRequeued queued",
      "launching RunCancelRequested canceling",
      "launching RunFailed failed",
      "started RunSettled started",
      "started RunProgressed started",
      "started RunHealthChanged started",
      "started SlotClaimed started",
      "started SlotGranted started",
      "started SlotReleased started",
      "started RunResumed launching",
      "started RunRequeued queued",
      "started RunCancelRequested canceling",
      "started RunSucceeded succeeded",
      "started RunFailed failed",
      "canceling RunProgressed canceling",
      "canceling RunCancelRequested canceling",
      "canceling RunRequeued queued",
      "canceling SlotGranted canceling",
      "canceling SlotReleased canceling",
      "canceling RunSucceeded succeeded",
      "canceling RunFailed failed",
      "canceling RunCanceled canceled"
    ])
  })

  it("can be walked to every state", () => {
    expect(reachable(runMachine).toSorted()).toEqual([...passing, ...final].toSorted())
  })

  it.each(passing)("leads from %s to each of the three ends", (state) => {
    expect(reachable(runMachine, state)).toEqual(expect.arrayContaining(final))
  })

  it.each(final)("is deaf once a run has %s", (state) => {
    const ended = runMachine.resolveState({ value: state as never })
    for (const type of facts) expect(transition(runMachine, ended, { type })[0].value).toBe(state)
  })

  it("says what may happen and does nothing itself", () => {
    expect(deedsIn(runMachine.config)).toEqual([])
  })

  it("lets no run hold a slot, and none succeed, that was not admitted", () => {
    for (const { state, steps } of getSimplePaths(runMachine)) {
      const admitted = steps.some(({ event }) => (event.type as string) === "RunAdmitted")
      if (state.hasTag("holdsSlot") || state.value === "succeeded") expect(admitted).toBe(true)
    }
  })

  it("gives each state one tag, and the tag `finished` to the final ones alone", () => {
    for (const state of Object.values(runMachine.states)) {
      expect(state.tags).toHaveLength(1)
      expect(state.tags.includes("finished")).toBe(final.includes(state.key))
    }
  })

  it("describes each state in a sentence", () => {
    for (const { description } of Object.values(runMachine.states)) expect(description).toMatch(/^[A-Z].+\.$/)
  })
})

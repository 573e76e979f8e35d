import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Census } from "../../src/history/Census.ts"
import { runStates } from "../../src/run/lifecycle.ts"
import { play } from "../simulation/History.ts"
import { history } from "../simulation/histories.ts"

const countOf = (events: Parameters<Census["take"]>[0][]) => {
  const census = new Census()
  for (const event of events) census.take(event)
  return census.count
}

describe("a census", () => {
  it("counts the runs of each state as the queue has them, and every event once", () => {
    const holds = (steps: Parameters<typeof play>[0]) => {
      const { log, queue } = play(steps)
      const { events, runs, types, actors, epochs } = countOf(log)
      const states = [...queue.runs.values()].map(({ state }) => state)
      for (const state of runStates) expect(runs[state]).toBe(states.filter((one) => one === state).length)
      expect(events).toBe(log.length)
      for (const counts of [types, actors]) {
        expect(counts.reduce((sum, [, number]) => sum + number, 0)).toBe(log.length)
        expect(counts.map(([, number]) => number)).toEqual(
          counts.map(([, number]) => number).toSorted((a, b) => b - a)
        )
      }
      expect(epochs).toBe(new Set(log.map(({ epoch }) => epoch)).size)
    }
    fc.assert(fc.property(history, holds))
  })

  it("of an empty log knows no time", () => {
    expect(countOf([])).toMatchObject({ events: 0, from: undefined, to: undefined, types: [], actors: [] })
  })
})

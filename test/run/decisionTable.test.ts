import { expect, it } from "vitest"
import { runStates } from "../../src/run/lifecycle.ts"
import { lifecyclePage, situations } from "./decisionTable.ts"
import { runOf } from "./given.ts"

it("every state is in the table, and each situation is of the state that it names", () => {
  expect(new Set(situations.map(({ state }) => state))).toEqual(new Set([undefined, ...runStates]))
  for (const { state, life } of situations) expect(runOf(life(2))?.state).toBe(state)
})

it("the reference page says what the code decides", async () => {
  await expect(lifecyclePage()).toMatchFileSnapshot("../../docs/reference/lifecycle.md")
})

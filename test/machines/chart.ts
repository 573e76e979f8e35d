/**
 * What a chart says, read from XState itself.
 */
import type { AnyStateMachine } from "xstate"
import { getShortestPaths } from "xstate/graph"

/** Every arrow, as `from fact to`. */
export const arrowsOf = ({ states }: AnyStateMachine): ReadonlyArray<string> =>
  Object.values(states).flatMap((state) =>
    [...state.transitions.values()]
      .flat()
      .map((arrow) => `${state.key} ${arrow.eventType} ${arrow.target?.[0]?.key}`)
  )

/** The states without an end, and those that are one. */
export const statesOf = ({ states }: AnyStateMachine) => {
  const all = Object.values(states)
  const keys = (ends: boolean) =>
    all.filter((state) => (state.type === "final") === ends).map((state) => state.key)
  return { passing: keys(false), final: keys(true) }
}

/** The states that some path leads to, from the first state or from another. */
export const reachable = (machine: AnyStateMachine, from?: string): ReadonlyArray<string> =>
  getShortestPaths(
    machine,
    from === undefined ? {} : { fromState: machine.resolveState({ value: from, context: {} }) }
  ).map(({ state }) => state.value as string)

const doing = ["invoke", "after", "always", "entry", "exit", "actions", "guard", "onDone"]

/** What in the chart does something, instead of saying what may happen. */
export const deedsIn = (config: unknown): ReadonlyArray<string> => {
  if (typeof config === "function") return ["function"]
  if (typeof config !== "object" || config === null) return []
  return Object.entries(config).flatMap(([key, part]) => [
    ...(doing.includes(key) ? [key] : []),
    ...deedsIn(part)
  ])
}

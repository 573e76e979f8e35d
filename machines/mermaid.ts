/**
 * Draws a chart as a Mermaid state diagram, so that pages and programs show the chart that runs.
 */
import type { AnyStateMachine } from "xstate"

/** The text of a `stateDiagram-v2`: one line for each arrow, in the chart's order. */
export const mermaid = ({ root, states }: AnyStateMachine): string => {
  const lines = root.initial.target.map((state) => `[*] --> ${state.key}`)
  for (const state of Object.values(states)) {
    for (const arrow of [...state.transitions.values()].flat())
      for (const target of arrow.target ?? [])
        lines.push(`${state.key} --> ${target.key}: ${arrow.eventType}`)
    if (state.type === "final") lines.push(`${state.key} --> [*]`)
  }
  return ["stateDiagram-v2", ...lines.map((line) => `  ${line}`)].join("\n")
}

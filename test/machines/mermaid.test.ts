import { expect, it } from "vitest"
import { createMachine } from "xstate"
import { mermaid } from "../../machines/mermaid.ts"
import { runMachine } from "../../machines/runMachine.ts"
import { arrowsOf, statesOf } from "./chart.ts"

it("draws a chart: where it begins, each arrow, where it ends", () => {
  const machine = createMachine({
    initial: "red",
    states: {
      red: { on: { Go: "green", Break: "dark" } },
      green: { on: { Stop: "red" } },
      dark: { type: "final" }
    }
  })
  expect(mermaid(machine).split("\n")).toEqual([
    "stateDiagram-v2",
    "  [*] --> red",
    "  red --> green: Go",
    "  red --> dark: Break",
    "  green --> red: Stop",
    "  dark --> [*]"
  ])
})

it("draws every arrow of the run's chart once", () => {
  const drawn = mermaid(runMachine).matchAll(/ {2}(\w+) --> (\w+): (\w+)/g)
  expect(Array.from(drawn, ([, from, to, fact]) => `${from} ${fact} ${to}`)).toEqual(arrowsOf(runMachine))
  expect(mermaid(runMachine).match(/--> \[\*\]/g)).toHaveLength(statesOf(runMachine).final.length)
})

import { describe, expect, it } from "vitest"
import { type AnyStateMachine, createMachine, transition } from "xstate"
import { type RunFactType, runMachine } from "../../machines/runMachine.ts"
import {
  bornIn,
  compile,
  isFinished,
  isHoldingSlot,
  isWaiting,
  next,
  runFactTypes,
  runStates
} from "../../src/run/lifecycle.ts"
import { RunEventData } from "../../src/run/RunEvent.ts"

const atState = (state: string) => runMachine.resolveState({ value: state as never })

describe("the table", () => {
  const unknown = ["RunSubmitted", "RunExploded", "", "toString", "xstate.init", "xstate.stop"]

  it.each(runStates)("leads from %s wherever XState leads, by each fact, known or not", (state) => {
    for (const type of [...runFactTypes, ...unknown]) {
      const event = { type } as { type: RunFactType }
      const [{ value }] = transition(runMachine, atState(state), event)
      expect(next(state, type), type).toBe(atState(state).can(event) ? value : undefined)
    }
  })

  it("knows the states and facts of the chart", () => {
    expect(runStates).toEqual(Object.keys(runMachine.states))
    expect(runFactTypes.toSorted()).toEqual([...runMachine.events].toSorted())
  })

  it("begins where the chart begins", () => {
    expect(bornIn).toBe(runMachine.root.initial.target[0]?.key)
  })

  it.each(runStates)("says of %s what its tags say", (state) => {
    const snapshot = atState(state)
    expect(isWaiting(state)).toBe(snapshot.hasTag("waiting"))
    expect(isHoldingSlot(state)).toBe(snapshot.hasTag("holdsSlot"))
    expect(isFinished(state)).toBe(snapshot.hasTag("finished"))
  })

  it("has an arrow for every kind of event that can befall a run, but its birth", () => {
    expect(["RunSubmitted", ...runFactTypes].toSorted()).toEqual(Object.keys(RunEventData).toSorted())
  })
})

describe("the compiler", () => {
  const chart = (a: object, root: object = {}): AnyStateMachine =>
    createMachine({ id: "chart", initial: "a", states: { a, b: {}, c: {} }, ...root })

  it("prints arrows", () => {
    expect(compile(chart({ on: { Go: "b", Stay: "a" } })).get("a")).toEqual(
      new Map([
        ["Go", "b"],
        ["Stay", "a"]
      ])
    )
  })

  it.each<[string, object]>([
    ["a condition", { on: { Go: { target: "b", guard: () => true } } }],
    ["an effect", { on: { Go: { target: "b", actions: () => {} } } }],
    [
      "arrows of which the first possible counts",
      { on: { Go: [{ target: "b", guard: () => true }, { target: "c" }] } }
    ],
    ["two arrows for one fact", { on: { Go: ["b", "c"] } }],
    ["an arrow to two states", { on: { Go: { target: ["b", "c"] } } }],
    ["an arrow to nowhere", { on: { Go: {} } }],
    ["a fact that is swallowed", { on: { Go: undefined } }],
    ["any fact", { on: { "*": "b" } }],
    ["facts by their beginning", { on: { "run.*": "b" } }],
    ["an effect on the way in", { entry: () => {} }],
    ["an effect on the way out", { exit: () => {} }],
    ["a timer", { after: { 1000: "b" } }],
    ["an arrow without a fact", { always: "b" }],
    ["work of its own", { invoke: { src: "work" } }],
    ["states within", { initial: "a1", states: { a1: {} } }],
    ["states side by side", { type: "parallel", states: { a1: {}, a2: {} } }],
    ["a memory of where it was", { type: "history" }],
    ["an end with a way on", { type: "final", on: { Go: "b" } }]
  ])("refuses a state with %s", (_, state) => {
    expect(() => compile(chart(state))).toThrow(/is more than/)
  })

  it.each<[string, object]>([
    ["arrows from anywhere", { on: { Go: ".b" } }],
    ["an effect at its beginning", { entry: () => {} }],
    ["an effect on its first arrow", { initial: { target: "a", actions: () => {} } }],
    ["a timer", { after: { 1000: ".b" } }],
    ["work of its own", { invoke: { src: "work" } }],
    ["its states side by side", { type: "parallel", initial: undefined }]
  ])("refuses a chart with %s", (_, root) => {
    expect(() => compile(chart({}, root))).toThrow("chart chart is more than its states")
  })
})

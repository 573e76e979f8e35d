import { describe, expect, it } from "vitest"
import { evolve } from "../../src/run/evolve.ts"
import { next, runStates } from "../../src/run/lifecycle.ts"
import type { RunFact } from "../../src/run/RunEvent.ts"
import {
  admitted,
  asked,
  canceled,
  fact,
  failed,
  lifeTo,
  queued,
  requeued,
  spec,
  started,
  stopping,
  submitted,
  succeeded,
  timeouts,
  unreachable
} from "./facts.ts"
import { eventOf, runOf } from "./given.ts"

const everyFact: ReadonlyArray<RunFact> = [
  queued,
  admitted(),
  started(),
  fact("RunProgressed", { attempt: 1 }),
  requeued(),
  stopping(),
  succeeded(),
  failed(unreachable),
  canceled()
]

describe("what is known of a run", () => {
  it("is at first what was asked for, by whom, and its place among equals", () => {
    expect(runOf([submitted])).toEqual({
      id: "r",
      spec,
      timeouts,
      actor: "ann",
      state: "submitted",
      order: 1,
      priority: 0,
      attempt: 0,
      notBefore: 0,
      submittedAt: 1000
    })
  })

  it("includes its priority and when it may start at the soonest", () => {
    const later = { ...spec, priority: -3, notBefore: 9000 }
    expect(runOf([fact("RunSubmitted", { spec: later, timeouts })])).toMatchObject({
      priority: -3,
      notBefore: 9000
    })
  })

  it("includes when it was admitted and started, and where its worker is", () => {
    const life = [submitted, queued, admitted(), fact("RunStarted", { attempt: 1, worker: "pid 7" })]
    expect(runOf(life)).toMatchObject({
      state: "started",
      attempt: 1,
      admittedAt: 3000,
      startedAt: 4000,
      worker: "pid 7"
    })
  })

  it("includes its newest progress, whole: nothing of the one before it stays", () => {
    const life = [
      ...lifeTo.started,
      fact("RunProgressed", { attempt: 1, fraction: 0.2, message: "warm" }),
      fact("RunProgressed", { attempt: 1, fraction: 0.4 })
    ]
    expect(runOf(life)?.progress).toEqual({ at: 6000, fraction: 0.4 })
  })

  it("forgets the attempt that failed when it is back in line, but not its place", () => {
    const life = [
      ...lifeTo.started,
      fact("RunProgressed", { attempt: 1, fraction: 0.2 }),
      requeued(1, 12_000)
    ]
    expect(runOf(life)).toEqual({
      ...runOf(lifeTo.queued),
      attempt: 1,
      notBefore: 12_000
    })
  })

  it("includes why, since when and at whose wish it is being stopped", () => {
    expect(runOf(lifeTo.canceling)).toMatchObject({
      state: "canceling",
      stopping: { at: 5000, cause: asked, actor: "ann" }
    })
  })

  it("includes when and how it has ended", () => {
    const result = { rows: 7 }
    const worker = { _tag: "Exited", code: 1 } as const
    expect(runOf([...lifeTo.started, fact("RunSucceeded", { attempt: 1, result })])).toMatchObject({
      endedAt: 5000,
      end: { state: "succeeded", result }
    })
    expect(runOf(lifeTo.failed)).toMatchObject({
      endedAt: 4000,
      end: { state: "failed", cause: unreachable }
    })
    expect(
      runOf([...lifeTo.canceling, fact("RunCanceled", { attempt: 1, cause: asked, worker })])
    ).toMatchObject({
      endedAt: 6000,
      end: { state: "canceled", cause: asked, worker }
    })
  })
})

describe("an event that the chart does not allow", () => {
  it.each(runStates)("is a defect where the run is %s, and one that it allows is not", (state) => {
    const run = runOf(lifeTo[state])
    for (const one of everyFact) {
      const after = next(state, one.type)
      if (after) expect(evolve(run, eventOf(one, 9)).state).toBe(after)
      else
        expect(() => evolve(run, eventOf(one, 9))).toThrow(
          `${one.type} cannot befall run r, which is ${state}`
        )
    }
  })

  it("is a defect before the run was submitted", () => {
    for (const one of everyFact)
      expect(() => runOf([one])).toThrow(`${one.type} cannot befall run r, which is unknown`)
  })

  it("is a second submission", () => {
    expect(() => runOf([submitted, submitted])).toThrow(
      "RunSubmitted cannot befall run r, which is submitted"
    )
  })
})

it("leaves the run as it was: what is known after an event is a value of its own", () => {
  const before = runOf(lifeTo.launching)
  const copy = structuredClone(before)
  evolve(before, eventOf(started(), 4))
  expect(before).toEqual(copy)
})

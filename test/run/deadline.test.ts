import { describe, expect, it } from "vitest"
import { deadline, overdue } from "../../src/run/deadline.ts"
import { runStates } from "../../src/run/lifecycle.ts"
import type { Run } from "../../src/run/Run.ts"
import type { Timeouts } from "../../src/run/RunEvent.ts"
import { fact, type Life, lifeTo, spec, startTimeout, stopping, timeouts, unreachable } from "./facts.ts"
import { runOf } from "./given.ts"

/** What time decides about it at that moment. */
const whenDue = (run: Run, now = deadline(run) ?? 1e12) => overdue(run, now)

const runWith = (life: Life, limits: Timeouts = timeouts): Run => {
  const run = runOf([fact("RunSubmitted", { spec, timeouts: limits }), ...life.slice(1)])
  if (!run) throw new Error("a life begins with a submission")
  return run
}

const noLimits: Timeouts = { startMs: null, runtimeMs: null, cancelMs: null }

describe("time decides", () => {
  it("about a launch from its admission, about work from its start, about a stop from when it was asked for", () => {
    expect(deadline(runWith(lifeTo.launching))).toBe(3000 + 60_000)
    expect(deadline(runWith(lifeTo.started))).toBe(4000 + 600_000)
    expect(deadline(runWith(lifeTo.canceling))).toBe(5000 + 30_000)
  })

  it("nothing about a run that waits or has ended", () => {
    for (const state of ["submitted", "queued", "succeeded", "failed", "canceled"] as const) {
      expect(deadline(runWith(lifeTo[state]))).toBeUndefined()
      expect(whenDue(runWith(lifeTo[state]))).toBeUndefined()
    }
  })

  it("anew about each attempt", () => {
    const again = [...lifeTo.started, fact("RunRequeued", { attempt: 1, cause: unreachable, notBefore: 0 })]
    expect(deadline(runWith(again))).toBeUndefined()
    const admittedAgain = [...again, fact("RunAdmitted", { attempt: 2, policy: 0, slots: [] })]
    expect(deadline(runWith(admittedAgain))).toBe(6000 + 60_000)
  })

  it("nothing where the run has no such limit", () => {
    for (const state of runStates) expect(deadline(runWith(lifeTo[state], noLimits))).toBeUndefined()
    expect(whenDue(runWith(lifeTo.launching, noLimits))).toBeUndefined()
    expect(whenDue(runWith(lifeTo.started, noLimits))).toBeUndefined()
    expect(whenDue(runWith(lifeTo.queued, { ...noLimits, queueMs: null }))).toBeUndefined()
  })
})

describe("a run that is overdue", () => {
  it("is stopped, and keeps its slots until its worker is gone", () => {
    expect(whenDue(runWith(lifeTo.launching))).toEqual(
      fact("RunCancelRequested", { attempt: 1, cause: { _tag: "StartTimeout", limitMs: 60_000 } })
    )
    expect(whenDue(runWith(lifeTo.started))).toEqual(
      fact("RunCancelRequested", { attempt: 1, cause: { _tag: "RuntimeExceeded", limitMs: 600_000 } })
    )
  })

  it("ends without its worker's word where it does not stop in time", () => {
    expect(whenDue(runWith(lifeTo.canceling))).toEqual(
      fact("RunCanceled", { attempt: 1, cause: { _tag: "Asked" } })
    )
    expect(whenDue(runWith([...lifeTo.launching, stopping(startTimeout)]))).toEqual(
      fact("RunFailed", { attempt: 1, cause: startTimeout })
    )
  })

  it.each(runStates)("has something decided exactly where there is a deadline: %s", (state) => {
    const run = runWith(lifeTo[state])
    expect(whenDue(run) === undefined).toBe(deadline(run) === undefined)
  })

  it.each(["submitted", "queued"] as const)("fails where it is %s: it has waited for too long", (state) => {
    const run = runWith(lifeTo[state], { ...timeouts, queueMs: 700 })
    expect(deadline(run)).toBe(1000 + 700)
    expect(whenDue(run)).toEqual(
      fact("RunFailed", { attempt: 0, cause: { _tag: "QueueTimeout", limitMs: 700 } })
    )
  })

  it("has waited from when it might start, where that is later than its submission", () => {
    const life = [
      ...lifeTo.launching,
      fact("RunRequeued", { attempt: 1, cause: unreachable, notBefore: 9000 })
    ]
    expect(deadline(runWith(life, { ...timeouts, queueMs: 700 }))).toBe(9000 + 700)
  })
})

describe("a run for which pool slots are reserved", () => {
  const reserved = (forMs: number, limits = timeouts) =>
    runWith(
      [
        ...lifeTo.queued,
        fact("RunAdmitted", { attempt: 1, policy: 0, slots: [], reserved: { pools: { db: 1 }, forMs } }),
        fact("RunStarted", { attempt: 1 })
      ],
      limits
    )
  const settled = fact("RunSettled", { attempt: 1 })

  it("counts for them for so long after its start", () => {
    expect(deadline(reserved(5000))).toBe(4000 + 5000)
    expect(whenDue(reserved(5000))).toEqual(settled)
    expect(deadline(reserved(0, noLimits))).toBe(4000)
    expect(whenDue(reserved(0, noLimits))).toEqual(settled)
  })

  it("is stopped all the same where its time is up, be that sooner or at the same time", () => {
    const stop = fact("RunCancelRequested", {
      attempt: 1,
      cause: { _tag: "RuntimeExceeded", limitMs: 600_000 }
    })
    expect(deadline(reserved(700_000))).toBe(4000 + 600_000)
    for (const forMs of [600_000, 700_000]) expect(whenDue(reserved(forMs))).toEqual(stop)
  })
})

it("a deadline does not move by what a worker tells of its progress", () => {
  const told = [...lifeTo.started, fact("RunProgressed", { attempt: 1, fraction: 0.5 })]
  expect(deadline(runWith(told))).toBe(deadline(runWith(lifeTo.started)))
})

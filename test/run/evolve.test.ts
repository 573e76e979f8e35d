import { describe, expect, it } from "vitest"
import { evolve } from "../../src/run/evolve.ts"
import { next, runStates } from "../../src/run/lifecycle.ts"
import type { RunFact } from "../../src/run/RunEvent.ts"
import {
  admitted,
  asked,
  canceled,
  claimed,
  fact,
  failed,
  granted,
  held,
  lifeTo,
  lost,
  queued,
  released,
  requeued,
  resumed,
  retries,
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
  fact("RunReprioritized", { priority: 1 }),
  fact("RunMovedToTop", {}),
  held,
  fact("RunReleased", {}),
  admitted(),
  started(),
  fact("RunSettled", { attempt: 1 }),
  claimed("a"),
  resumed(),
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
      retries,
      root: "r",
      actor: "ann",
      state: "submitted",
      order: 1,
      priority: 0,
      top: 0,
      attempt: 0,
      notBefore: 0,
      unreached: 0,
      resumes: 0,
      since: 1000,
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
      unreached: 1,
      notBefore: 12_000,
      setBack: { at: 6000, attempt: 1, cause: unreachable }
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

describe("the place and the slots of a run", () => {
  it("are known: its priority, whether it was moved to the top and when, who holds it back", () => {
    const reprioritized = fact("RunReprioritized", { priority: 7, reason: "late" })
    expect(runOf([...lifeTo.queued, reprioritized])).toEqual({ ...runOf(lifeTo.queued), priority: 7 })
    expect(runOf([...lifeTo.queued, fact("RunMovedToTop", {})])).toEqual({ ...runOf(lifeTo.queued), top: 3 })
    const holding = [...lifeTo.queued, fact("RunHeld", { reason: "outage" })]
    expect(runOf(holding)?.held).toEqual({ at: 3000, actor: "ann", reason: "outage" })
    expect(runOf([...holding, fact("RunReleased", {})])).toEqual(runOf(lifeTo.queued))
  })

  it("are reserved until it has settled, is stopped, or ends", () => {
    const reserved = { pools: { db: 2 }, forMs: 5000 }
    const life = [...lifeTo.queued, fact("RunAdmitted", { attempt: 1, policy: 0, slots: [], reserved })]
    expect(runOf([...life, started()])?.reserved).toEqual(reserved)
    for (const end of [fact("RunSettled", { attempt: 1 }), stopping(), resumed(), requeued(), succeeded()])
      expect(runOf([...life, started(), end])).not.toHaveProperty("reserved")
  })

  it("are what its steps have claimed, and since which position", () => {
    const claim = { pool: "db", slots: 1, priority: 0 }
    const life = [...lifeTo.started, claimed("a"), claimed("b", false)]
    expect(runOf(life)?.claims).toEqual([
      { ...claim, step: "a", order: 5, granted: true },
      { ...claim, step: "b", order: 6, granted: false }
    ])
    const later = [...life, granted("b")]
    expect(runOf(later)?.claims?.[1]).toEqual({ ...claim, step: "b", order: 6, granted: true })
    expect(runOf([...life, released("a")])?.claims?.map(({ step }) => step)).toEqual(["b"])
    expect(runOf([...life, released("a"), released("b")])).toEqual(runOf(lifeTo.started))
    for (const end of [resumed(), requeued(), succeeded()])
      expect(runOf([...life, end])).not.toHaveProperty("claims")
  })

  it("are given and taken back only where they were claimed; else that is a defect", () => {
    for (const one of [granted("a"), released("a")])
      for (const life of [lifeTo.started, [...lifeTo.started, claimed("b")]])
        expect(() => runOf([...life, one])).toThrow("step a of run r has no claim on pool db")
  })

  it("counts the launches that reached nobody, until one does", () => {
    const again = [...lifeTo.launching, requeued(1), admitted(2), requeued(2)]
    expect(runOf(again)?.unreached).toBe(2)
    expect(runOf([...again, admitted(3), started(3)])?.unreached).toBe(0)
  })

  it("counts the attempts that were made on the slots of a lost one, each with times of its own", () => {
    const worker = fact("RunStarted", { attempt: 1, worker: "pid 7" })
    const told = fact("RunProgressed", { attempt: 1, fraction: 0.5 })
    const { startedAt: _, ...known } = runOf(lifeTo.started) ?? {}
    expect(runOf([...lifeTo.launching, worker, told, resumed()])).toEqual({
      ...known,
      state: "launching",
      attempt: 2,
      resumes: 1,
      setBack: { at: 6000, attempt: 1, cause: lost },
      admittedAt: 6000
    })
  })

  it("is that nothing is tried again, where the log does not say how often", () => {
    const retries = { launches: 0, launchDelayMs: 0, resumes: 0, runs: 0, ofWork: false }
    expect(runOf([fact("RunSubmitted", { spec, timeouts })])?.retries).toEqual(retries)
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

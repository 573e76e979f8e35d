import { describe, it } from "vitest"
import type { RunCommand } from "../../src/run/RunCommand.ts"
import {
  claimed,
  fact,
  lifeTo,
  released,
  resumed,
  retries,
  spec,
  started,
  stopping,
  timeouts
} from "./facts.ts"
import { given } from "./given.ts"

describe("a step of a run", () => {
  const claim = (more: object = {}): RunCommand => ({
    _tag: "ClaimSlot",
    run: "r",
    attempt: 1,
    step: "a",
    pool: "db",
    ...more
  })
  const release = (step = "a"): RunCommand => ({ _tag: "ReleaseSlot", run: "r", attempt: 1, step })
  const running = given(...lifeTo.started)

  it("claims what there is, or waits for it; one slot if it does not say", () => {
    running.when(claim(), { grants: true }).follows(claimed("a"))
    running.when(claim(), { grants: false }).follows(claimed("a", false))
    running.when(claim()).follows(claimed("a", false))
    const data = { attempt: 1, step: "a", pool: "db", slots: 3, priority: 0, granted: true }
    running.when(claim({ slots: 3 }), { grants: true }).follows(fact("SlotClaimed", data))
  })

  it("has its own priority on top of the run's, as far as numbers go", () => {
    const urgent = (priority: number) =>
      fact("RunSubmitted", { spec: { ...spec, priority }, timeouts, retries })
    const waits = (priority: number) =>
      fact("SlotClaimed", { attempt: 1, step: "a", pool: "db", slots: 1, priority, granted: false })
    const max = Number.MAX_SAFE_INTEGER
    const sums = [
      [1000, -1, 999],
      [max, 1, max],
      [-max, -1, -max]
    ] as const
    for (const [ofRun, priority, sum] of sums)
      given(urgent(ofRun), ...lifeTo.started.slice(1))
        .when(claim({ priority }))
        .follows(waits(sum))
  })

  it("has what it has where it asks again, and gives back only what it has", () => {
    const waiting = given(...lifeTo.started, claimed("a", false))
    waiting.when(claim({ priority: 9, slots: 2 }), { grants: true }).follows()
    waiting.when(release()).follows(released("a"))
    waiting.when(release("b")).follows()
    waiting.when(release("toString")).follows()
    running.when(release()).follows()
  })

  it("can have slots of several pools, and gives them back together or one by one", () => {
    const other = { attempt: 1, step: "a", pool: "gpu" }
    const more = fact("SlotClaimed", { ...other, slots: 1, priority: 0, granted: true })
    given(...lifeTo.started, claimed("a"))
      .when(claim({ pool: "gpu" }), { grants: true })
      .follows(more)
    const both = given(...lifeTo.started, claimed("a"), more)
    both.when(release()).follows(released("a"), fact("SlotReleased", other))
    both.when({ ...other, _tag: "ReleaseSlot", run: "r" }).follows(fact("SlotReleased", other))
  })

  it("claims nothing more while its run is stopped, but gives back", () => {
    const allowed = [
      "CancelRun",
      "ReleaseSlot",
      "ReportStarted",
      "ReportProgress",
      "ReportHealth",
      "ReportEnded"
    ]
    const stopped = given(...lifeTo.started, claimed("a"), stopping())
    stopped
      .when(claim({ step: "b" }))
      .isRefused({ _tag: "StateRefuses", command: "ClaimSlot", run: "r", state: "canceling", allowed })
    stopped.when(release()).follows(released("a"))
  })

  it("shows by its claim that its run has started", () => {
    given(...lifeTo.launching)
      .when(claim(), { grants: true })
      .follows(started(), claimed("a"))
  })

  it("gives back nothing before its run has started, nor claims under an attempt that is over", () => {
    const allowed = [
      "CancelRun",
      "ClaimSlot",
      "ReportStarted",
      "ReportProgress",
      "ReportHealth",
      "ReportEnded"
    ]
    given(...lifeTo.launching)
      .when(release())
      .isRefused({ _tag: "StateRefuses", command: "ReleaseSlot", run: "r", state: "launching", allowed })
    for (const command of [claim(), release()]) {
      const { _tag } = command
      given(...lifeTo.started, resumed(2), started(2))
        .when(command)
        .isRefused({ _tag: "StaleAttempt", command: _tag, run: "r", attempt: 1, current: 2 })
    }
  })
})

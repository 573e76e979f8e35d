import { describe, it } from "vitest"
import type { Outcome } from "../../src/run/Outcome.ts"
import type { RunCommand } from "../../src/run/RunCommand.ts"
import type { Timeouts } from "../../src/run/RunEvent.ts"
import {
  admitted,
  canceled,
  fact,
  failed,
  lifeTo,
  lost,
  queued,
  requeued,
  resumed,
  retries,
  spec,
  started,
  startTimeout,
  stopping,
  submitted,
  succeeded,
  timeouts,
  unreachable
} from "./facts.ts"
import { given } from "./given.ts"

const submit: RunCommand = { _tag: "SubmitRun", spec }
const cancel: RunCommand = { _tag: "CancelRun", run: "r" }
const reportStarted = (attempt = 1): RunCommand => ({ _tag: "ReportStarted", run: "r", attempt })
const reportProgress = (attempt = 1): RunCommand => ({
  _tag: "ReportProgress",
  run: "r",
  attempt,
  fraction: 0.5
})
const reportEnded = (outcome: Outcome, attempt = 1): RunCommand => ({
  _tag: "ReportEnded",
  run: "r",
  attempt,
  outcome
})
const waitingTakes = ["CancelRun", "SetPriority", "MoveToTop", "HoldRun", "ReleaseRun"]
const progressed = fact("RunProgressed", { attempt: 1, fraction: 0.5 })

const well: Outcome = { _tag: "Succeeded" }
const exited: Outcome = { _tag: "Exited", code: 3 }
const killed: Outcome = { _tag: "Exited", code: null, signal: "SIGTERM" }

describe("submitting a run", () => {
  it("records it and puts it in line", () => {
    given().when(submit).follows(submitted, queued)
  })

  it("only records it where runs do not stand in line", () => {
    given().when(submit, { queued: false }).follows(submitted)
  })

  it("settles its time limits: those in force, and its own for how long it may run", () => {
    const inForce: Timeouts = { startMs: 1, runtimeMs: 2, cancelMs: null }
    const own = { ...spec, maxRuntimeMs: 7 }
    given()
      .when({ _tag: "SubmitRun", spec: own }, { timeouts: inForce })
      .follows(fact("RunSubmitted", { spec: own, timeouts: { ...inForce, runtimeMs: 7 }, retries }), queued)
    given()
      .when(submit, { timeouts: inForce })
      .follows(fact("RunSubmitted", { spec, timeouts: inForce, retries }), queued)
  })

  it("keeps what was asked for, where a custom coordinator changed it", () => {
    const changed = { ...spec, tags: { team: "red" } }
    given()
      .when({ _tag: "SubmitRun", spec: changed, requested: spec })
      .follows(fact("RunSubmitted", { spec: changed, requested: spec, timeouts, retries }), queued)
  })

  it("is refused for an id that was used, even by a run that has ended", () => {
    const refusal = { _tag: "RunExists", command: "SubmitRun", run: "r" } as const
    given(...lifeTo.queued)
      .when(submit)
      .isRefused({ ...refusal, state: "queued" })
    given(...lifeTo.succeeded)
      .when(submit)
      .isRefused({ ...refusal, state: "succeeded" })
  })
})

describe("a run that nobody submitted", () => {
  it("takes nothing but its submission", () => {
    for (const command of [cancel, reportStarted(), reportProgress(), reportEnded(well)])
      given().when(command).isRefused({ _tag: "RunUnknown", command: command._tag, run: "r" })
  })
})

describe.each(["submitted", "queued"] as const)("a run that is %s", (state) => {
  it("is canceled at once", () => {
    given(...lifeTo[state])
      .when(cancel)
      .follows(canceled(0))
    given(...lifeTo[state])
      .when({ ...cancel, reason: "typo" })
      .follows(fact("RunCanceled", { attempt: 0, cause: { _tag: "Asked", reason: "typo" } }))
  })

  it("has no worker that could report", () => {
    for (const command of [reportStarted(), reportProgress(), reportEnded(well)])
      given(...lifeTo[state])
        .when(command)
        .isRefused({ _tag: "StateRefuses", command: command._tag, run: "r", state, allowed: waitingTakes })
  })
})

describe("a run that waits for another attempt", () => {
  const waiting = [...lifeTo.launching, requeued()]

  it("is canceled at once", () => {
    given(...waiting)
      .when(cancel)
      .follows(canceled(1))
  })

  it("does not hear of the attempt before", () => {
    given(...waiting)
      .when(reportStarted())
      .isRefused({ _tag: "StaleAttempt", command: "ReportStarted", run: "r", attempt: 1, current: 1 })
  })
})

describe("a run that is launching", () => {
  const launching = given(...lifeTo.launching)

  it("has started when its worker says so", () => {
    launching.when(reportStarted()).follows(started())
    launching
      .when({ _tag: "ReportStarted", run: "r", attempt: 1, worker: "pid 7" })
      .follows(fact("RunStarted", { attempt: 1, worker: "pid 7" }))
  })

  it("has started, too, where the worker's first word is of its progress or its end", () => {
    launching.when(reportProgress()).follows(started(), progressed)
    launching.when(reportEnded(well)).follows(started(), succeeded())
    launching.when(reportEnded(exited)).follows(started(), failed(exited))
    launching
      .when(reportEnded({ _tag: "Threw", message: "no" }))
      .follows(started(), failed({ _tag: "Threw", message: "no" }))
  })

  it("fails without a start where its worker is lost, stopped or refused", () => {
    for (const _tag of ["WorkerLost", "Terminated", "LaunchRefused"] as const)
      launching.when(reportEnded({ _tag, message: "gone" })).follows(failed({ _tag, message: "gone" }))
  })

  it("goes back in line for a while where its launcher cannot be reached", () => {
    launching
      .when(reportEnded(unreachable), { now: 50_000 })
      .follows(requeued(1, 50_000 + retries.launchDelayMs))
  })

  it("fails where its launcher could not be reached at the last attempt", () => {
    const twice = [...lifeTo.launching, requeued(1), admitted(2)]
    given(...twice)
      .when(reportEnded(unreachable, 2), { now: 0 })
      .follows(requeued(2, retries.launchDelayMs))
    given(...twice, requeued(2), admitted(3))
      .when(reportEnded(unreachable, 3))
      .follows(failed(unreachable, 3))
  })

  it("is launched again as often as it may after each start, however many attempts there were", () => {
    given(...lifeTo.started, resumed(2), requeued(2), admitted(3))
      .when(reportEnded(unreachable, 3), { now: 0 })
      .follows(requeued(3, retries.launchDelayMs))
  })

  it("waits for its location, and not for a time of its own, where it has one", () => {
    const east = { ...spec, tags: { "dagster/code_location": "east" } }
    given(fact("RunSubmitted", { spec: east, timeouts, retries }), queued, admitted())
      .when(reportEnded(unreachable), { now: 50_000 })
      .follows(requeued(1, 50_000))
  })

  it("is told to stop when canceled, since its worker may be about to start", () => {
    launching.when(cancel).follows(stopping())
    launching.when({ ...cancel, reason: "typo" }).follows(stopping({ _tag: "Asked", reason: "typo" }))
  })
})

describe("a run that has started", () => {
  const running = given(...lifeTo.started)

  it("does not start twice", () => {
    running.when(reportStarted()).follows()
  })

  it("tells how far it has come", () => {
    running.when(reportProgress()).follows(progressed)
    running
      .when({ _tag: "ReportProgress", run: "r", attempt: 1, message: "half" })
      .follows(fact("RunProgressed", { attempt: 1, message: "half" }))
  })

  it("succeeds with what its worker answered", () => {
    running.when(reportEnded(well)).follows(succeeded())
    running
      .when(reportEnded({ _tag: "Succeeded", result: null }))
      .follows(fact("RunSucceeded", { attempt: 1, result: null }))
  })

  it("fails with what went wrong, and is not tried again", () => {
    for (const cause of [exited, unreachable] as const)
      running.when(reportEnded(cause)).follows(failed(cause))
  })

  it("is tried again on its slots where its worker is lost, as often as it may", () => {
    running.when(reportEnded(lost)).follows(resumed(2))
    given(...lifeTo.started, resumed(2), started(2))
      .when(reportEnded(lost, 2))
      .follows(failed(lost, 2))
    const twice = fact("RunSubmitted", { spec, timeouts, retries: { ...retries, resumes: 2 } })
    given(twice, ...lifeTo.started.slice(1), resumed(2))
      .when(reportEnded(lost, 2))
      .follows(resumed(3))
  })

  it("is told to stop when canceled", () => {
    running.when(cancel).follows(stopping())
  })
})

describe("a run that is being stopped", () => {
  const ofAsking = given(...lifeTo.canceling)
  const ofTime = given(...lifeTo.launching, stopping(startTimeout))

  it("is canceled once its worker is gone, if someone asked", () => {
    ofAsking
      .when(reportEnded(killed))
      .follows(fact("RunCanceled", { attempt: 1, cause: { _tag: "Asked" }, worker: killed }))
  })

  it("fails once its worker is gone, if a time limit stopped it", () => {
    ofTime
      .when(reportEnded(killed))
      .follows(fact("RunFailed", { attempt: 1, cause: startTimeout, worker: killed }))
  })

  it("succeeds if its work was done before it could be stopped", () => {
    for (const canceling of [ofAsking, ofTime]) canceling.when(reportEnded(well)).follows(succeeded())
  })

  it("is not tried again if its launcher cannot be reached", () => {
    ofAsking
      .when(reportEnded(unreachable))
      .follows(fact("RunCanceled", { attempt: 1, cause: { _tag: "Asked" }, worker: unreachable }))
  })

  it("need not be asked twice, and a late start changes nothing", () => {
    ofAsking.when(cancel).follows()
    given(...lifeTo.launching, stopping(startTimeout), stopping({ _tag: "Asked" }))
      .when(cancel)
      .follows()
    ofTime.when(reportStarted()).follows()
  })

  it("is canceled, where someone asks while a time limit stops it", () => {
    ofTime.when(cancel).follows(stopping({ _tag: "Asked" }))
    given(...lifeTo.launching, stopping(startTimeout), stopping({ _tag: "Asked" }))
      .when(reportEnded(killed))
      .follows(fact("RunCanceled", { attempt: 1, cause: { _tag: "Asked" }, worker: killed }))
  })

  it("may still tell how far it has come", () => {
    ofAsking.when(reportProgress()).follows(progressed)
  })
})

describe.each(["launching", "started", "canceling"] as const)("a run that is %s", (state) => {
  it("hears only of its own attempt", () => {
    const life = [...lifeTo.launching, requeued(), admitted(2), ...lifeTo[state].slice(3)]
    for (const attempt of [1, 3])
      for (const command of [reportStarted(attempt), reportProgress(attempt), reportEnded(well, attempt)])
        given(...life)
          .when(command)
          .isRefused({ _tag: "StaleAttempt", command: command._tag, run: "r", attempt, current: 2 })
  })
})

describe.each(["succeeded", "failed", "canceled"] as const)("a run that has %s", (state) => {
  it("takes no more commands", () => {
    for (const command of [
      cancel,
      reportStarted(),
      reportProgress(),
      reportEnded(well),
      reportEnded(well, 2)
    ])
      given(...lifeTo[state])
        .when(command)
        .isRefused({ _tag: "StateRefuses", command: command._tag, run: "r", state, allowed: [] })
  })
})

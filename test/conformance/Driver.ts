/**
 * Plays a scenario on the production queue. Between its ticks nothing is admitted; in a tick, whatever the rules let in.
 * What a recorded world did past the coordinator, such as a run that ended in a way of its own, is put into the queue as
 * the events that a log would hold.
 */

import { byRules, Ledger } from "../../src/queue/Ledger.ts"
import { defaultPolicy, defaultPools, type Policy, type TagLimit } from "../../src/queue/Policy.ts"
import type { Command } from "../../src/queue/QueueCommand.ts"
import { RunQueue } from "../../src/queue/RunQueue.ts"
import { type Turn, turn } from "../../src/queue/turn.ts"
import type { RunState } from "../../src/run/lifecycle.ts"
import type { RunFact } from "../../src/run/RunEvent.ts"
import type { PoolUse, RunSpec } from "../../src/run/RunSpec.ts"
import type {
  Answer,
  Config,
  Outcome,
  TagLimit as RecordedLimit,
  PoolUse as RecordedPools,
  Scenario,
  Status,
  Step
} from "./Scenario.ts"

const statusOf: Readonly<Record<RunState, Status>> = {
  submitted: "NOT_STARTED",
  queued: "QUEUED",
  launching: "STARTING",
  started: "STARTED",
  canceling: "CANCELING",
  succeeded: "SUCCESS",
  failed: "FAILURE",
  canceled: "CANCELED"
}

const tagLimit = ({ key, limit, value }: RecordedLimit): TagLimit => {
  const of = { key, limit: Math.max(0, limit) }
  if (typeof value === "string") return { ...of, value }
  return value?.applyLimitPerUniqueValue ? { ...of, each: true } : of
}

/** The policy that a scenario's configuration stands for. */
export const policyOf = (config: Config): Policy => {
  const { max_concurrent_runs: max = 10, tag_concurrency_limits: limits, pools } = config
  const { enabled = false, op_concurrency_slot_buffer: buffer = 0 } =
    config.block_op_concurrency_limited_runs ?? {}
  return {
    ...defaultPolicy,
    maxConcurrentRuns: max === -1 ? null : Math.max(0, max),
    tagLimits: (limits ?? []).map(tagLimit),
    pools: {
      ...defaultPools,
      granularity: pools?.granularity ?? "op",
      limits: pools?.limits ?? {},
      blocking: enabled,
      buffer,
      settleMs: (config.started_run_allotment_seconds ?? 5) * 1000
    },
    timeouts: { startMs: null, runtimeMs: null, cancelMs: null }
  }
}

const poolUse = ({ root, all, unconstrained_root }: RecordedPools): PoolUse => ({
  root,
  all,
  unconstrainedRoot: unconstrained_root
})

const cause = { _tag: "WorkerLost", message: "as recorded" } as const
const asked = { _tag: "Asked" } as const

/** How a run in this state comes to this end, by the arrows of our chart. */
const endingsOf = (state: RunState, status: Status, attempt: number): ReadonlyArray<RunFact> => {
  const launching = state === "launching"
  switch (status) {
    case "SUCCESS": {
      const ended: RunFact = { type: "RunSucceeded", data: { attempt } }
      return launching ? [{ type: "RunStarted", data: { attempt } }, ended] : [ended]
    }
    case "FAILURE":
      return [{ type: "RunFailed", data: { attempt, cause } }]
    default: {
      const ended: RunFact = { type: "RunCanceled", data: { attempt, cause: asked } }
      const stopping: RunFact = { type: "RunCancelRequested", data: { attempt, cause: asked } }
      return state === "canceling" ? [ended] : [stopping, ended]
    }
  }
}

/** How a run comes to be in this status past the queue. */
const arrivalsOf = (status: Status): ReadonlyArray<RunFact> => {
  const attempt = 1
  const admitted: RunFact = { type: "RunAdmitted", data: { attempt, policy: 1, slots: [] } }
  const started: RunFact = { type: "RunStarted", data: { attempt } }
  switch (status) {
    case "QUEUED":
      return [{ type: "RunQueued", data: {} }]
    case "STARTING":
      return [admitted]
    case "STARTED":
      return [admitted, started]
    case "CANCELING":
      return [admitted, { type: "RunCancelRequested", data: { attempt, cause: asked } }]
    default:
      return [admitted, ...endingsOf("launching", status, attempt)]
  }
}

class Driver {
  private readonly queue = new RunQueue()
  private now = 1_000_000_000
  private asked = 0
  /** Runs that were never the queue's: created, and not submitted. */
  private readonly elsewhere = new Map<string, Status>()
  private readonly config: Config

  constructor(config: Config) {
    this.config = config
    this.admit(false)
    this.turn({ _tag: "SetPolicy", policy: policyOf(config) })
  }

  turn(...commands: ReadonlyArray<Command>): Turn {
    const all = commands.map((command) => ({ id: `c${++this.asked}`, actor: "scenario", command }))
    const done = turn(this.queue, all, this.now)
    const refused = done.replies.find(({ _tag }) => _tag === "Failure")
    if (refused) throw new Error(`refused: ${JSON.stringify(refused)}`)
    return done
  }

  private admit(admits: boolean): Turn {
    const epoch = this.queue.epoch + 1
    return this.turn({ _tag: "StartCoordinator", epoch, software: "test", host: "here", pid: 1, admits })
  }

  private record(run: string, facts: ReadonlyArray<RunFact>): void {
    const ledger = new Ledger(this.queue, this.now)
    for (const fact of facts) ledger.record(fact, run, byRules)
    // What follows from it, as in any turn.
    this.turn()
  }

  statuses(): Readonly<Record<string, Status>> {
    const known = Array.from(this.queue.runs.values(), ({ id, state }) => [id, statusOf[state]] as const)
    return Object.fromEntries([...known, ...this.elsewhere])
  }

  private specOf(id: string, tags: RunSpec["tags"] = {}): RunSpec {
    return { id, job: "work", tags }
  }

  private inject(id: string, tags: RunSpec["tags"], status: Status): void {
    if (status === "NOT_STARTED") {
      this.elsewhere.set(id, status)
      return
    }
    const { timeouts } = policyOf(this.config)
    const submitted: RunFact = { type: "RunSubmitted", data: { spec: this.specOf(id, tags), timeouts } }
    this.record(id, [submitted, ...arrivalsOf(status)])
  }

  private finish(id: string, status: Status): void {
    if (this.elsewhere.has(id)) {
      this.elsewhere.set(id, status)
      return
    }
    const { state, attempt } = this.queue.run(id)
    this.record(id, endingsOf(state, status, attempt))
  }

  private tick(): ReadonlyArray<string> {
    const { events } = this.admit(true)
    this.turn({ _tag: "DrainCoordinator" })
    return events.flatMap(({ type, run }) => (type === "RunAdmitted" && run !== null ? [run] : []))
  }

  /** Lets one step happen; answers what only that kind of step has to say. */
  step(step: Step): Omit<Outcome, "changed"> {
    if ("tick" in step) return { launched: this.tick() }
    if ("submit" in step) {
      const { id, tags, pools } = step.submit
      const spec = { ...this.specOf(id, tags), ...(pools && { pools: poolUse(pools) }) }
      this.turn({ _tag: "SubmitRun", spec })
    } else if ("inject" in step) this.inject(step.inject.id, step.inject.tags, step.inject.status)
    else if ("start" in step) {
      const { attempt } = this.queue.run(step.start.id)
      this.turn({ _tag: "ReportStarted", run: step.start.id, attempt })
    } else if ("finish" in step) this.finish(step.finish.id, step.finish.status)
    else if ("cancel" in step) this.turn({ _tag: "CancelRun", run: step.cancel.id })
    else if ("claim" in step) {
      const { id, step: name, pool } = step.claim
      const { attempt } = this.queue.run(id)
      this.turn({ _tag: "ClaimSlot", run: id, attempt, step: name, pool })
      const { claims = [] } = this.queue.run(id)
      return { claimed: claims.some((claim) => claim.step === name && claim.pool === pool && claim.granted) }
    } else if ("release" in step) {
      const { attempt } = this.queue.run(step.release.id)
      this.turn({ _tag: "ReleaseSlot", run: step.release.id, attempt, step: step.release.step })
    } else if ("set_limit" in step) this.turn({ _tag: "SetPoolLimit", ...step.set_limit })
    else this.now += step.advance * 1000
    return {}
  }
}

const changes = (
  before: Readonly<Record<string, Status>>,
  after: Readonly<Record<string, Status>>
): Readonly<Record<string, Status>> =>
  Object.fromEntries(Object.entries(after).filter(([id, status]) => before[id] !== status))

/** What each step of a scenario comes to, one after the other, from an empty queue; at last how every run stands. */
export function* walk({ config, steps }: Scenario): Generator<Outcome, Answer["final"]> {
  const driver = new Driver(config)
  for (const step of steps) {
    const before = driver.statuses()
    const said = driver.step(step)
    const changed = changes(before, driver.statuses())
    yield "tick" in step || Object.keys(changed).length > 0 ? { ...said, changed } : said
  }
  return driver.statuses()
}

/** Plays a whole scenario. */
export const play = (scenario: Scenario): Answer => {
  const expected: Array<Outcome> = []
  const steps = walk(scenario)
  for (let at = steps.next(); ; at = steps.next()) {
    if (at.done) return { expected, final: at.value }
    expected.push(at.value)
  }
}

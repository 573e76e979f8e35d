/**
 * What people ask of a queue, in the words of examples.
 */

import type { Orders } from "../../src/queue/order.ts"
import {
  defaultPolicy,
  defaultPools,
  defaultRetries,
  type Policy,
  type Pools
} from "../../src/queue/Policy.ts"
import type { Command } from "../../src/queue/QueueCommand.ts"
import type { Schedule } from "../../src/queue/Schedule.ts"
import type { Scope } from "../../src/queue/Scope.ts"
import type { RunState } from "../../src/run/lifecycle.ts"
import type { Outcome } from "../../src/run/Outcome.ts"
import type { Retries } from "../../src/run/RunEvent.ts"
import type { RunSpec } from "../../src/run/RunSpec.ts"
import { type Moment, World } from "../simulation/World.ts"

export const submit = (id: string, spec: Partial<RunSpec> = {}): Command => ({
  _tag: "SubmitRun",
  spec: { id, job: "work", ...spec }
})
export const cancel = (run: string): Command => ({ _tag: "CancelRun", run })
export const started = (run: string, attempt = 1): Command => ({ _tag: "ReportStarted", run, attempt })
export const ended = (run: string, outcome: Outcome = { _tag: "Succeeded" }, attempt = 1): Command => ({
  _tag: "ReportEnded",
  run,
  attempt,
  outcome
})
export const lost: Outcome = { _tag: "WorkerLost", message: "gone" }
export const refused: Outcome = { _tag: "LaunchRefused", message: "no such program" }
export const exited: Outcome = { _tag: "Exited", code: 1 }
export const unreachable: Outcome = { _tag: "LaunchUnreachable", message: "no route" }
export const rules = (policy: Partial<Policy>): Command => ({
  _tag: "SetPolicy",
  policy: { ...defaultPolicy, ...policy }
})
export const setPriority = (run: string, priority: number): Command => ({
  _tag: "SetPriority",
  run,
  priority
})
export const toTop = (run: string): Command => ({ _tag: "MoveToTop", run })
export const hold = (run: string): Command => ({ _tag: "HoldRun", run, reason: "outage" })
export const letGo = (run: string): Command => ({ _tag: "ReleaseRun", run })
export const pause = (scope: Scope, until?: number): Command => ({
  _tag: "PauseAdmission",
  scope,
  ...(until !== undefined && { until })
})
export const resume = (scope: Scope): Command => ({ _tag: "ResumeAdmission", scope })
export const setPool = (pool: string, limit: number | null): Command => ({
  _tag: "SetPoolLimit",
  pool,
  limit
})
/** A step, written `run/step`, asks for slots of a pool. */
export const claim = (
  which: string,
  pool: string,
  more: { readonly slots?: number; readonly priority?: number; readonly attempt?: number } = {}
): Command => {
  const [run = "", step = ""] = which.split("/")
  return { _tag: "ClaimSlot", run, attempt: 1, step, pool, ...more }
}
/** A step, written `run/step`, gives back what it has. */
export const free = (which: string): Command => {
  const [run = "", step = ""] = which.split("/")
  return { _tag: "ReleaseSlot", run, attempt: 1, step }
}
/** A schedule that submits a run of the job `work`. */
export const schedule = (name: string, cron: string, more: Partial<Schedule> = {}): Command => ({
  _tag: "SetSchedule",
  name,
  schedule: { cron, run: { job: "work" }, ...more }
})
export const drain: Command = { _tag: "DrainCoordinator" }

/** A world in which these rules are in force. */
export const under = (policy: Partial<Policy>, orders: Orders = {}): World => {
  const world = new World(orders)
  world.turn(rules(policy))
  return world
}

/** Who was admitted in that turn, in order. */
export const admittedIn = ({ turn }: Moment): ReadonlyArray<string> =>
  turn.events.flatMap(({ type, run }) => (type === "RunAdmitted" && run !== null ? [run] : []))

/** What became of whom in that turn. */
export const factsOf = ({ turn }: Moment): ReadonlyArray<string> =>
  turn.events.map(({ type, run }) => (run === null ? type : `${type} ${run}`))

/** Who waits, in order. */
export const lineOf = ({ queue }: World): ReadonlyArray<string> =>
  Array.from(queue.waiting.line, ({ id }) => id)

/** What has become of each run. */
export const statesOf = ({ queue }: World): Readonly<Record<string, RunState>> =>
  Object.fromEntries(Array.from(queue.runs.values(), ({ id, state }) => [id, state]))

/** Slots of pools, claimed by steps if nothing else is said. */
export const poolRules = (limits: Readonly<Record<string, number>>, more: Partial<Pools> = {}) => ({
  maxConcurrentRuns: null,
  pools: { ...defaultPools, limits, ...more }
})

/** A run whose first steps are each in one of these pools. */
export const using = (...pools: ReadonlyArray<string>): Partial<RunSpec> => ({
  pools: { root: Object.fromEntries(pools.map((pool) => [pool, 1])) }
})

/** How often is tried again. */
export const retrying = (retries: Partial<Retries>) => ({ retries: { ...defaultRetries, ...retries } })

/** A run of a code location. */
export const from = (location: string): Partial<RunSpec> => tagged("dagster/code_location", location)

/** Runs of one tag, one for each value. */
export const tagged = (key: string, value: string): Partial<RunSpec> => ({ tags: { [key]: value } })

/**
 * What people ask of a queue, in the words of examples.
 */

import type { Orders } from "../../src/queue/order.ts"
import { defaultPolicy, type Policy } from "../../src/queue/Policy.ts"
import type { Command } from "../../src/queue/QueueCommand.ts"
import type { Outcome } from "../../src/run/Outcome.ts"
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
export const unreachable: Outcome = { _tag: "LaunchUnreachable", message: "no route" }
export const rules = (policy: Partial<Policy>): Command => ({
  _tag: "SetPolicy",
  policy: { ...defaultPolicy, ...policy }
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

/** Runs of one tag, one for each value. */
export const tagged = (key: string, value: string): Partial<RunSpec> => ({ tags: { [key]: value } })

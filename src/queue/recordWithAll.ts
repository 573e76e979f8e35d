/**
 * What follows by the rules from what has just befallen a run: where its launcher was not reached, the code location it
 * is of is paused; where it has failed, it may be done again. In the same turn, so that no crash comes between.
 */

import type { WorkerFailure } from "../run/Outcome.ts"
import type { Run } from "../run/Run.ts"
import type { RunFact } from "../run/RunEvent.ts"
import type { RunSpec } from "../run/RunSpec.ts"
import { doneAgainAt, retrySpec } from "../run/retry.ts"
import { locationOf, submit } from "../run/submit.ts"
import { type By, byRules, type Ledger } from "./Ledger.ts"
import { launcherOf } from "./launcherOf.ts"
import { defaultRetries } from "./Policy.ts"
import type { RunQueue } from "./RunQueue.ts"
import type { Scope } from "./Scope.ts"

/** What a submission depends on in this queue. */
export const termsOf = ({ policy, runs }: RunQueue, spec?: RunSpec) => {
  const parent = spec?.parent === undefined ? undefined : runs.get(spec.parent)
  return {
    queued: policy.mode === "queued",
    timeouts: policy.timeouts,
    retries: policy.retries ?? defaultRetries,
    root: parent?.root,
    // What the rules do again cannot be refused: without a route of its own it goes where its parent went.
    launcher: spec && (launcherOf(policy, spec) ?? parent?.launcher)
  }
}

const pause = (
  queue: RunQueue,
  ledger: Ledger,
  run: Run,
  unreachable: WorkerFailure,
  cause: string | null
): void => {
  const location = locationOf(run.spec)
  if (location === undefined) return
  const scope: Scope = { _tag: "Location", location }
  const until = ledger.at + run.retries.launchDelayMs
  const known = queue.pauses.get(scope)
  // Nobody's own pause, which may have no end, is cut short by ours.
  if (known && (known.until === undefined || known.until >= until)) return
  const paused = { scope, until, cause: unreachable }
  ledger.record({ type: "AdmissionPaused", data: paused }, null, { ...byRules, cause })
}

const retry = (queue: RunQueue, ledger: Ledger, run: Run, cause: string | null): void => {
  const group = queue.groups.size(run.root)
  const notBefore = doneAgainAt(run, group)
  if (notBefore === undefined) return
  const spec = retrySpec(run, notBefore, group, queue.position, (id) => queue.runs.has(id))
  for (const fact of submit({ spec }, termsOf(queue, spec), group))
    ledger.record(fact, spec.id, { ...byRules, cause })
}

/** Records a fact about a run and all that follows from it. */
export const recordWithAll = (
  queue: RunQueue,
  ledger: Ledger,
  fact: RunFact,
  id: string,
  by: By,
  command: string | null
): void => {
  ledger.record(fact, id, by)
  if (fact.type === "RunRequeued" && fact.data.cause._tag === "LaunchUnreachable")
    pause(queue, ledger, queue.run(id), fact.data.cause, command)
  if (fact.type === "RunFailed") retry(queue, ledger, queue.run(id), command)
}

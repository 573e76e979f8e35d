import type { WorkerFailure } from "./Outcome.ts"
import type { Run } from "./Run.ts"
import type { RunFact } from "./RunEvent.ts"

/**
 * How a run that was told to stop ends: canceled if someone asked for it, failed if a time limit did.
 * `worker` is how its worker ended, if it had one and that is known.
 */
export const stopped = (run: Run, worker?: WorkerFailure): RunFact => {
  const cause = run.stopping?.cause ?? { _tag: "Asked" }
  const data = { attempt: run.attempt, ...(worker && { worker }) }
  return cause._tag === "Asked" || cause._tag === "Replaced"
    ? { type: "RunCanceled", data: { ...data, cause } }
    : { type: "RunFailed", data: { ...data, cause } }
}

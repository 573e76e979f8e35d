/**
 * What the steps of a run ask of pools, and give back.
 */
import type { Run } from "./Run.ts"
import type { RunCommand } from "./RunCommand.ts"
import type { RunFact } from "./RunEvent.ts"

/** A command about slots of a pool. */
export type Claiming = Extract<RunCommand, { _tag: "ClaimSlot" | "ReleaseSlot" }>

/** Sums of priorities are compared as numbers; beyond their exact range they are as high or low as it goes. */
export const claimPriority = (run: Run, step = 0): number => {
  const sum = BigInt(run.priority) + BigInt(step)
  const max = BigInt(Number.MAX_SAFE_INTEGER)
  return Number(sum > max ? max : sum < -max ? -max : sum)
}

/** A step that asks again has what it has; one that gives back what it never had is told nothing new. */
export const claim = (run: Run, command: Claiming, grants: boolean): ReadonlyArray<RunFact> => {
  const { step, pool } = command
  const { attempt, claims = [] } = run
  const own = claims.filter((other) => other.step === step && (pool === undefined || other.pool === pool))
  if (command._tag === "ReleaseSlot")
    return own.map((one) => ({ type: "SlotReleased", data: { attempt, step, pool: one.pool } }))
  if (own.length > 0) return []
  const { slots = 1 } = command
  const priority = claimPriority(run, command.priority)
  const data = { attempt, step, pool: command.pool, slots, priority, granted: grants }
  return [{ type: "SlotClaimed", data }]
}

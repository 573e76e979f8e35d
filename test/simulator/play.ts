/**
 * Plays a history from its beginning to its end.
 */
import type { Breach } from "./Audit.ts"
import { calm } from "./calm.ts"
import { Simulation } from "./Simulation.ts"
import type { Trial } from "./Step.ts"

export interface Played {
  /** What was broken, and at which step; one past the last where it was found at the end. */
  readonly breach: (Breach & { readonly step: number }) | undefined
  /** What was seen, and how often. */
  readonly seen: ReadonlyMap<string, number>
}

export const play = (trial: Trial): Played => {
  const simulation = new Simulation()
  const { audit } = simulation
  let step = 0
  try {
    for (; step < trial.length && !audit.breach; step++) simulation.take(trial[step] as Trial[number])
    if (!audit.breach) {
      calm(simulation)
      step = trial.length + 1
    }
  } catch (error) {
    audit.fail("crash", error instanceof Error ? (error.stack ?? error.message) : String(error))
  }
  return { breach: audit.breach && { ...audit.breach, step }, seen: audit.seen }
}

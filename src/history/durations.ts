/**
 * How long runs have held their slots, from admission to end, by what they do.
 */
import type { RunQueue } from "../queue/RunQueue.ts"
import type { RunSpec } from "../run/RunSpec.ts"
import { settings } from "../settings.ts"

/** What runs have in common that take about as long: their job, or the command of those that name none. */
export const kindOf = ({ job, command }: RunSpec): string => job ?? JSON.stringify(command)

/** Recorded lengths of time, in milliseconds: of each kind the last ones, and of all kinds together. */
export interface Durations {
  readonly byKind: ReadonlyMap<string, ReadonlyArray<number>>
  readonly all: ReadonlyArray<number>
}

/** What the runs that have ended say, those that were submitted last. */
export const durationsOf = (queue: RunQueue): Durations => {
  const byKind = new Map<string, Array<number>>()
  for (const { spec, admittedAt, endedAt } of queue.runs.values()) {
    if (admittedAt === undefined || endedAt === undefined) continue
    const kind = kindOf(spec)
    const known = byKind.get(kind) ?? []
    known.push(endedAt - admittedAt)
    if (known.length > 2 * settings.durationsKept) known.splice(0, settings.durationsKept)
    byKind.set(kind, known)
  }
  const kept = Array.from(byKind, ([kind, known]) => [kind, known.slice(-settings.durationsKept)] as const)
  return { byKind: new Map(kept), all: kept.flatMap(([, known]) => known) }
}

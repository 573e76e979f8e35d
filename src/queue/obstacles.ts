/**
 * What stands in a waiting run's way at a moment, as bare facts: cheap enough to be asked in the middle of a turn.
 */
import type { Run } from "../run/Run.ts"
import { includes } from "./Limits.ts"
import type { Pause } from "./Pauses.ts"
import type { ReasonCode } from "./Reason.ts"
import type { RunQueue } from "./RunQueue.ts"
import type { Slot } from "./Slots.ts"

interface Facts {
  readonly AdmissionClosed: object
  readonly NotBefore: object
  readonly Held: { readonly held: NonNullable<Run["held"]> }
  readonly Paused: { readonly pause: Pause }
  readonly LimitFull: { readonly slot: Slot }
  readonly PoolsFull: { readonly slots: ReadonlyArray<Slot> }
}

/** One thing that stands in the way, by the name of the reason that it makes. */
export type Obstacle = { readonly [T in ReasonCode]: { readonly _tag: T } & Facts[T] }[ReasonCode]

/** Everything that stands in the way of a run that waits; nothing, if it may start as soon as it is looked at. */
export function* obstacles(queue: RunQueue, run: Run, at: number): Generator<Obstacle, void> {
  const { slots, pauses } = queue
  if (!queue.admits) yield { _tag: "AdmissionClosed" }
  if (run.notBefore > at) yield { _tag: "NotBefore" }
  if (run.held) yield { _tag: "Held", held: run.held }
  for (const pause of pauses.all) if (includes(pause.scope, run.spec)) yield { _tag: "Paused", pause }
  const { slots: needed, anyOf } = queue.needsOf(run)
  for (const slot of needed) if (slots.isFull(slot)) yield { _tag: "LimitFull", slot }
  if (anyOf.length > 0 && anyOf.every((slot) => slots.isFull(slot))) yield { _tag: "PoolsFull", slots: anyOf }
}

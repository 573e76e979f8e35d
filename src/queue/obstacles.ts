/**
 * What stands in a waiting run's way at a moment, as bare facts: cheap enough to be asked in the middle of a turn.
 */
import type { Run } from "../run/Run.ts"
import type { RunId } from "../run/RunSpec.ts"
import { includes } from "./Limits.ts"
import type { Pause } from "./Pauses.ts"
import type { Rate } from "./Rates.ts"
import type { ReasonCode } from "./Reason.ts"
import { spareSlots, spareStarts } from "./Reservation.ts"
import type { RunQueue } from "./RunQueue.ts"
import type { Needs, Slot } from "./Slots.ts"

interface Facts {
  readonly AdmissionClosed: object
  readonly NotBefore: object
  readonly Held: { readonly held: NonNullable<Run["held"]> }
  readonly Paused: { readonly pause: Pause }
  readonly LimitFull: { readonly slot: Slot }
  readonly PoolsFull: { readonly slots: ReadonlyArray<Slot> }
  readonly RateReached: { readonly rate: Rate; readonly at: number }
  readonly Reserved: { readonly limit: string; readonly for: RunId }
  readonly Behind: { readonly sequence: string; readonly run: RunId }
}

/** One thing that stands in the way, by the name of the reason that it makes. */
export type Obstacle = { readonly [T in ReasonCode]: { readonly _tag: T } & Facts[T] }[ReasonCode]

/** What rates have to say, what is kept for another, and who goes before it in strict order. */
function* ofOrder(
  { waiting, slots, rates }: RunQueue,
  run: Run,
  needs: Needs,
  at: number
): Generator<Obstacle, void> {
  const kept = waiting.keptFor(at)
  const other = kept?.run.id === run.id ? undefined : kept
  for (const slot of needs.slots)
    if (other && !slots.isFull(slot) && slots.isFull(slot, spareSlots(other, slot, slots)))
      yield { _tag: "Reserved", limit: slot.limit, for: other.run.id }
  for (const rate of needs.rates) {
    const readyAt = rates.readyAt(rate)
    if (readyAt > at) yield { _tag: "RateReached", rate, at: readyAt }
    else if (other && rates.readyAt(rate, spareStarts(other, rate)) > at)
      yield { _tag: "Reserved", limit: rate.limit, for: other.run.id }
  }
  const ahead = waiting.ahead(run)
  if (ahead) yield { _tag: "Behind", ...ahead }
}

/** Everything that stands in the way of a run that waits; nothing, if it may start as soon as it is looked at. */
export function* obstacles(queue: RunQueue, run: Run, at: number): Generator<Obstacle, void> {
  const { slots, pauses } = queue
  if (!queue.admits) yield { _tag: "AdmissionClosed" }
  if (run.notBefore > at) yield { _tag: "NotBefore" }
  if (run.held) yield { _tag: "Held", held: run.held }
  for (const pause of pauses.all) if (includes(pause.scope, run.spec)) yield { _tag: "Paused", pause }
  const needs = queue.needsOf(run)
  const { slots: needed, anyOf } = needs
  for (const slot of needed) if (slots.isFull(slot)) yield { _tag: "LimitFull", slot }
  if (anyOf.length > 0 && anyOf.every((slot) => slots.isFull(slot))) yield { _tag: "PoolsFull", slots: anyOf }
  yield* ofOrder(queue, run, needs, at)
}

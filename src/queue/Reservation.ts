/**
 * What is kept for the first in line once it has waited long: one slot of each limit that it needs, and one start of each
 * rate. For all others it is as if it had started already; the pools of its steps are not kept.
 */
import type { Run } from "../run/Run.ts"
import type { Rate } from "./Rates.ts"
import type { Needs, Slot, Slots } from "./Slots.ts"

/** Who what is kept for, and what it needs. */
export interface Reservation {
  readonly run: Run
  readonly needs: Needs
}

/** How many slots of the limit are kept from a run that asks for this one. */
export const spareSlots = (kept: Reservation | undefined, slot: Slot, slots: Slots): number => {
  const own = kept?.needs.slots.find(({ limit }) => limit === slot.limit)
  if (!own) return 0
  // Runs of one value share a slot.
  return own.unit !== undefined && (own.unit === slot.unit || slots.shares(own)) ? 0 : 1
}

/** How many starts of this rate are kept. */
export const spareStarts = (kept: Reservation | undefined, rate: Rate): number =>
  kept?.needs.rates.some(({ limit }) => limit === rate.limit) === true ? 1 : 0

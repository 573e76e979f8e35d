/**
 * What keeps runs from starting, each by a name of its own, so that those that are blocked alike can stand together.
 */
import type { Rate } from "./Rates.ts"
import type { Slot } from "./Slots.ts"

/** Slots that are all full, a rate, or others that go first. */
export type Block =
  | { readonly _tag: "Full"; readonly slots: ReadonlyArray<Slot> }
  | { readonly _tag: "Rate"; readonly rate: Rate }
  | { readonly _tag: "Behind"; readonly sequence: string }

const slotName = ({ limit, unit }: Slot): string =>
  unit === undefined ? limit : JSON.stringify([limit, unit])

/** What is blocked by the same stands under the same name. */
export const blockName = (block: Block): string => {
  switch (block._tag) {
    case "Full":
      return block.slots.length === 1
        ? slotName(block.slots[0] as Slot)
        : JSON.stringify(block.slots.map(slotName))
    case "Rate":
      return block.rate.limit
    case "Behind":
      return `behind ${block.sequence}`
  }
}

/** The limits by which it is blocked. */
export const limitsIn = (block: Block): ReadonlyArray<string> => {
  if (block._tag === "Full") return block.slots.map(({ limit }) => limit)
  return block._tag === "Rate" ? [block.rate.limit] : []
}

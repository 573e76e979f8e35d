/**
 * Lanes that must go one after the other: of each sequence only the first may start. Only lanes that stand in line are
 * in: what is held, paused, not due or under a limit of 0 holds nobody back.
 */
import type { RunOrder } from "./order.ts"
import type { Lane } from "./Place.ts"
import { SortedList } from "./SortedList.ts"

export class Sequences {
  private readonly order: RunOrder
  private readonly lists = new Map<string, SortedList<Lane>>()

  constructor(order: RunOrder) {
    this.order = order
  }

  add(name: string, lane: Lane): void {
    const list = this.lists.get(name) ?? new SortedList<Lane>((a, b) => this.order(a.head, b.head))
    list.add(lane)
    this.lists.set(name, list)
  }

  remove(name: string, lane: Lane): void {
    const list = this.lists.get(name)
    list?.remove(lane)
    if (list?.size === 0) this.lists.delete(name)
  }

  /** The lane of a sequence whose head goes first. */
  first(name: string): Lane | undefined {
    return this.lists.get(name)?.first
  }
}

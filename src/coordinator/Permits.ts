/**
 * The limits, enforced: one Effect semaphore for each limit in force. The log says who holds which slot; here each
 * run's fiber takes the permits for them, all at once or none, and gives them back however it ends.
 *
 * Nobody ever waits here: only runs that were admitted come, and admission counts the same slots. Where the two
 * disagree, the program is wrong and must end.
 */
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import type { Slot } from "../queue/Slots.ts"
import type { RunId } from "../run/RunSpec.ts"

interface Gate {
  readonly semaphore: Semaphore.Semaphore
  readonly size: number
  taken: number
  /** Where not the runs are counted but their values: how many runs share the permit of each. */
  readonly sharing: Map<string, number>
}

type Slots = ReadonlyArray<Slot>

/** Whether runs of the same value hold a permit already, which one more of them shares. */
const isShared = ({ sharing }: Gate, { unit }: Slot): boolean => unit !== undefined && sharing.has(unit)

const share = ({ sharing }: Gate, { unit }: Slot, by: number): void => {
  if (unit === undefined) return
  const count = (sharing.get(unit) ?? 0) + by
  if (count > 0) sharing.set(unit, count)
  else sharing.delete(unit)
}

export class Permits {
  private readonly gates = new Map<string, Gate>()
  private readonly held = new Map<RunId, Slots>()

  private gate({ limit, size }: Slot): Gate {
    const known = this.gates.get(limit)
    if (known) return known
    const gate = { semaphore: Semaphore.makeUnsafe(size), size, taken: 0, sharing: new Map() }
    this.gates.set(limit, gate)
    return gate
  }

  private takeOne(slot: Slot): Effect.Effect<boolean> {
    const gate = this.gate(slot)
    if (isShared(gate, slot)) {
      share(gate, slot, 1)
      return Effect.succeed(true)
    }
    return Effect.map(Semaphore.takeIfAvailable(gate.semaphore, 1), (taken) => {
      if (!taken) return false
      gate.taken++
      share(gate, slot, 1)
      return true
    })
  }

  private giveOne(slot: Slot): Effect.Effect<unknown> {
    const { limit } = slot
    const gate = this.gates.get(limit)
    if (!gate) return Effect.void
    share(gate, slot, -1)
    if (isShared(gate, slot)) return Effect.void
    gate.taken--
    const given = Semaphore.release(gate.semaphore, 1)
    if (gate.taken === 0) this.gates.delete(limit)
    return gate.taken < gate.size
      ? given
      : Effect.andThen(given, Semaphore.resize(gate.semaphore, gate.taken))
  }

  private readonly takeAll = Effect.fnUntraced({ self: this }, function* (run: RunId, slots: Slots) {
    for (const [index, slot] of slots.entries()) {
      if (yield* this.takeOne(slot)) continue
      yield* Effect.forEach(slots.slice(0, index), (taken) => this.giveOne(taken))
      return yield* Effect.die(
        new Error(`run ${run} was admitted, yet all ${slot.size} permits of limit ${slot.limit} are taken`)
      )
    }
    this.held.set(run, slots)
  })

  private readonly keepAll = Effect.fnUntraced({ self: this }, function* (run: RunId, slots: Slots) {
    for (const slot of slots) {
      const gate = this.gate(slot)
      const { semaphore, taken, size } = gate
      if (taken >= size && !isShared(gate, slot)) yield* Semaphore.resize(semaphore, taken + 1)
    }
    yield* this.takeAll(run, slots)
  })

  private readonly giveAll = Effect.fnUntraced({ self: this }, function* (run: RunId) {
    const slots = this.held.get(run) ?? []
    this.held.delete(run)
    for (const slot of slots) yield* this.giveOne(slot)
  })

  /** Takes the permits of a run that was just admitted, and holds them while `use` goes on. Dies where there is no room. */
  take<A>(run: RunId, slots: Slots, use: Effect.Effect<A>): Effect.Effect<A> {
    return Effect.acquireUseRelease(
      this.takeAll(run, slots),
      () => use,
      () => this.giveAll(run)
    )
  }

  /**
   * Takes the permits of a run that holds its slots from before a restart, and holds them while `use` goes on. It keeps
   * them even where more run than a limit now allows; no other is let in until there is room again.
   */
  keep<A>(run: RunId, slots: Slots, use: Effect.Effect<A>): Effect.Effect<A> {
    return Effect.acquireUseRelease(
      this.keepAll(run, slots),
      () => use,
      () => this.giveAll(run)
    )
  }

  /** Other rules are in force: those who hold permits now hold these instead. */
  readonly rearrange = Effect.fnUntraced({ self: this }, function* (holdings: ReadonlyMap<RunId, Slots>) {
    const runs = [...this.held.keys()]
    this.gates.clear()
    this.held.clear()
    for (const run of runs) yield* this.keepAll(run, holdings.get(run) ?? [])
  })

  /** How many permits of each limit are taken. */
  get taken(): ReadonlyMap<string, number> {
    return new Map(Array.from(this.gates, ([limit, gate]) => [limit, gate.taken]))
  }
}

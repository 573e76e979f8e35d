/**
 * Claims on pools: which steps have slots, which wait for them, and who is next. A heavy step at the front is waited
 * for, so that light ones behind it do not starve it. The rules are Dagster's; there is no slot without an owner.
 */
import type { Claim, Run } from "../run/Run.ts"
import type { RunId } from "../run/RunSpec.ts"
import { SortedList } from "./SortedList.ts"

/** A claim with whose it is. */
interface StepClaim extends Claim {
  readonly run: RunId
}

interface Pool {
  /** Slots that steps have. */
  granted: number
  /** Slots that steps have or wait for. */
  claimed: number
  readonly waiting: SortedList<StepClaim>
}

const byPriority = (a: StepClaim, b: StepClaim): number => b.priority - a.priority || a.order - b.order

export class Pools {
  private readonly pools = new Map<string, Pool>()
  /** Pools that may have slots for those who wait. */
  readonly loose = new Set<string>()

  /** Takes in how a run's claims have changed; answers by how many claimed slots each pool has. */
  change(before: Run | undefined, after: Run): ReadonlyMap<string, number> {
    const changes = new Map<string, number>()
    if (before?.claims === after.claims) return changes
    const was = new Set(before?.claims)
    const is = new Set(after.claims)
    const count = ({ pool, slots }: Claim, sign: number) =>
      changes.set(pool, (changes.get(pool) ?? 0) + sign * slots)
    for (const claim of was.difference(is)) {
      this.remove({ ...claim, run: after.id })
      count(claim, -1)
    }
    for (const claim of is.difference(was)) {
      this.add({ ...claim, run: after.id })
      count(claim, 1)
    }
    return changes
  }

  private add(claim: StepClaim): void {
    const pool = this.pools.get(claim.pool) ?? {
      granted: 0,
      claimed: 0,
      waiting: new SortedList<StepClaim>(byPriority)
    }
    this.pools.set(claim.pool, pool)
    pool.claimed += claim.slots
    if (claim.granted) pool.granted += claim.slots
    else pool.waiting.add(claim)
  }

  private remove(claim: StepClaim): void {
    const pool = this.pools.get(claim.pool)
    if (!pool) return
    pool.claimed -= claim.slots
    if (claim.granted) pool.granted -= claim.slots
    else pool.waiting.remove(claim)
    if (pool.claimed === 0) this.pools.delete(claim.pool)
    else this.loose.add(claim.pool)
  }

  /** Whether a claim that comes now has its slots at once: there is room, and it is before all who wait. */
  grants(name: string, slots: number, priority: number, limit: number | undefined): boolean {
    const pool = this.pools.get(name)
    if (limit === undefined || !pool) return limit === undefined || slots <= limit
    const first = pool.waiting.first
    const goesFirst = !first || priority > first.priority
    return goesFirst && pool.granted + slots <= limit
  }

  /** The claim of the pool that is to be granted next, if one fits. */
  next(name: string, limit: number | undefined): StepClaim | undefined {
    const pool = this.pools.get(name)
    const first = pool?.waiting.first
    return pool && first && (limit === undefined || pool.granted + first.slots <= limit) ? first : undefined
  }

  /** Other limits are in force: look at every pool again. */
  loosen(): void {
    for (const name of this.pools.keys()) this.loose.add(name)
  }

  /** Slots that steps have, and slots that steps have or wait for. */
  of(name: string): { readonly granted: number; readonly claimed: number } {
    const { granted = 0, claimed = 0 } = this.pools.get(name) ?? {}
    return { granted, claimed }
  }

  /** The pools that steps have claimed, with how much, in the order of their first claims. */
  *claimed(): Generator<readonly [string, number], void> {
    for (const [name, { claimed }] of this.pools) yield [name, claimed]
  }

  /** The claims that wait for a pool, in order. */
  waiting(name: string): Iterable<StepClaim> {
    return this.pools.get(name)?.waiting ?? []
  }
}

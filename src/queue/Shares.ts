/**
 * Who has how much of what runs. Runs are told apart by the value of a tag, each value with its weight, and the next
 * to start is of the value that would then have least, measured by its weight.
 *
 * A run starts only while no other value, of which a run could start too, would have less by starting its own. So where
 * n slots are shared by values that all have runs waiting, each has at least its weight's part of n, rounded down
 * (D'Hondt's rule of apportionment keeps to the lower quota).
 */

/** What a run's value is, and what it weighs. */
export interface Share {
  readonly of: string
  readonly weight: number
}

export class Shares {
  private readonly running = new Map<string, number>()

  /** So many more runs of this value are in progress, or fewer. */
  count({ of }: Share, by: number): void {
    const count = this.of(of) + by
    if (count === 0) this.running.delete(of)
    else this.running.set(of, count)
  }

  /** How many runs of this value are in progress. */
  of(value: string): number {
    return this.running.get(value) ?? 0
  }

  /** Which of two would have less by starting one run more: below 0 the first of them. */
  compare(a: Share | undefined, b: Share | undefined): number {
    if (!a || !b || a.of === b.of) return 0
    return (this.of(a.of) + 1) * b.weight - (this.of(b.of) + 1) * a.weight
  }
}

/**
 * Limits and who holds them. A run falls under some limits, by its tags and the policy; it takes one slot of each
 * when it is admitted, all together or none, and gives them back when it has ended.
 */
import type { RunId } from "../run/RunSpec.ts"
import type { Policy, TagLimit } from "./Policy.ts"

/** One slot of a limit, as a run needs it. */
export interface Slot {
  /** `runs`, `tag:KEY`, `tag:KEY=VALUE` or `each:KEY=VALUE`. */
  readonly limit: string
  /** How many slots that limit has. */
  readonly size: number
}

/** Names a limit. No two share a name: a key with `=` or `"` in it stands in quotes. */
export const limitName = (form: "tag" | "each", key: string, value?: string): string => {
  const name = `${form}:${/[="]/.test(key) ? JSON.stringify(key) : key}`
  return value === undefined ? name : `${name}=${value}`
}

type Tags = Readonly<Record<string, string>>

const noTags: Tags = {}

/** The limits of a policy by the tag they look at, so that a run meets only those of its own tags. */
export class Limits {
  private readonly total: ReadonlyArray<Slot>
  private readonly byKey = new Map<string, Map<string, TagLimit>>()

  constructor({ mode, maxConcurrentRuns, tagLimits }: Policy) {
    const queued = mode === "queued"
    this.total = queued && maxConcurrentRuns !== null ? [{ limit: "runs", size: maxConcurrentRuns }] : []
    for (const limit of queued ? tagLimits : []) {
      const forms = this.byKey.get(limit.key) ?? new Map()
      forms.set(limit.each ? "each" : limit.value === undefined ? "any" : `=${limit.value}`, limit)
      this.byKey.set(limit.key, forms)
    }
  }

  /** What a run with these tags needs in order to start. */
  slotsFor(tags: Tags = noTags): ReadonlyArray<Slot> {
    if (this.byKey.size === 0) return this.total
    const slots = [...this.total]
    for (const [key, forms] of this.byKey) {
      const value = Object.hasOwn(tags, key) ? tags[key] : undefined
      if (value === undefined) continue
      const any = forms.get("any")
      const exact = forms.get(`=${value}`)
      const each = forms.get("each")
      if (any) slots.push({ limit: limitName("tag", key), size: any.limit })
      if (exact) slots.push({ limit: limitName("tag", key, value), size: exact.limit })
      if (each) slots.push({ limit: limitName("each", key, value), size: each.limit })
    }
    return slots
  }
}

const nobody: ReadonlySet<RunId> = new Set()

/** Who holds what. Limits that nobody holds take no room. */
export class Slots {
  private readonly held = new Map<string, Set<RunId>>()
  private readonly byRun = new Map<RunId, ReadonlyArray<Slot>>()

  /** The runs that hold a slot of the limit, in the order in which they took it. */
  holders(limit: string): ReadonlySet<RunId> {
    return this.held.get(limit) ?? nobody
  }

  isFull({ limit, size }: Slot): boolean {
    return this.holders(limit).size >= size
  }

  /** The first of these that has no room. */
  firstFull(slots: ReadonlyArray<Slot>): Slot | undefined {
    return slots.find((slot) => this.isFull(slot))
  }

  take(run: RunId, slots: ReadonlyArray<Slot>): void {
    this.byRun.set(run, slots)
    for (const { limit } of slots) {
      const holders = this.held.get(limit)
      if (holders) holders.add(run)
      else this.held.set(limit, new Set([run]))
    }
  }

  /** Gives back what the run holds; answers what that was. */
  release(run: RunId): ReadonlyArray<Slot> {
    const slots = this.byRun.get(run) ?? []
    this.byRun.delete(run)
    for (const { limit } of slots) {
      const holders = this.held.get(limit)
      holders?.delete(run)
      if (holders?.size === 0) this.held.delete(limit)
    }
    return slots
  }

  /** What the run holds now. */
  of(run: RunId): ReadonlyArray<Slot> {
    return this.byRun.get(run) ?? []
  }

  /** How many runs hold slots. */
  get size(): number {
    return this.byRun.size
  }

  /** The runs that hold slots, in the order in which they were admitted. */
  runs(): IterableIterator<RunId> {
    return this.byRun.keys()
  }

  /** Every limit that is held, with its holders. */
  entries(): IterableIterator<[string, ReadonlySet<RunId>]> {
    return this.held.entries()
  }
}

/**
 * Submissions that are known again by their key, each for as long as was recorded with it. What is over by the time of
 * the last event is forgotten, so that they take no more room than one window's submissions need.
 */
import * as Equal from "effect/Equal"
import type { RunEvent } from "../run/RunEvent.ts"
import type { RunId, RunSpec } from "../run/RunSpec.ts"
import { SortedList } from "./SortedList.ts"

export interface Known {
  readonly key: string
  readonly run: RunId
  /** As it came, before a custom coordinator changed it. */
  readonly asked: RunSpec
  /** In milliseconds since 1970. */
  readonly until: number
  /** The log position of the submission. */
  readonly order: number
}

type Submitted = Extract<RunEvent, { readonly type: "RunSubmitted" }>

/** The fields in which two submissions differ; that they name different runs makes no difference. */
export const differing = (a: RunSpec, b: RunSpec): ReadonlyArray<string> => {
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof RunSpec>
  return [...keys].filter((key) => key !== "id" && !Equal.equals(a[key], b[key])).sort()
}

export class IdempotencyKeys {
  private readonly byKey = new Map<string, Known>()
  private readonly ending = new SortedList<Known>((a, b) => a.until - b.until || a.order - b.order)

  add({ run, position, data }: Submitted): void {
    const { idempotency, spec, requested = spec } = data
    if (!idempotency) return
    this.set({ ...idempotency, run, asked: requested, order: position })
  }

  /** Knows a submission, in place of an older one of its key. */
  set(known: Known): void {
    const before = this.byKey.get(known.key)
    if (before) this.ending.remove(before)
    this.byKey.set(known.key, known)
    this.ending.add(known)
  }

  /** The submission that has the key at this moment. */
  get(key: string, now: number): Known | undefined {
    const known = this.byKey.get(key)
    return known && known.until > now ? known : undefined
  }

  /** Forgets those that are over. */
  forget(now: number): void {
    for (let { first } = this.ending; first && first.until <= now; first = this.ending.first) {
      this.ending.remove(first)
      this.byKey.delete(first.key)
    }
  }

  /** All that are known, those that end first before the others. */
  get all(): ReadonlyArray<Known> {
    return [...this.ending]
  }
}

/**
 * Runs that belong together: those that do the same work again, and those that share a key.
 */
import type { Run } from "../run/Run.ts"
import type { RunId } from "../run/RunSpec.ts"

const nobody: ReadonlySet<RunId> = new Set()

export class Groups {
  private readonly sizes = new Map<RunId, number>()
  private readonly active = new Map<string, Set<RunId>>()

  add({ id, root, spec }: Run): void {
    // A group of one is not worth remembering.
    if (root !== id) this.sizes.set(root, this.size(root) + 1)
    if (!spec.unique) return
    const sharing = this.active.get(spec.unique.key) ?? new Set()
    this.active.set(spec.unique.key, sharing.add(id))
  }

  finish({ id, spec }: Run): void {
    if (!spec.unique) return
    const sharing = this.active.get(spec.unique.key)
    sharing?.delete(id)
    if (sharing?.size === 0) this.active.delete(spec.unique.key)
  }

  /** How many runs have done, or are to do, the work that began with this one. */
  size(root: RunId): number {
    return this.sizes.get(root) ?? 1
  }

  /** The runs of a key that have not ended, in the order of their submission. */
  withKey(key: string): ReadonlySet<RunId> {
    return this.active.get(key) ?? nobody
  }
}

/**
 * Where lanes stand: in the open, or parked until what blocks them all is over. The lanes of each share stand in a group
 * of their own, and of the groups that one is first whose value would have least; where nothing is shared, there is one
 * group, and the order alone decides.
 */
import type { Run } from "../run/Run.ts"
import type { Block } from "./Block.ts"
import type { RunOrder } from "./order.ts"
import type { Shares } from "./Shares.ts"
import type { Needs } from "./Slots.ts"
import { SortedList } from "./SortedList.ts"

/** Waiting runs that need the same, in order. */
export interface Lane {
  readonly key: string
  readonly needs: Needs
  readonly runs: SortedList<Run>
  /** The run at its front; lanes stand in the order of these. */
  head: Run
  place: Place
  /** Whether it could start once others have ended; if not, it holds nobody back. */
  stands: boolean
}

interface Group {
  readonly share: string
  readonly lanes: SortedList<Lane>
}

/** Of each share the places where it stands beside others. */
type Contended = Map<string, Set<Place>>

/** What lanes are ordered by. */
export interface Ranking {
  readonly order: RunOrder
  readonly shares: Shares
  readonly contended: Contended
}

/** Which of two lanes goes first: below 0 the first of them. */
export const compareLanes = ({ order, shares }: Ranking, a: Lane, b: Lane): number =>
  b.head.top - a.head.top || shares.compare(a.needs.share, b.needs.share) || order(a.head, b.head)

const firstOf = ({ lanes }: Group): Lane => lanes.first as Lane
const shareOf = ({ needs }: Lane): string => needs.share?.of ?? ""

export class Place {
  readonly key: string
  /** What blocks all that stand here; undefined in the open. */
  readonly block: Block | undefined
  /** When it is to be looked at again, where that is known. */
  wakesAt: number | undefined
  private readonly ranking: Ranking
  private readonly groups = new Map<string, Group>()
  private readonly ranked: SortedList<Group>

  constructor(key: string, ranking: Ranking, block?: Block) {
    this.key = key
    this.ranking = ranking
    this.block = block
    this.ranked = new SortedList((a, b) => compareLanes(ranking, firstOf(a), firstOf(b)))
  }

  /** The lane that goes first of all that stand here. */
  get first(): Lane | undefined {
    return this.ranked.first?.lanes.first
  }

  get isEmpty(): boolean {
    return this.ranked.size === 0
  }

  add(lane: Lane): void {
    const share = shareOf(lane)
    const group = this.groups.get(share)
    if (group) this.change(group, () => group.lanes.add(lane))
    else this.found(share, lane)
  }

  remove(lane: Lane): void {
    const group = this.groups.get(shareOf(lane))
    if (!group) throw new Error(`lane ${lane.key} is not where it is said to be`)
    this.change(group, () => group.lanes.remove(lane))
  }

  private found(share: string, lane: Lane): void {
    const { order } = this.ranking
    const group: Group = { share, lanes: new SortedList((a, b) => order(a.head, b.head)) }
    group.lanes.add(lane)
    this.groups.set(share, group)
    this.ranked.add(group)
    if (this.groups.size === 2) for (const known of this.groups.keys()) this.enlist(known)
    else if (this.groups.size > 2) this.enlist(share)
  }

  private change(group: Group, change: () => void): void {
    this.ranked.remove(group)
    change()
    if (group.lanes.size > 0) {
      this.ranked.add(group)
      return
    }
    this.groups.delete(group.share)
    this.strike(group.share)
    if (this.groups.size === 1) for (const last of this.groups.keys()) this.strike(last)
  }

  private enlist(share: string): void {
    const { contended } = this.ranking
    const places = contended.get(share)
    if (places) places.add(this)
    else contended.set(share, new Set([this]))
  }

  private strike(share: string): void {
    const places = this.ranking.contended.get(share)
    places?.delete(this)
    if (places?.size === 0) this.ranking.contended.delete(share)
  }

  /** Takes a share out of the ranking while what it has changes. */
  suspend(share: string): void {
    const group = this.groups.get(share)
    if (group) this.ranked.remove(group)
  }

  /** Ranks a share again. */
  resume(share: string): void {
    const group = this.groups.get(share)
    if (group) this.ranked.add(group)
  }
}

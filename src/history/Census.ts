/**
 * What stands in a log, counted: how much, from when to when, of what kind, by whom, and in which states its runs are. It needs
 * no event's data, so a long log is counted quickly.
 */
import { bornIn, next, type RunState, runStates } from "../run/lifecycle.ts"

/** What is counted of an event. */
interface Counted {
  readonly position: number
  readonly at: number
  readonly type: string
  readonly run: string | null
  readonly actor: string
  readonly epoch: number
}

/** What was counted. Times are milliseconds since 1970; undefined where there is no event. */
export interface Count {
  readonly events: number
  readonly from: number | undefined
  readonly to: number | undefined
  /** Coordinators that have led. */
  readonly epochs: number
  /** Runs by their state. */
  readonly runs: Readonly<Record<RunState, number>>
  /** Events by type and by actor, the most first. */
  readonly types: ReadonlyArray<readonly [type: string, events: number]>
  readonly actors: ReadonlyArray<readonly [actor: string, events: number]>
}

const add = (counts: Map<string, number>, key: string): void => {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

const mostFirst = (counts: ReadonlyMap<string, number>): ReadonlyArray<readonly [string, number]> =>
  [...counts].sort(([a, less], [b, more]) => more - less || (a < b ? -1 : 1))

/** Takes the events of a log in their order. */
export class Census {
  private events = 0
  private from: number | undefined
  private to: number | undefined
  private readonly epochs = new Set<number>()
  private readonly types = new Map<string, number>()
  private readonly actors = new Map<string, number>()
  private readonly states = new Map<string, RunState>()

  take({ at, type, run, actor, epoch }: Counted): void {
    this.events++
    this.from ??= at
    this.to = at
    this.epochs.add(epoch)
    add(this.types, type)
    add(this.actors, actor)
    if (run === null) return
    const state = this.states.get(run)
    // What the chart does not allow is for those who check; here it changes nothing.
    this.states.set(run, state === undefined ? bornIn : (next(state, type) ?? state))
  }

  get count(): Count {
    const runs = Object.fromEntries(runStates.map((state) => [state, 0])) as Record<RunState, number>
    for (const state of this.states.values()) runs[state]++
    const { events, from, to } = this
    const [types, actors] = [mostFirst(this.types), mostFirst(this.actors)]
    return { events, from, to, epochs: this.epochs.size, runs, types, actors }
  }
}

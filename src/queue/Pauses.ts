/**
 * What is paused: since when, until when, by whom and why.
 */
import type { QueueEvent } from "./Event.ts"
import { type Scope, scopeName } from "./Scope.ts"

/** One thing that is paused. Times are milliseconds since 1970. */
export interface Pause {
  readonly scope: Scope
  readonly at: number
  /** When it ends by itself; undefined if it does not. */
  readonly until?: number
  readonly actor: string
  readonly reason?: string
}

type PauseEvent = Extract<QueueEvent, { readonly type: "AdmissionPaused" | "AdmissionResumed" }>

export class Pauses {
  private readonly byName = new Map<string, Pause>()

  apply(event: PauseEvent): void {
    if (event.type === "AdmissionPaused") this.set({ at: event.at, actor: event.actor, ...event.data })
    else this.byName.delete(scopeName(event.data.scope))
  }

  /** A pause of what is paused already takes the place of the other. */
  set(pause: Pause): void {
    const name = scopeName(pause.scope)
    this.byName.delete(name)
    this.byName.set(name, pause)
  }

  get(scope: Scope): Pause | undefined {
    return this.byName.get(scopeName(scope))
  }

  has(scope: Scope): boolean {
    return this.byName.has(scopeName(scope))
  }

  /** All of them, in the order in which they began. */
  get all(): ReadonlyArray<Pause> {
    return [...this.byName.values()]
  }

  get scopes(): ReadonlyArray<Scope> {
    return this.all.map(({ scope }) => scope)
  }

  /** When the first of them ends by itself, in milliseconds since 1970. */
  get endsAt(): number | undefined {
    let first: number | undefined
    for (const { until } of this.byName.values())
      if (until !== undefined && (first === undefined || until < first)) first = until
    return first
  }

  /** Those that are over at this moment. */
  over(now: number): ReadonlyArray<Pause> {
    return this.byName.size === 0 ? [] : this.all.filter(({ until }) => until !== undefined && until <= now)
  }
}

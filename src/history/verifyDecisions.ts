/**
 * Whether the rules explain every admission: each turn's are derived anew from the log before it, by the code that decides in
 * production, and compared with what the log says. Whoever swapped two runs, let one in past a limit or kept one back, and
 * made good all hashes, is found here.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { admit } from "../queue/admit.ts"
import { type Event, isRunEvent } from "../queue/Event.ts"
import type { Orders } from "../queue/order.ts"
import { RunQueue } from "../queue/RunQueue.ts"
import type { RunEvent, RunFact } from "../run/RunEvent.ts"
import type { RunId } from "../run/RunSpec.ts"

type Admission = RunEvent & { readonly type: "RunAdmitted" }

/** What is wrong with a decision, at the position of the event that shows it. */
export type Unexplained =
  /** The rules admit another run here, or none. */
  | { readonly _tag: "OtherRun"; readonly position: number; readonly run: RunId; readonly derived?: RunId }
  /** The rules admit this run in this turn, and the log does not. */
  | { readonly _tag: "NotAdmitted"; readonly position: number; readonly derived: RunId }
  /** The rules admit this run here, but for other reasons than the log says. */
  | {
      readonly _tag: "OtherReasons"
      readonly position: number
      readonly run: RunId
      readonly logged: Admission["data"]
      readonly derived: Admission["data"]
    }
  /** The event cannot be where it is. */
  | { readonly _tag: "Impossible"; readonly position: number; readonly issue: string }
  /** The policy goes by a custom order that is not known here. */
  | { readonly _tag: "OrderUnknown"; readonly position: number; readonly order: string }

/** How far the log was verified, and what was found there. */
export interface Verified {
  /** Admissions that the rules explain. */
  readonly decisions: number
  readonly turns: number
  readonly found?: Unexplained
}

/** Logs that were written before admissions said why still have to be right in all else. */
const isSame = (logged: Admission["data"], derived: Admission["data"]): boolean => {
  const { decision: _, ...rest } = derived
  return JSON.stringify(sorted(logged)) === JSON.stringify(sorted(logged.decision ? derived : rest))
}

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== "object" || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, part]) => [key, sorted(part)]))
}

const compare = (
  logged: Admission | undefined,
  run: RunId,
  derived: Admission["data"],
  last: number
): Unexplained | undefined => {
  if (!logged) return { _tag: "NotAdmitted", position: last, derived: run }
  const at = { position: logged.position, run: logged.run }
  if (logged.run !== run) return { _tag: "OtherRun", ...at, derived: run }
  return isSame(logged.data, derived)
    ? undefined
    : { _tag: "OtherReasons", ...at, logged: logged.data, derived }
}

const isAdmission = (event: Event): event is Admission => isRunEvent(event) && event.type === "RunAdmitted"

/** Takes a log turn by turn, from the first, until one is not explained. */
class Verifier {
  private readonly queue: RunQueue
  decisions = 0
  turns = 0

  constructor(orders: Orders) {
    this.queue = new RunQueue(orders)
  }

  /** What the rules do not explain of a whole turn. */
  take(events: ReadonlyArray<Event>): Unexplained | undefined {
    try {
      return this.takeTurn(events)
    } catch (error) {
      const issue = error instanceof Error ? error.message : String(error)
      return { _tag: "Impossible", position: this.queue.position + 1, issue }
    }
  }

  private takeTurn(events: ReadonlyArray<Event>): Unexplained | undefined {
    const { queue } = this
    for (let at = 0; at < events.length; ) {
      // A turn admits at its end, and before it finds a queue full: each time all that may start.
      const until = events.findIndex((event, nth) => nth >= at && isAdmission(event))
      const decided = events.slice(at, until === -1 ? undefined : until)
      for (const event of decided) queue.apply(event)
      const rest = events.slice(at + decided.length)
      const { order } = queue.policy
      if (order !== undefined && !Object.hasOwn(queue.orders, order))
        return { _tag: "OrderUnknown", position: events[0]?.position ?? 0, order }
      const others = rest.findIndex((event) => !isAdmission(event))
      const logged = others === -1 ? rest : rest.slice(0, others)
      const found = this.admitAgain(logged, (logged.at(-1) ?? events.at(-1)) as Event)
      if (found) return found
      at += decided.length + logged.length
    }
    this.turns++
    return undefined
  }

  private admitAgain(logged: ReadonlyArray<Event>, last: Event): Unexplained | undefined {
    const { queue } = this
    let found: Unexplained | undefined
    let nth = 0
    const record = ({ id }: { readonly id: RunId }, { data }: RunFact) => {
      const event = logged[nth++]
      const admission = event && isAdmission(event) ? event : undefined
      found ??= compare(admission, id, data as Admission["data"], last.position)
      if (!found) this.decisions++
      const position = queue.position + 1
      queue.apply({ ...last, position, type: "RunAdmitted", run: id, data } as Event)
    }
    admit(queue, last.at, record)
    const more = logged[nth]
    if (!found && more) found = { _tag: "OtherRun", position: more.position, run: more.run ?? "" }
    return found
  }
}

const byTurn = <E, R>(events: Stream.Stream<Event, E, R>) =>
  Stream.groupAdjacentBy(events, ({ turn }) => turn)

/** Verifies the admissions of a log, its first event first, up to the first that the rules do not explain. */
export const verifyDecisions = <E, R>(
  events: Stream.Stream<Event, E, R>,
  orders: Orders = {}
): Effect.Effect<Verified, E, R> =>
  Effect.suspend(() => {
    const verifier = new Verifier(orders)
    const findings = Stream.map(byTurn(events), ([, turn]) => verifier.take(turn))
    const first = Stream.runHead(Stream.filter(findings, (found) => found !== undefined))
    return Effect.map(first, (found): Verified => {
      const { decisions, turns } = verifier
      return { decisions, turns, ...(found._tag === "Some" && { found: found.value }) }
    })
  })

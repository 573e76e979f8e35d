/**
 * All that can be said of why a run waits, or why it was let in when it was.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Event } from "../queue/Event.ts"
import { type Explanation, explain } from "../queue/explain.ts"
import type { RunQueue } from "../queue/RunQueue.ts"
import type { RunEventData } from "../run/RunEvent.ts"
import type { RunId } from "../run/RunSpec.ts"
import { type Estimate, estimate } from "./estimate.ts"
import { type Remedy, whatStarts } from "./whatStarts.ts"

/** Where a run stands, why it waits, what would start it, and when it will start by itself. */
export interface Why extends Explanation {
  /** Alternatives; each starts the run if all of it comes about. Empty if it does not wait, or if nothing was found. */
  readonly wouldStart: ReadonlyArray<Remedy>
  /** When it will start; undefined if it does not wait. */
  readonly estimate?: Estimate
}

/** When and why a run was last let in, as its event says. */
export type Admission = RunEventData["RunAdmitted"] & { readonly at: number; readonly position: number }

/** Says all that there is to say of one run at the time `now`; undefined if there is no such run. */
export const why = (queue: RunQueue, id: RunId, now: number): Why | undefined => {
  const explanation = explain(queue, id, now)
  if (!explanation) return undefined
  const likely = estimate(queue, id, now)
  const wouldStart = whatStarts(queue, id, now)
  return { ...explanation, wouldStart, ...(likely && { estimate: likely }) }
}

/** The last admission among the events of a run. */
export const lastAdmission = <E, R>(
  events: Stream.Stream<Event, E, R>
): Effect.Effect<Admission | undefined, E, R> =>
  Effect.map(
    Stream.runLast(Stream.filter(events, (event) => event.type === "RunAdmitted")),
    Option.match({
      onNone: () => undefined,
      onSome: ({ at, position, data }) => ({ at, position, ...data })
    })
  )

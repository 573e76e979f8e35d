/**
 * What another policy would do, before it is in force: the real turn, taken on a copy of the queue.
 */
import * as Result from "effect/Result"
import { diffPolicy, type PolicyChange } from "../queue/diffPolicy.ts"
import { explain } from "../queue/explain.ts"
import { type Obstacle, obstacles } from "../queue/obstacles.ts"
import type { Policy } from "../queue/Policy.ts"
import type { Reason } from "../queue/Reason.ts"
import type { RunQueue } from "../queue/RunQueue.ts"
import { signalbox, turn } from "../queue/turn.ts"
import type { Rejection } from "../run/Rejection.ts"
import type { Run } from "../run/Run.ts"
import type { RunId } from "../run/RunSpec.ts"
import { settings } from "../settings.ts"

/** How many there are, and the first of them. */
interface Some<A> {
  readonly count: number
  readonly first: ReadonlyArray<A>
}

/** A limit that some run in progress or in line falls under, and whose size changes; a size left out is no limit. */
export interface LimitChange {
  readonly limit: string
  readonly before?: number
  readonly after?: number
  /** How many of its slots would be held once the policy is in force: more than there are, where it was lowered. */
  readonly held: number
}

/** What a policy would do if it were set now. */
export interface Preview {
  readonly changes: ReadonlyArray<PolicyChange>
  /** The runs that would start at once, in their order. */
  readonly starts: ReadonlyArray<RunId>
  /** Runs that would wait for something that is not in their way now. */
  readonly waits: Some<{ readonly run: RunId; readonly reasons: ReadonlyArray<Reason> }>
  readonly limits: Some<LimitChange>
}

const some = <A>(all: ReadonlyArray<A>): Some<A> => ({
  count: all.length,
  first: all.slice(0, settings.previewShown)
})

/** The same obstacle has the same name under both policies, and so has the reason that it makes. */
const nameOf = (found: Obstacle): string => {
  switch (found._tag) {
    case "LimitFull":
      return `LimitFull ${found.slot.limit}`
    case "RateReached":
      return `RateReached ${found.rate.limit}`
    case "Reserved":
      return `Reserved ${found.limit}`
    case "Behind":
      return `Behind ${found.sequence}`
    default:
      return found._tag
  }
}

const nameOfReason = (reason: Reason): string => {
  if ("limit" in reason) return `${reason._tag} ${reason.limit}`
  return "sequence" in reason ? `${reason._tag} ${reason.sequence}` : reason._tag
}

const newObstacles = (before: RunQueue, after: RunQueue, run: Run, at: number): boolean => {
  const known = new Set(Array.from(obstacles(before, run, at), nameOf))
  return Array.from(obstacles(after, run, at)).some((found) => !known.has(nameOf(found)))
}

const newReasons = (before: RunQueue, after: RunQueue, run: RunId, now: number): ReadonlyArray<Reason> => {
  const known = new Set(explain(before, run, now)?.reasons.map(nameOfReason))
  return explain(after, run, now)?.reasons.filter((reason) => !known.has(nameOfReason(reason))) ?? []
}

const sizesIn = (queue: RunQueue): ReadonlyMap<string, number> => {
  const sizes = new Map<string, number>()
  const runs = [...Array.from(queue.slots.runs(), (id) => queue.run(id)), ...queue.waiting.line]
  for (const run of runs) {
    const { slots, anyOf } = queue.needsOf(run)
    for (const { limit, size } of [...slots, ...anyOf]) sizes.set(limit, size)
  }
  return sizes
}

const limitChanges = (before: RunQueue, after: RunQueue): ReadonlyArray<LimitChange> => {
  const was = sizesIn(before)
  const is = sizesIn(after)
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((limit) => {
    const [old, fresh] = [was.get(limit), is.get(limit)]
    if (old === fresh) return []
    const sizes = { ...(old !== undefined && { before: old }), ...(fresh !== undefined && { after: fresh }) }
    return [{ limit, ...sizes, held: after.slots.taken(limit) }]
  })
}

/** What would happen in one turn at the time `now` that puts this policy in force; a rejection, if it would be refused. */
export const previewPolicy = (
  queue: RunQueue,
  policy: Policy,
  now: number
): Result.Result<Preview, Rejection> => {
  const after = queue.copy()
  const command = { _tag: "SetPolicy", policy } as const
  const { events, replies } = turn(after, [{ id: "preview", actor: signalbox, command }], now)
  const [reply] = replies
  if (reply && Result.isFailure(reply)) return Result.fail(reply.failure)
  const waiting = Array.from(after.waiting.line).filter(({ id }) => queue.runs.has(id))
  const worse = waiting.filter((run) => newObstacles(queue, after, run, after.at))
  const { count, first } = some(worse)
  return Result.succeed({
    changes: diffPolicy(queue.policy, policy),
    starts: events.flatMap(({ type, run }) => (type === "RunAdmitted" && run !== null ? [run] : [])),
    waits: {
      count,
      first: first.map(({ id: run }) => ({ run, reasons: newReasons(queue, after, run, now) }))
    },
    limits: some(limitChanges(queue, after))
  })
}

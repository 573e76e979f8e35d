/**
 * Why a run waits, worked out the slow way from all that is known.
 */
import { limitsOver, ratesOver } from "../../src/history/limitsOver.ts"
import type { Event } from "../../src/queue/Event.ts"
import type { Orders } from "../../src/queue/order.ts"
import type { Reason } from "../../src/queue/Reason.ts"
import type { RunQueue } from "../../src/queue/RunQueue.ts"
import { isHoldingSlot } from "../../src/run/lifecycle.ts"
import type { Run } from "../../src/run/Run.ts"
import { settings } from "../../src/settings.ts"
import {
  after,
  aheadOf,
  keptFor,
  lineOf,
  pausesOver,
  readyAt,
  rootPools,
  runsOf,
  type Situation,
  situationOf
} from "./naive.ts"

/** What there is to be seen of a world. */
interface Seen {
  readonly queue: RunQueue
  readonly orders: Orders
  readonly log: ReadonlyArray<Event>
  readonly now: number
}

/** What the order and the rates have to say about why it waits. */
const orderReasons = (situation: Situation, run: Run): ReadonlyArray<Reason> => {
  const { queue, starts, at, inProgress } = situation
  const kept = keptFor(situation)
  const specs = inProgress.map(({ spec }) => spec)
  const withKept = kept && kept.id !== run.id ? after(situation, kept) : situation
  const keptSpecs = withKept.inProgress.map(({ spec }) => spec)
  const reserved = limitsOver(queue.policy, run.spec).flatMap(({ name, size, taken }) =>
    kept && taken(specs) < size && taken(keptSpecs) >= size
      ? [{ _tag: "Reserved", limit: name, for: kept.id } as const]
      : []
  )
  const rates = ratesOver(queue.policy, run.spec).flatMap((rate): ReadonlyArray<Reason> => {
    const { name, limit, periodMs, burst } = rate
    const ready = readyAt(rate, starts.get(name) ?? [])
    if (ready > at) return [{ _tag: "RateReached", limit: name, starts: limit, periodMs, burst, at: ready }]
    const isKept = kept && readyAt(rate, withKept.starts.get(name) ?? []) > at
    return isKept ? [{ _tag: "Reserved", limit: name, for: kept.id }] : []
  })
  const [ahead] = aheadOf(situation, run)
  const behind = ahead ? [{ _tag: "Behind", sequence: ahead[0], run: ahead[1] } as const] : []
  return [...reserved, ...rates, ...behind]
}

/** Since when the run has waited with nobody to admit it. */
const closedSince = (log: ReadonlyArray<Event>, { submittedAt }: Run): number => {
  const opened = log.findLastIndex(
    ({ type, data }) => type === "CoordinatorStarted" && "admits" in data && data.admits
  )
  const closed = log.slice(opened + 1).find(({ type }) => /^Coordinator/.test(type))
  return Math.max(submittedAt, opened === -1 ? 0 : (closed?.at ?? 0))
}

/** Every reason why the run waits. */
export const reasonsOf = ({ queue, orders, log, now }: Seen, run: Run): ReadonlyArray<Reason> => {
  const line = lineOf(queue, orders)
  const before = line.slice(
    0,
    line.findIndex(({ id }) => id === run.id)
  )
  const admitted = log.flatMap((event) => (event.type === "RunAdmitted" ? [event.run] : []))
  const inProgress = runsOf(queue)
    .filter(({ state }) => isHoldingSlot(state))
    .toSorted((a, b) => admitted.lastIndexOf(a.id) - admitted.lastIndexOf(b.id))
  const rulesAt = log.findLast(({ type }) => type === "PolicySet")?.at ?? 0
  const specsOf = (runs: ReadonlyArray<Run>) => runs.map(({ spec }) => spec)
  const full = limitsOver(queue.policy, run.spec).flatMap(
    ({ name, size, covers, taken }): ReadonlyArray<Reason> => {
      const held = taken(specsOf(inProgress))
      const holders = inProgress.filter(({ spec }) => covers(spec)).map(({ id }) => id)
      const ahead = before.filter((other) => !other.held && covers(other.spec)).length
      if (held < size) return []
      const counts = { size, held, holders: holders.slice(0, settings.holdersShown), holding: holders.length }
      // The first so many of them have filled it, and hold it to this day.
      const fillers = inProgress.findIndex((_, at) => taken(specsOf(inProgress.slice(0, at + 1))) >= size)
      const full = size === 0 ? rulesAt : (inProgress[fillers]?.admittedAt ?? 0)
      return [{ _tag: "LimitFull", limit: name, ...counts, ahead, since: Math.max(run.submittedAt, full) }]
    }
  )
  const pools = rootPools(queue, run, inProgress)
  const said = (reason: string | undefined) => (reason === undefined ? {} : { reason })
  return [
    ...(queue.admits ? [] : [{ _tag: "AdmissionClosed", since: closedSince(log, run) } as const]),
    ...(run.notBefore > Math.max(now, queue.at) ? [{ _tag: "NotBefore", at: run.notBefore } as const] : []),
    ...(run.held
      ? [{ _tag: "Held", by: run.held.actor, since: run.held.at, ...said(run.held.reason) } as const]
      : []),
    ...pausesOver(queue, run).map(
      ({ scope, actor, at, until, reason }) =>
        ({
          _tag: "Paused",
          scope,
          by: actor,
          since: Math.max(run.submittedAt, at),
          ...(until !== undefined && { until }),
          ...said(reason)
        }) as const
    ),
    ...full,
    ...(pools?.every(({ size, taken }) => taken >= size) ? [{ _tag: "PoolsFull", pools } as const] : []),
    ...orderReasons(situationOf(queue, log, orders, Math.max(now, queue.at)), run)
  ]
}

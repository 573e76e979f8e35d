/**
 * Random histories.
 */
import fc from "fast-check"
import type { Policy } from "../../src/queue/Policy.ts"
import type { Schedule } from "../../src/queue/Schedule.ts"
import type { Scope } from "../../src/queue/Scope.ts"
import type { Outcome } from "../../src/run/Outcome.ts"
import { priorityTag } from "../../src/run/priority.ts"
import type { Timeouts } from "../../src/run/RunEvent.ts"
import { locationTag } from "../../src/run/submit.ts"
import type { Ask, Change, History, Move, Step, Told } from "./History.ts"
import {
  allLimits,
  key,
  known,
  policyWith,
  pool,
  retryRules,
  size,
  someLimits,
  sound,
  tags,
  unknown,
  value
} from "./policies.ts"

const weighted = <A>(...parts: ReadonlyArray<readonly [number, fc.Arbitrary<A>]>): fc.Arbitrary<A> =>
  fc.oneof(...parts.map(([weight, arbitrary]) => ({ weight, arbitrary })))

const pick = fc.nat(99)

const unique = fc.record({
  key: fc.constantFrom("k", "l"),
  collision: fc.constantFrom("queue", "refuse", "replace", "cancel")
})

const poolUse = fc.record(
  {
    root: fc.dictionary(pool, fc.integer({ min: 1, max: 2 }), { maxKeys: 2 }),
    all: fc.array(pool, { maxLength: 2 }),
    unconstrainedRoot: fc.boolean(),
    slots: fc.dictionary(pool, fc.integer({ min: 1, max: 3 }), { maxKeys: 1 })
  },
  { requiredKeys: [] }
)

const spec = fc
  .record(
    {
      location: fc.constantFrom("here", "there"),
      unique,
      pools: poolUse,
      maxQueuedMs: fc.integer({ min: 1, max: 20_000 }),
      tags,
      priority: fc.integer({ min: -2, max: 2 }),
      priorityTag: fc.constantFrom("1", "-1", "9007199254740993", "none"),
      maxRuntimeMs: fc.integer({ min: 1, max: 20_000 }),
      retry: retryRules
    },
    { requiredKeys: [] }
  )
  .map(({ priorityTag: tag, location, ...rest }) => {
    const more = {
      ...(tag !== undefined && { [priorityTag]: tag }),
      ...(location !== undefined && { [locationTag]: location })
    }
    return { ...rest, ...(Object.keys(more).length > 0 && { tags: { ...rest.tags, ...more } }) }
  })

const outcome = weighted<Outcome>(
  [2, fc.record({ _tag: fc.constant("Succeeded"), result: fc.constantFrom(null, 7, { rows: [1] }) })],
  [2, fc.constantFrom({ _tag: "Exited", code: 1 }, { _tag: "Exited", code: null, signal: "SIGTERM" })],
  [
    3,
    fc.record({
      _tag: fc.constantFrom("Threw", "WorkerLost", "Terminated", "LaunchRefused"),
      message: fc.constant("so it is")
    })
  ],
  [2, fc.constant({ _tag: "LaunchUnreachable", message: "so it is" })],
  [6, fc.constant({ _tag: "WorkerLost", message: "so it is" })],
  [4, fc.constant({ _tag: "WorkerLost", message: "so it is", withCoordinator: true })]
)

const told = weighted<Told>(
  [6, fc.constant({ _tag: "ReportStarted", worker: "pid 7" })],
  [2, fc.constant({ _tag: "ReportProgress", fraction: 0.5 })],
  [2, fc.record({ _tag: fc.constant("ReportHealth"), healthy: fc.boolean(), transient: fc.boolean() })],
  [3, fc.record({ _tag: fc.constant("ReportEnded"), outcome })]
)

const of = weighted<"current" | "past" | "future">(
  [6, fc.constant("current")],
  [1, fc.constant("past")],
  [1, fc.constant("future")]
)

const move = weighted<Move>(
  [2, fc.record({ _tag: fc.constant("SetPriority"), priority: fc.integer({ min: -2, max: 2 }) })],
  [1, fc.constant({ _tag: "MoveToTop" })],
  [1, fc.constant({ _tag: "HoldRun" })],
  [2, fc.constant({ _tag: "ReleaseRun" })]
)

const step = fc.constantFrom("s", "t")

const scope: fc.Arbitrary<Scope> = fc.oneof(
  fc.constant({ _tag: "Queue" }),
  fc.record({ _tag: fc.constant("Tag"), key, value }, { requiredKeys: ["_tag", "key"] }),
  fc.record({ _tag: fc.constant("Pool"), pool }),
  fc.record({ _tag: fc.constant("Location"), location: fc.constantFrom("here", "there") })
)

const schedule: fc.Arbitrary<Schedule> = fc
  .record(
    {
      // The clock of every history begins at a quarter past midnight, in 1970.
      cron: fc.constantFrom("* * * * *", "*/2 * * * *", "17-19 * * * *", "0 0 30 2 *", "every minute"),
      timezone: fc.constantFrom("UTC", "Africa/Monrovia", "Asia/Kathmandu", "Moon/Crater"),
      overlap: fc.constantFrom("allow", "skip", "queue", "replace", "cancel"),
      catchUp: fc.constantFrom("skip", "last", "all"),
      from: fc.constantFrom(0, 1_100_000, 1_200_000),
      until: fc.constantFrom(1_000_000, 1_200_000, 2_000_000),
      tags,
      unique
    },
    { requiredKeys: ["cron"] }
  )
  .map(({ tags: labels, unique: key, ...rest }) => ({
    ...rest,
    run: { job: "work", ...(labels && { tags: labels }), ...(key && { unique: key }) }
  }))

const change = weighted<Change>(
  [1, fc.constant("RemoveSchedule")],
  [2, fc.constant("PauseSchedule")],
  [2, fc.constant("ResumeSchedule")],
  [2, fc.constant("TriggerSchedule")]
)

const scheduleName = fc.constantFrom("n", "m")

const asking = (policy: fc.Arbitrary<Policy>): fc.Arbitrary<Ask> =>
  weighted<Ask>(
    [
      8,
      fc.record({
        ask: fc.constant("submit"),
        spec,
        startsIn: fc.constantFrom(0, 0, 0, 1, 100, 8_000),
        key: fc.constantFrom(undefined, undefined, undefined, undefined, "i", "j")
      })
    ],
    [16, fc.record({ ask: fc.constant("report"), pick, told, of })],
    [3, fc.record({ ask: fc.constant("cancel"), pick })],
    [4, fc.record({ ask: fc.constant("move"), pick, move })],
    [8, fc.record({ ask: fc.constant("claim"), pick, step, pool, slots: fc.constantFrom(1, 1, 1, 2, 4) })],
    [2, fc.record({ ask: fc.constant("release"), pick, step })],
    [1, fc.record({ ask: fc.constant("setPool"), pool, limit: fc.option(size, { nil: null }) })],
    [
      1,
      fc.record({
        ask: fc.constant("pause"),
        scope,
        forMs: fc.option(fc.constantFrom(0, 100, 8_000), { nil: null })
      })
    ],
    [2, fc.record({ ask: fc.constant("resume"), scope })],
    [1, fc.record({ ask: fc.constant("repeat"), pick })],
    [2, fc.record({ ask: fc.constant("setSchedule"), name: scheduleName, schedule })],
    [3, fc.record({ ask: fc.constant("schedule"), name: scheduleName, change })],
    [1, fc.record({ ask: fc.constant("setPolicy"), policy })],
    [1, fc.constant({ ask: "setAuditKey" })],
    [1, fc.constant({ ask: "drain" })]
  )

const stepping = (policy: fc.Arbitrary<Policy>): fc.Arbitrary<Step> =>
  weighted<Step>(
    [12, fc.record({ step: fc.constant("turn"), asks: fc.array(asking(policy), { maxLength: 5 }) })],
    [
      5,
      fc.record({
        step: fc.constant("wait"),
        ms: fc.constantFrom(1, 100, 100, 5_000, 30_000, 90_000, 400_000, -1, -100, -9_000, -90_000)
      })
    ],
    [
      2,
      fc.record({
        step: fc.constant("restart"),
        stops: fc.boolean(),
        admits: fc.constantFrom(true, true, true, false)
      })
    ]
  )

/** A policy to begin with, and what happens then; some later policies make no sense, or name an order that nobody has. */
const beginning = (timeouts: fc.Arbitrary<Timeouts>): fc.Arbitrary<History> => {
  const later = policyWith(timeouts, fc.oneof({ weight: 3, arbitrary: known }, unknown))
  return fc
    .tuple(sound(policyWith(timeouts, known)), fc.array(stepping(later), { maxLength: 50, size: "max" }))
    .map(([first, rest]) => [{ step: "turn", asks: [{ ask: "setPolicy", policy: first }] }, ...rest])
}

/** Anything that can be asked. */
export const anyAsk: fc.Arbitrary<Ask> = asking(
  policyWith(someLimits, fc.oneof({ weight: 3, arbitrary: known }, unknown))
)

/** Anything that can happen. */
export const history = beginning(someLimits)

/** A history in which every run has every time limit. */
export const limitedHistory = beginning(allLimits)

/**
 * Random histories.
 */
import fc from "fast-check"
import type { Policy, TagLimit } from "../../src/queue/Policy.ts"
import type { Outcome } from "../../src/run/Outcome.ts"
import { priorityTag } from "../../src/run/priority.ts"
import type { Timeouts } from "../../src/run/RunEvent.ts"
import type { Ask, History, Step, Told } from "./History.ts"

// Few keys and values, so that runs meet; some that would be confused where names of limits are put together badly.
const key = fc.constantFrom("a", "b", "a=x")
const value = fc.constantFrom("x", "y", "", "x=y", "x\ntag:b")
export const tags = fc.record({ a: value, b: value, "a=x": value }, { requiredKeys: [] })
const size = fc.nat(3)

const tagLimit: fc.Arbitrary<TagLimit> = fc.oneof(
  fc.record({ key, limit: size }),
  fc.record({ key, value, limit: size }),
  fc.record({ key, each: fc.constant(true), limit: size })
)

const limitMs = fc.integer({ min: 1, max: 20_000 })
const someLimits = fc.record({
  startMs: fc.option(limitMs),
  runtimeMs: fc.option(limitMs),
  cancelMs: fc.option(limitMs)
})
const allLimits = fc.record({ startMs: limitMs, runtimeMs: limitMs, cancelMs: limitMs })

const policyWith = (timeouts: fc.Arbitrary<Timeouts>): fc.Arbitrary<Policy> =>
  fc.record(
    {
      mode: fc.constantFrom("queued", "queued", "queued", "immediate"),
      maxConcurrentRuns: fc.option(fc.nat(4)),
      tagLimits: fc.array(tagLimit, { maxLength: 4 }),
      order: fc.constantFrom("newest", "byValue", "unheard of", "toString"),
      timeouts
    },
    { requiredKeys: ["mode", "maxConcurrentRuns", "tagLimits", "timeouts"] }
  )

const weighted = <A>(...parts: ReadonlyArray<readonly [number, fc.Arbitrary<A>]>): fc.Arbitrary<A> =>
  fc.oneof(...parts.map(([weight, arbitrary]) => ({ weight, arbitrary })))

const pick = fc.nat(99)

const spec = fc
  .record(
    {
      tags,
      priority: fc.integer({ min: -2, max: 2 }),
      priorityTag: fc.constantFrom("1", "-1", "9007199254740993", "none"),
      maxRuntimeMs: fc.integer({ min: 1, max: 20_000 })
    },
    { requiredKeys: [] }
  )
  .map(({ priorityTag: tag, ...rest }) => ({
    ...rest,
    ...(tag !== undefined && { tags: { ...rest.tags, [priorityTag]: tag } })
  }))

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
  [2, fc.constant({ _tag: "LaunchUnreachable", message: "so it is" })]
)

const told = weighted<Told>(
  [3, fc.constant({ _tag: "ReportStarted", worker: "pid 7" })],
  [2, fc.constant({ _tag: "ReportProgress", fraction: 0.5 })],
  [3, fc.record({ _tag: fc.constant("ReportEnded"), outcome })]
)

const of = weighted<"current" | "past" | "future">(
  [6, fc.constant("current")],
  [1, fc.constant("past")],
  [1, fc.constant("future")]
)

const asking = (policy: fc.Arbitrary<Policy>): fc.Arbitrary<Ask> =>
  weighted<Ask>(
    [8, fc.record({ ask: fc.constant("submit"), spec, startsIn: fc.constantFrom(0, 0, 0, 1, 100, 8_000) })],
    [12, fc.record({ ask: fc.constant("report"), pick, told, of })],
    [3, fc.record({ ask: fc.constant("cancel"), pick })],
    [1, fc.record({ ask: fc.constant("repeat"), pick })],
    [1, fc.record({ ask: fc.constant("setPolicy"), policy })],
    [1, fc.constant({ ask: "drain" })]
  )

const stepping = (policy: fc.Arbitrary<Policy>): fc.Arbitrary<Step> =>
  weighted<Step>(
    [12, fc.record({ step: fc.constant("turn"), asks: fc.array(asking(policy), { maxLength: 5 }) })],
    [
      5,
      fc.record({
        step: fc.constant("wait"),
        ms: fc.constantFrom(1, 100, 100, 5_000, 30_000, -1, -100, -9_000)
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

export const policy = policyWith(someLimits)

const beginning = (policy: fc.Arbitrary<Policy>): fc.Arbitrary<History> =>
  fc
    .tuple(policy, fc.array(stepping(policy), { maxLength: 50, size: "max" }))
    .map(([first, rest]) => [{ step: "turn", asks: [{ ask: "setPolicy", policy: first }] }, ...rest])

/** A policy to begin with, and what happens then. */
export const history = beginning(policy)

/** A history in which every run has every time limit. */
export const limitedHistory = beginning(policyWith(allLimits))

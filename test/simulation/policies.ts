/**
 * Random rules.
 */
import fc from "fast-check"
import type { FairShare, Policy, Pools, RateLimit, TagLimit } from "../../src/queue/Policy.ts"
import { validatePolicy } from "../../src/queue/validatePolicy.ts"
import type { RetryCause, RetryRule } from "../../src/run/RetryRule.ts"
import type { Retries, Timeouts } from "../../src/run/RunEvent.ts"

// Few keys and values, so that runs meet; some that would be confused where names of limits are put together badly.
export const key = fc.constantFrom("a", "b", "a=x")
export const value = fc.constantFrom("x", "y", "", "x=y", "x\ntag:b")
export const tags = fc.record({ a: value, b: value, "a=x": value }, { requiredKeys: [] })
export const size = fc.nat(3)

const where = fc.record({ b: value, "signalbox/job": fc.constantFrom("work", "play") }, { requiredKeys: [] })

const limitWith = <A>(form: { readonly [K in keyof A]: fc.Arbitrary<A[K]> }) =>
  fc
    .record({ key: fc.oneof(key, fc.constant("signalbox/job")), limit: size, ...form })
    .chain((limit) =>
      fc.option(where, { nil: undefined, freq: 2 }).map((only) => (only ? { ...limit, where: only } : limit))
    )

const tagLimit: fc.Arbitrary<TagLimit> = fc.oneof(
  limitWith({}),
  limitWith({ value }),
  limitWith({ each: fc.constant(true) }),
  limitWith({ distinct: fc.constant(true) })
)

const rate = {
  limit: fc.integer({ min: 1, max: 3 }),
  periodMs: fc.constantFrom(1, 100, 5_000, 10_000),
  burst: fc.integer({ min: 1, max: 3 }),
  where
}

const rateLimit: fc.Arbitrary<RateLimit> = fc.oneof(
  fc
    .record({ ...rate, key, value }, { requiredKeys: ["limit", "periodMs"] })
    .map(({ value: text, ...of }) =>
      of.key !== undefined && text !== undefined ? { ...of, value: text } : of
    ),
  fc.record(
    { ...rate, key: fc.oneof(key, fc.constant("signalbox/job")), each: fc.constant(true) },
    { requiredKeys: ["limit", "periodMs", "key", "each"] }
  )
)

const fairShare: fc.Arbitrary<FairShare> = fc.record(
  { key, weights: fc.dictionary(value, fc.integer({ min: 1, max: 3 }), { maxKeys: 3 }) },
  { requiredKeys: ["key"] }
)

/** One way to go about those that are blocked: a queue is not strict and fair at once. */
const lineRules = fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, fc.constant({ strict: true }), {
  weight: 4,
  arbitrary: fc.record(
    {
      inOrderBy: fc.uniqueArray(key, { minLength: 1, maxLength: 2 }),
      fairShare,
      reserveAfterMs: fc.constantFrom(0, 100, 5_000)
    },
    { requiredKeys: [] }
  )
})

export const pool = fc.constantFrom("p", "q", "r")

const pools: fc.Arbitrary<Pools> = fc.record({
  granularity: fc.constantFrom("op", "op", "run"),
  limits: fc.dictionary(pool, size, { maxKeys: 3 }),
  defaultLimit: fc.option(size),
  blocking: fc.constantFrom(true, true, true, false),
  buffer: fc.constantFrom(0, 0, 1),
  settleMs: fc.constantFrom(0, 100, 5_000)
})

const retryCause = fc.constantFrom(
  "Exited",
  "Threw",
  "WorkerLost",
  "LaunchUnreachable",
  "StartTimeout",
  "RuntimeExceeded"
)

const retryRule: fc.Arbitrary<RetryRule> = fc.record(
  {
    causes: fc.uniqueArray(retryCause, { minLength: 1, maxLength: 3 }) as fc.Arbitrary<
      [RetryCause, ...Array<RetryCause>]
    >,
    max: fc.integer({ min: 1, max: 3 }),
    delayMs: fc.constantFrom(0, 1, 100, 6_000),
    factor: fc.constantFrom(1, 1.5, 10),
    maxDelayMs: fc.constantFrom(50, 8_000),
    jitter: fc.constantFrom(0, 0.5, 1),
    as: fc.constantFrom("attempt", "attempt", "run"),
    place: fc.constantFrom("end", "same")
  },
  { requiredKeys: ["max"] }
)
export const retryRules = fc.array(retryRule, { maxLength: 3 })

const retries: fc.Arbitrary<Retries> = fc.record(
  {
    crashes: fc.integer({ min: 1, max: 3 }),
    launches: fc.nat(2),
    launchDelayMs: fc.constantFrom(0, 100, 6_000),
    resumes: fc.constantFrom(0, 2, 3),
    rules: retryRules,
    runs: fc.nat(2),
    ofWork: fc.boolean()
  },
  { requiredKeys: ["launches", "launchDelayMs", "resumes", "runs", "ofWork"] }
)

const limitMs = fc.integer({ min: 1, max: 20_000 })
export const someLimits = fc.record({
  startMs: fc.option(limitMs),
  runtimeMs: fc.option(limitMs),
  cancelMs: fc.option(limitMs),
  queueMs: fc.option(limitMs, { freq: 1 })
})
export const allLimits = fc.record({ startMs: limitMs, runtimeMs: limitMs, cancelMs: limitMs })

export const known = fc.constantFrom("newest", "byValue")
export const unknown = fc.constantFrom("unheard of", "toString")

export const policyWith = (
  timeouts: fc.Arbitrary<Timeouts>,
  order: fc.Arbitrary<string>
): fc.Arbitrary<Policy> =>
  fc.tuple(limitRules(timeouts, order), lineRules).map(([limits, line]) => ({ ...limits, ...line }))

const limitRules = (timeouts: fc.Arbitrary<Timeouts>, order: fc.Arbitrary<string>): fc.Arbitrary<Policy> =>
  fc.record(
    {
      mode: fc.constantFrom("queued", "queued", "queued", "immediate"),
      maxConcurrentRuns: fc.option(fc.nat(4)),
      tagLimits: fc.array(tagLimit, { maxLength: 4 }),
      rateLimits: fc.array(rateLimit, { minLength: 1, maxLength: 2 }),
      agingMs: fc.constantFrom(1, 100, 5_000),
      order,
      pools,
      retries,
      maxQueuedRuns: fc.integer({ min: 1, max: 12 }),
      idempotencyWindowMs: fc.constantFrom(1, 100, 60_000),
      timeouts
    },
    { requiredKeys: ["mode", "maxConcurrentRuns", "tagLimits", "timeouts"] }
  )

/** Of these, the rules that make sense as a whole. */
export const sound = (policy: fc.Arbitrary<Policy>): fc.Arbitrary<Policy> =>
  policy.filter((one) => validatePolicy(one).length === 0)

/** Any rules that a coordinator with our orders takes. */
export const policy = sound(policyWith(someLimits, known))

import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { delayOf, isFor, type RetryRule } from "../../src/run/RetryRule.ts"
import type { RunFact } from "../../src/run/RunEvent.ts"
import type { RunSpec } from "../../src/run/RunSpec.ts"
import { doneAgainAt, retriesOf } from "../../src/run/retry.ts"
import { settings } from "../../src/settings.ts"
import {
  admitted,
  asked,
  fact,
  type Life,
  queued,
  retries,
  spec,
  started,
  stopping,
  timeouts
} from "./facts.ts"
import { given, runOf } from "./given.ts"

const exited = { _tag: "Exited", code: 1 } as const
const threw = { _tag: "Threw", message: "no" } as const
const killed = { _tag: "Exited", code: null, signal: "SIGTERM" } as const
const tooLong = { _tag: "RuntimeExceeded", limitMs: 600_000 } as const
const crashed = { _tag: "WorkerLost", message: "gone", withCoordinator: true } as const

const bornWith = (...rules: ReadonlyArray<RetryRule>): Life => [
  fact("RunSubmitted", { spec, timeouts, retries: { ...retries, resumes: 0, rules } }),
  queued
]
const atWork = (attempt: number): Life => [admitted(attempt), started(attempt)]
const ended = (outcome: typeof exited | typeof threw | typeof crashed, attempt: number) =>
  ({ _tag: "ReportEnded", run: "r", attempt, outcome }) as const
const again = (
  attempt: number,
  retry: object,
  more: object = { cause: exited, notBefore: 100_000 }
): RunFact =>
  fact("RunRequeued", { attempt, retry: { rule: 0, max: 2, place: "end", ...retry }, ...more } as never)
const failed = (attempt: number, cause: typeof exited | typeof threw | typeof crashed) =>
  fact("RunFailed", { attempt, cause })

const rule: fc.Arbitrary<RetryRule> = fc.record(
  {
    max: fc.integer({ min: 1, max: 50 }),
    delayMs: fc.nat(100_000),
    factor: fc.double({ min: 1, max: 1000, noNaN: true }),
    maxDelayMs: fc.nat(1_000_000),
    jitter: fc.double({ min: 0, max: 1, noNaN: true })
  },
  { requiredKeys: ["max"] }
)

describe("a retry rule", () => {
  it("has an attempt that has ended so followed by another, as often as it says, behind those that wait", () => {
    const life = [...bornWith({ max: 2 }), ...atWork(1)]
    given(...life)
      .when(ended(exited, 1))
      .follows(again(1, { number: 1 }))
    const second = [...life, again(1, { number: 1 }), ...atWork(2)]
    given(...second)
      .when(ended(exited, 2))
      .follows(again(2, { number: 2 }))
    given(...second, again(2, { number: 2 }), ...atWork(3))
      .when(ended(exited, 3))
      .follows(failed(3, exited))
  })

  it("counts the first that fits alone, each for itself", () => {
    const rules: ReadonlyArray<RetryRule> = [
      { causes: ["Threw"], max: 1 },
      { causes: ["Exited"], exitCodes: [1, 75], max: 1 },
      { max: 9 }
    ]
    const life = [...bornWith(...rules), ...atWork(1)]
    given(...life)
      .when(ended(threw, 1))
      .follows(again(1, { rule: 0, number: 1, max: 1 }, { cause: threw, notBefore: 100_000 }))
    const second = [...life, again(1, { number: 1, max: 1 }, { cause: threw, notBefore: 0 }), ...atWork(2)]
    given(...second)
      .when(ended(exited, 2))
      .follows(again(2, { rule: 1, number: 1, max: 1 }))
    given(...second)
      .when(ended(threw, 2))
      .follows(failed(2, threw))
  })

  it("is for the ends that it names, and otherwise for those that another try may mend", () => {
    expect(isFor({ max: 1 }, exited)).toBe(true)
    expect(isFor({ max: 1 }, tooLong)).toBe(true)
    expect(isFor({ max: 1 }, { _tag: "LaunchRefused" })).toBe(false)
    expect(isFor({ causes: ["LaunchRefused"], max: 1 }, { _tag: "LaunchRefused" })).toBe(true)
    expect(isFor({ exitCodes: [2], max: 1 }, exited)).toBe(false)
    expect(isFor({ exitCodes: [1], max: 1 }, exited)).toBe(true)
    expect(isFor({ exitCodes: [1], max: 1 }, killed)).toBe(false)
  })

  it("gives a run that time has stopped another attempt once its worker is gone, and not without a word of it", () => {
    const life = [...bornWith({ max: 2 }), ...atWork(1), stopping(tooLong)]
    const more = { cause: tooLong, notBefore: 100_000, worker: killed }
    given(...life)
      .when({ _tag: "ReportEnded", run: "r", attempt: 1, outcome: killed })
      .follows(again(1, { number: 1 }, more))
    expect(runOf([...life, again(1, { number: 1 }, more)])).not.toHaveProperty("stopping")
    const silent = runOf([...life, fact("RunFailed", { attempt: 1, cause: tooLong })])
    expect(
      silent && doneAgainAt({ ...silent, retries: { ...retries, rules: [{ max: 2, as: "run" }] } }, 1)
    ).toBe(undefined)
  })

  it("gives none to a run that someone has asked to end", () => {
    given(...bornWith({ max: 2 }), ...atWork(1), stopping(tooLong), stopping(asked))
      .when({ _tag: "ReportEnded", run: "r", attempt: 1, outcome: killed })
      .follows(fact("RunCanceled", { attempt: 1, cause: asked, worker: killed }))
  })

  it("keeps the run's old place where it says so, and puts it behind the others where it does not", () => {
    const life = [...bornWith({ max: 2 }), fact("RunMovedToTop", {}), ...atWork(1)]
    const born = { order: 1, since: 1000, top: 3 }
    expect(runOf([...life, again(1, { number: 1, place: "same" })])).toMatchObject(born)
    expect(runOf([...life, again(1, { number: 1 })])).toMatchObject({ order: 6, since: 6000, top: 0 })
  })

  it("lets each attempt that it makes begin anew: resumed and launched again as often as the first", () => {
    const life: Life = [
      ...bornWith({ max: 2 }),
      ...atWork(1),
      fact("RunResumed", { attempt: 2, cause: { _tag: "WorkerLost", message: "gone" } }),
      started(2),
      again(2, { number: 1 })
    ]
    expect(runOf(life)).toMatchObject({ resumes: 0, unreached: 0, retried: { 0: 1 } })
  })

  it("of the run goes before those of the policy, and none at all is one, too", () => {
    const policy = { ...retries, rules: [{ max: 7 }] }
    const own = (more: Partial<RunSpec>) => retriesOf({ ...spec, ...more }, policy).rules
    expect(own({})).toEqual([{ max: 7 }])
    expect(own({ retry: [{ max: 1 }] })).toEqual([{ max: 1 }])
    expect(own({ retry: [] })).toEqual([])
  })
})

describe("the wait before a retry", () => {
  it("grows by its factor from try to try up to its most, less a share for jitter, and is the same each time", () => {
    fc.assert(
      fc.property(rule, fc.string(), (one, seed) => {
        const { delayMs = 0, factor = 2, maxDelayMs = settings.retryDelayMaxMs, jitter = 0 } = one
        let before = 0
        for (let number = 1; number <= one.max; number++) {
          const wait = delayOf(one, number, seed)
          const whole = delayMs === 0 ? 0 : Math.min(maxDelayMs, delayMs * factor ** (number - 1))
          expect(Number.isSafeInteger(wait)).toBe(true)
          expect(wait).toBeLessThanOrEqual(Math.ceil(whole))
          expect(wait).toBeGreaterThanOrEqual(Math.floor(whole * (1 - jitter)))
          // Of one seed, the same share is left out each time.
          expect(wait).toBeGreaterThanOrEqual(before)
          expect(delayOf(one, number, seed)).toBe(wait)
          before = wait
        }
      })
    )
  })

  it("spreads those that failed together over the whole of its jitter", () => {
    const waits = Array.from({ length: 1_000 }, (_, nth) =>
      delayOf({ max: 1, delayMs: 1_000, jitter: 1 }, 1, `run-${nth} 1 0`)
    )
    for (let tenth = 0; tenth < 10; tenth++) {
      const within = waits.filter((wait) => wait >= tenth * 100 && wait < (tenth + 1) * 100).length
      expect(within).toBeGreaterThan(60)
      expect(within).toBeLessThan(140)
    }
  })
})

describe("a run whose worker is lost with the coordinator", () => {
  const life = [...bornWith({ max: 9 }), ...atWork(1)]
  const lostAt = (attempt: number) =>
    again(attempt, { number: attempt, max: 9 }, { cause: crashed, notBefore: 0 })

  it("is tried again by its rules", () => {
    given(...life)
      .when(ended(crashed, 1))
      .follows(again(1, { number: 1, max: 9 }, { cause: crashed, notBefore: 100_000 }))
  })

  it("is held at the third time, until someone releases or cancels it; then it is given one more", () => {
    const reason = "3 coordinators ended abruptly with its work in their process"
    const parked = [
      fact("RunRequeued", { attempt: 3, cause: crashed, notBefore: 100_000 }),
      fact("RunHeld", { reason })
    ]
    const third = [...life, lostAt(1), ...atWork(2), lostAt(2), ...atWork(3)]
    given(...third)
      .when(ended(crashed, 3))
      .follows(...parked)
    given(...third, ...parked, fact("RunReleased", {}), ...atWork(4))
      .when(ended(crashed, 4))
      .follows(
        fact("RunRequeued", { attempt: 4, cause: crashed, notBefore: 100_000 }),
        fact("RunHeld", { reason: "4 coordinators ended abruptly with its work in their process" })
      )
  })

  it("fails as any other, where nothing would have tried it again", () => {
    given(...bornWith(), ...atWork(1))
      .when(ended(crashed, 1))
      .follows(failed(1, crashed))
  })
})

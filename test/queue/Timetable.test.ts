import * as Result from "effect/Result"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Timetable } from "../../src/queue/Timetable.ts"
import { changesOf, expressionOf, type Fields, naiveTimes } from "./naiveTimes.ts"

const table = (cron: string, timezone?: string, more: { from?: number; until?: number } = {}): Timetable =>
  Result.getOrThrow(Timetable.of({ cron, ...(timezone && { timezone }), ...more }))

const at = (text: string): number => Date.parse(text)
const show = (moment: number | null): string | null =>
  moment === null ? null : new Date(moment).toISOString().slice(0, 16)

/** The next times after a moment. */
const next = (times: Timetable, after: string, count: number): ReadonlyArray<string | null> => {
  const found: Array<string | null> = []
  for (let moment: number | null = at(after); moment !== null && found.length < count; ) {
    moment = times.after(moment)
    found.push(show(moment))
  }
  return found
}

const issueOf = (cron: string, timezone?: string): string =>
  Result.match(Timetable.of({ cron, ...(timezone !== undefined && { timezone }) }), {
    onFailure: (issue) => issue,
    onSuccess: () => "none"
  })

describe("where clocks are set forward, a schedule", () => {
  it("that names its hours comes once, at that moment, for all the times that are skipped", () => {
    expect(next(table("15,45 2 * * *", "Europe/Berlin"), "2026-03-28T12:00Z", 3)).toEqual([
      "2026-03-29T01:00",
      "2026-03-30T00:15",
      "2026-03-30T00:45"
    ])
  })

  it("that comes in every hour leaves out the hour that there is not", () => {
    expect(next(table("30 * * * *", "Europe/Berlin"), "2026-03-28T23:45Z", 3)).toEqual([
      "2026-03-29T00:30",
      "2026-03-29T01:30",
      "2026-03-29T02:30"
    ])
  })
})

describe("where clocks are set back, a schedule", () => {
  it("that names its hours comes the first time only", () => {
    expect(next(table("30 2 * * *", "Europe/Berlin"), "2026-10-24T12:00Z", 2)).toEqual([
      "2026-10-25T00:30",
      "2026-10-26T01:30"
    ])
  })

  it("that comes in every hour comes in the repeated one, too", () => {
    expect(next(table("0 * * * *", "Europe/Berlin"), "2026-10-24T23:30Z", 4)).toEqual([
      "2026-10-25T00:00",
      "2026-10-25T01:00",
      "2026-10-25T02:00",
      "2026-10-25T03:00"
    ])
  })
})

describe("a schedule", () => {
  it("comes on days of the month and on weekdays where both are named, as in cron", () => {
    expect(next(table("0 0 13 * 5"), "2026-11-01T00:00Z", 3)).toEqual([
      "2026-11-06T00:00",
      "2026-11-13T00:00",
      "2026-11-20T00:00"
    ])
  })

  it("comes on the 29th of February in the years that have one", () => {
    expect(next(table("0 0 29 2 *"), "2026-01-01T00:00Z", 2)).toEqual([
      "2028-02-29T00:00",
      "2032-02-29T00:00"
    ])
  })

  it("may be called by the names that cron knows", () => {
    const first = ["@hourly", "@daily", "@weekly", "@monthly", "@yearly"].map((name) =>
      show(table(name).after(at("2026-11-25T10:30Z")))
    )
    expect(first).toEqual([
      "2026-11-25T11:00",
      "2026-11-26T00:00",
      "2026-11-29T00:00",
      "2026-12-01T00:00",
      "2027-01-01T00:00"
    ])
  })

  it("has its first time at `from` at the earliest, and its last one before `until`", () => {
    const bounded = table("0 * * * *", "UTC", {
      from: at("2026-11-25T12:00Z"),
      until: at("2026-11-25T14:00Z")
    })
    expect(next(bounded, "2026-01-01T00:00Z", 9)).toEqual(["2026-11-25T12:00", "2026-11-25T13:00", null])
  })

  it("has no time where there is no such day, and none after the end of all calendars", () => {
    expect(table("0 0 30 2 *", "Europe/Berlin").after(0)).toBe(null)
    for (const end of [8.64e15 - 1, 8.64e15, Number.MAX_SAFE_INTEGER])
      expect(table("* * * * *", "Europe/Berlin").after(end)).toBe(null)
  })

  it("is told what is wrong with it", () => {
    expect(issueOf("0 0 * *")).toMatch(/^cron: expected five fields, .* found "0 0 \* \*"$/)
    expect(issueOf("0 0 0 * * *")).toMatch(/^cron: expected five fields/)
    expect(issueOf("61 * * * *")).toBe('cron: Expected a value between 0 and 59; found "61 * * * *"')
    expect(issueOf("* * * * *", "Moon/Crater")).toBe(
      'timezone: expected a name such as Europe/Berlin or UTC; found "Moon/Crater"'
    )
  })
})

describe("the times of a schedule", () => {
  const zones = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "Africa/Casablanca",
    "Asia/Kathmandu"
  ]
  const dayMs = 86_400_000
  const changes = new Map(
    zones.map((zone) => {
      const found = changesOf(zone, 2026)
      return [zone, found.length > 0 ? found : [at("2026-07-01T00:00Z")]]
    })
  )
  const some = (min: number, max: number) =>
    fc.uniqueArray(fc.integer({ min, max }), { minLength: 1, maxLength: 4 })
  const fields: fc.Arbitrary<Fields> = fc.record(
    { minute: some(0, 59), hour: some(0, 4), day: some(1, 31), month: some(1, 12), weekday: some(0, 6) },
    { requiredKeys: ["minute"] }
  )
  /** A zone, and a moment near one at which its clocks are set. */
  const place = fc.constantFrom(...zones).chain((zone) =>
    fc.record({
      zone: fc.constant(zone),
      from: fc
        .tuple(fc.constantFrom(...(changes.get(zone) ?? [])), fc.integer({ min: -1_800, max: 120 }))
        .map(([change, minutes]) => change + minutes * 60_000)
    })
  )

  it("are those that someone finds who looks at the clocks every minute", () => {
    fc.assert(
      fc.property(fields, place, (which, { zone, from }) => {
        const before = from + 2 * dayMs
        const times = table(expressionOf(which), zone).within(from - 1, before - 1)
        expect(times.map(show)).toEqual(naiveTimes(which, zone, from, before).map(show))
      }),
      { numRuns: 30 }
    )
  })

  it("are the same ones, wherever one begins to look", () => {
    fc.assert(
      fc.property(fields, place, fc.integer({ min: 0, max: 2 * dayMs }), (which, { zone, from }, into) => {
        const times = table(expressionOf(which), zone)
        const all = times.within(from, from + 2 * dayMs)
        expect(times.within(from + into, from + 2 * dayMs)).toEqual(all.filter((one) => one > from + into))
      }),
      { numRuns: 200 }
    )
  })

  it("that came last are found without going through all of them", () => {
    fc.assert(
      fc.property(fields, place, fc.integer({ min: 1, max: 9 }), (which, { zone, from }, most) => {
        const times = table(expressionOf(which), zone)
        const [first, ...rest] = times.within(from, from + 9 * dayMs)
        if (first === undefined) return
        const last = times.lastUpTo(first, from + 9 * dayMs, most)
        expect(last).toEqual([first, ...rest].slice(-most))
      }),
      { numRuns: 200 }
    )
  })
})

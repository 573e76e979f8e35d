import { describe, expect, it } from "vitest"
import { parseLength, parseMoment } from "../../src/config/time.ts"

const now = Date.parse("2026-11-25T12:00:00Z")
const show = (text: string): string | undefined => {
  const at = parseMoment(text, now)
  return at === undefined ? undefined : new Date(at).toISOString()
}

describe("a length of time", () => {
  it.each([
    ["90s", 90_000],
    ["1.5h", 5_400_000],
    ["2 hours", 7_200_000],
    ["PT1H30M", 5_400_000],
    ["P1W2DT0.5S", 777_600_500],
    ["0.0001ms", 1]
  ])("%s is so many milliseconds", (text, ms) => {
    expect(parseLength(text)).toBe(ms)
  })

  it.each(["", "0s", "-5m", "P", "PT", "P1M", "P1Y", "P1DT", "1 fortnight", "99999999999d", "Infinity"])(
    "%j is none",
    (text) => {
      expect(parseLength(text)).toBe(undefined)
    }
  )
})

describe("a moment", () => {
  it.each([
    ["2026-12-01T02:00:00Z", "2026-12-01T02:00:00.000Z"],
    ["2026-12-01T02:00+0530", "2026-11-30T20:30:00.000Z"],
    ["2026-12-01T02:00[Europe/Berlin]", "2026-12-01T01:00:00.000Z"],
    ["2026-07-01T02:00:30[America/St_Johns]", "2026-07-01T04:30:30.000Z"],
    // Twice on the clocks there: the first time.
    ["2026-10-25T02:30[Europe/Berlin]", "2026-10-25T00:30:00.000Z"],
    ["10m", "2026-11-25T12:10:00.000Z"],
    ["P1D", "2026-11-26T12:00:00.000Z"],
    ["1970-01-01T00:00Z", "1970-01-01T00:00:00.000Z"],
    ["2020-02-29T00:00Z", "2020-02-29T00:00:00.000Z"]
  ])("%s is %s, if it is noon", (text, moment) => {
    expect(show(text)).toBe(moment)
  })

  it.each([
    "2026-12-01",
    "2026-12-01T02:00",
    "2026-02-30T00:00:00Z",
    "2026-02-30T00:00[Europe/Berlin]",
    "2026-12-01T25:00Z",
    "1969-12-31T23:59:59Z",
    // Skipped by the clocks there.
    "2026-03-29T02:30[Europe/Berlin]",
    "2026-12-01T02:00[Moon/Crater]",
    "2026-12-01T02:00Z[Europe/Berlin]",
    "99999999d",
    "tomorrow"
  ])("%s is none", (text) => {
    expect(show(text)).toBe(undefined)
  })
})

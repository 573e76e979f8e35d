import { expect, it } from "vitest"
import { boundedReport } from "../../src/coordinator/boundedReport.ts"
import type { Outcome } from "../../src/run/Outcome.ts"
import { settings } from "../../src/settings.ts"

const { reportTextMax, resultLengthMax } = settings
const ofAttempt = { run: "r", attempt: 1 }
const ended = (outcome: Outcome) => ({ _tag: "ReportEnded", ...ofAttempt, outcome }) as const

it("what is small enough is recorded as it is", () => {
  const text = "x".repeat(reportTextMax)
  for (const report of [
    ended({ _tag: "Succeeded" }),
    ended({ _tag: "Succeeded", result: "x".repeat(resultLengthMax - 2) }),
    ended({ _tag: "Threw", message: text, stack: text }),
    { _tag: "ReportProgress", ...ofAttempt, fraction: 0.5, message: text } as const,
    { _tag: "ReportHealth", ...ofAttempt, healthy: true } as const
  ])
    expect(boundedReport(report)).toEqual(report)
})

it("a longer text is cut, and says so, and is still text", () => {
  const long = `${"x".repeat(reportTextMax - 1)}🧵yz`
  const short = `${"x".repeat(reportTextMax - 1)}\ufffd… and 3 characters more`
  expect(boundedReport(ended({ _tag: "Threw", message: long, stack: long }))).toEqual(
    ended({ _tag: "Threw", message: short, stack: short })
  )
  for (const report of [
    { _tag: "ReportProgress", ...ofAttempt, message: long },
    { _tag: "ReportHealth", ...ofAttempt, healthy: false, message: long }
  ] as const)
    expect(boundedReport(report)).toMatchObject({ message: short })
  expect(boundedReport({ _tag: "ReportStarted", ...ofAttempt, worker: long })).toMatchObject({
    worker: short
  })
})

it("a result that is larger than is recorded is a failure that says so", () => {
  const result = "x".repeat(resultLengthMax - 1)
  const message = expect.stringContaining(
    `takes ${resultLengthMax + 1} characters as JSON; at most ${resultLengthMax}`
  )
  expect(boundedReport(ended({ _tag: "Succeeded", result }))).toEqual(
    ended({ _tag: "Threw", message } as never)
  )
})

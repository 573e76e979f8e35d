/**
 * A report no larger than the log should bear. Jobs, workers and launchers are others' code, and what they tell is kept
 * for ever.
 */
import type { Outcome } from "../run/Outcome.ts"
import type { RunCommand } from "../run/RunCommand.ts"
import { settings } from "../settings.ts"

const cut = (text: string): string => {
  const more = text.length - settings.reportTextMax
  return more <= 0
    ? text
    : `${text.slice(0, settings.reportTextMax).toWellFormed()}… and ${more} characters more`
}

const isLong = (value: unknown): boolean => typeof value === "string" && value.length > settings.reportTextMax

/** The same with each text of its fields cut. */
const withShortTexts = <A extends object>(of: A): A =>
  Object.values(of).some(isLong)
    ? (Object.fromEntries(
        Object.entries(of).map(([key, value]) => [key, typeof value === "string" ? cut(value) : value])
      ) as A)
    : of

const boundedOutcome = (outcome: Outcome): Outcome => {
  if (outcome._tag !== "Succeeded") return withShortTexts(outcome)
  if (outcome.result === undefined) return outcome
  const { length } = JSON.stringify(outcome.result)
  if (length <= settings.resultLengthMax) return outcome
  const message =
    `the job's result takes ${length} characters as JSON; at most ${settings.resultLengthMax} are recorded: ` +
    "keep it elsewhere, and answer where"
  return { _tag: "Threw", message }
}

/** The report as it is recorded: texts are cut, and a result that is too large is a failure that says so. */
export const boundedReport = (report: RunCommand): RunCommand => {
  if (report._tag === "ReportEnded") {
    const outcome = boundedOutcome(report.outcome)
    return outcome === report.outcome ? report : { ...report, outcome }
  }
  return report._tag === "ReportProgress" || report._tag === "ReportStarted" || report._tag === "ReportHealth"
    ? withShortTexts(report)
    : report
}

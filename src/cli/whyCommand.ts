/**
 * `why`: where a run stands, what is in its way, what would start it, and when it will start.
 */
import * as Clock from "effect/Clock"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { type Admission, type Why, why as whyOf } from "../history/why.ts"
import { describeAdmission, describeEstimate, describeRemedy } from "./describeChange.ts"
import { describeReason } from "./describeReason.ts"
import { paint, paintState, showMoment, wrap } from "./format.ts"
import { findRun, readAdmission, readQueue } from "./readQueue.ts"
import { print, root } from "./root.ts"
import { runArgument } from "./selected.ts"

const section = (title: string, lines: ReadonlyArray<string>): ReadonlyArray<string> =>
  lines.length === 0 ? [] : ["", paint("bold", title), ...lines.flatMap((line) => wrap(line, "  - ", "    "))]

/** The page of a run, at most 80 columns wide where words allow. */
export const whyPage = (said: Why, admission: Admission | undefined, now: number): string => {
  const { run, state, since, place, front = [], waiting, reasons, wouldStart, estimate } = said
  if (since === undefined || place === undefined)
    return [
      `${run} does not wait: it is ${paintState(state)}.`,
      ...section("Why it was admitted", admission ? describeAdmission(admission) : [])
    ].join("\n")
  const more = place - 1 - front.length
  const ahead = `${front.join(", ")}${more > 0 ? ` and ${more} more` : ""}`
  return [
    ...wrap(
      `${run} is ${paintState(state)}, ${place} of ${waiting} in line, since ${showMoment(since)}.`,
      "",
      ""
    ),
    ...(reasons.length === 0 ? ["Nothing is in its way: the next turn starts it."] : []),
    ...section(
      "What is in its way",
      reasons.map((reason) => describeReason(reason, now))
    ),
    ...section("Ahead of it", front.length === 0 ? [] : [ahead]),
    ...section("What would start it now", wouldStart.map(describeRemedy)),
    ...section("When it will start", estimate ? [describeEstimate(estimate, now)] : [])
  ].join("\n")
}

export const why = Command.make(
  "why",
  { run: runArgument },
  Effect.fn(function* ({ run: id }) {
    const { log, json } = yield* root
    const queue = yield* readQueue(log)
    const run = yield* findRun(queue, id)
    const now = yield* Clock.currentTimeMillis
    const said = whyOf(queue, run.id, now) ?? (yield* Effect.die(new Error(`no run ${run.id}`)))
    const admission = yield* readAdmission(log, run)
    yield* print(json, { ...said, ...(admission && { admission }) }, () => whyPage(said, admission, now))
  })
).pipe(
  Command.withDescription(
    "Say why a run has not started: what is in its way, what would start it, when it will; or why it was let in"
  )
)

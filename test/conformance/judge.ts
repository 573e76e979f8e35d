/**
 * Holds what the production queue decides against what was recorded.
 */
import { isDeepStrictEqual } from "node:util"
import { walk } from "./Driver.ts"
import { NaiveDaemon } from "./NaiveDaemon.ts"
import type { Answer, Outcome, Recording } from "./Scenario.ts"

/**
 * - `Agrees`: at every step and at the end
 * - `Diverges`: on purpose. Up to this step the plain model with Dagster's budget leak decides as was recorded, and
 *   without it as we do: so the leak has decided, and nothing else
 * - `Differs`: for no reason that is known
 */
export type Verdict =
  | { readonly _tag: "Agrees" }
  | {
      readonly _tag: "Diverges" | "Differs"
      readonly at: number
      readonly expected: Outcome | Answer["final"] | undefined
      readonly got: Outcome | Answer["final"] | { readonly error: string } | undefined
    }

/** Whether the plain model answers the steps up to this one so. */
const answersSo = ({ config, steps }: Recording, answers: ReadonlyArray<unknown>, leak: boolean): boolean => {
  const daemon = new NaiveDaemon(config, { leak })
  return answers.every((answer, at) => {
    const step = steps[at]
    return step !== undefined && isDeepStrictEqual(daemon.take(step), answer)
  })
}

/** What came of each step, up to the first that was not as recorded; an error where a step could not be taken. */
const play = (recording: Recording) => {
  const answers: Array<Outcome> = []
  const outcomes = walk(recording)
  try {
    for (let next = outcomes.next(); ; next = outcomes.next()) {
      if (next.done) return { answers, final: next.value }
      answers.push(next.value)
      const at = answers.length - 1
      if (!isDeepStrictEqual(next.value, recording.expected[at])) return { answers, at }
    }
  } catch (error) {
    return { answers, error: error instanceof Error ? error.message : String(error) }
  }
}

/** Whether the queue decides as was recorded. */
export const judge = (recording: Recording): Verdict => {
  const { expected, final } = recording
  const played = play(recording)
  const { answers } = played
  if ("error" in played) {
    const at = answers.length
    return { _tag: "Differs", at, expected: expected[at], got: { error: played.error ?? "" } }
  }
  if ("final" in played) {
    if (isDeepStrictEqual(played.final, final)) return { _tag: "Agrees" }
    return { _tag: "Differs", at: answers.length, expected: final, got: played.final }
  }
  const { at = 0 } = played
  const isLeak = answersSo(recording, expected.slice(0, at + 1), true) && answersSo(recording, answers, false)
  return { _tag: isLeak ? "Diverges" : "Differs", at, expected: expected[at], got: answers[at] }
}

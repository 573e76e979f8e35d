import { isDeepStrictEqual } from "node:util"
import type { Answer, Outcome, Scenario, Step } from "./Scenario.ts"

/** Where two answers part: after which steps, under which policy. */
export interface Mismatch {
  readonly config: Scenario["config"]
  readonly steps: ReadonlyArray<Step>
  readonly expected: Outcome | Answer["final"] | undefined
  readonly got: Outcome | Answer["final"] | undefined
}

/** The first step to which a queue answers otherwise than expected; the end counts as one. */
export const firstMismatch = (
  { config, steps }: Scenario,
  { expected, final }: Answer,
  got: Answer
): Mismatch | undefined => {
  const at = steps.findIndex((_, at) => !isDeepStrictEqual(expected[at], got.expected[at]))
  if (at >= 0) return { config, steps: steps.slice(0, at + 1), expected: expected[at], got: got.expected[at] }
  return isDeepStrictEqual(final, got.final) ? undefined : { config, steps, expected: final, got: got.final }
}

/** A mismatch in a few lines, the steps one to a line. */
export const formatMismatch = ({ config, steps, expected, got }: Mismatch): string =>
  [
    `config ${JSON.stringify(config)}`,
    ...steps.map((step, at) => `${String(at).padStart(4)} ${JSON.stringify(step)}`),
    `expected ${JSON.stringify(expected)}`,
    `got      ${JSON.stringify(got)}`
  ].join("\n")

/**
 * A launcher that keeps one object for each attempt, by the name that the outside world knows the attempt by.
 */
import * as Effect from "effect/Effect"
import type { Outcome } from "../run/Outcome.ts"
import type { Assignment, Launcher, Tell } from "./Launcher.ts"

/** What is done about one attempt. */
interface Attempt {
  readonly launch: (tell: Tell) => Effect.Effect<Outcome>
  readonly stop: () => Effect.Effect<Outcome>
  readonly forget: () => Effect.Effect<unknown>
}

/** Launches through what `make` makes of an attempt when it is first heard of. */
export const launcherOfAttempts = (
  nameOf: (assignment: Assignment) => string,
  make: (assignment: Assignment) => Attempt
): Launcher["Service"] => {
  const known = new Map<string, Attempt>()
  const attemptOf = (assignment: Assignment): Attempt => {
    const name = nameOf(assignment)
    const attempt = known.get(name) ?? make(assignment)
    known.set(name, attempt)
    return attempt
  }
  return {
    launch: (assignment, tell) => Effect.suspend(() => attemptOf(assignment).launch(tell)),
    stop: (assignment) => Effect.suspend(() => attemptOf(assignment).stop()),
    forget: (assignment) => {
      const attempt = known.get(nameOf(assignment))
      known.delete(nameOf(assignment))
      if (attempt) Effect.runFork(attempt.forget())
    }
  }
}

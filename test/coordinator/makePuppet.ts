import * as Effect from "effect/Effect"
import type { Launcher, Report, Tell } from "../../src/launcher/Launcher.ts"
import type { Outcome } from "../../src/run/Outcome.ts"
import { neverStops } from "./hire.ts"

/** A launcher whose one worker says and does what a test tells it to. */
export const makePuppet = () => {
  let tell: Tell = () => undefined
  let end: (outcome: Outcome) => void = () => undefined
  const launcher: Launcher["Service"] = {
    ...neverStops,
    launch: (_, teller) => {
      tell = teller
      return Effect.callback<Outcome>((resume) => {
        end = (outcome) => resume(Effect.succeed(outcome))
      })
    }
  }
  return { launcher, tell: (report: Report) => tell(report), end: (outcome: Outcome) => end(outcome) }
}

/**
 * Which launcher takes a run: the one that was settled for it when it was submitted; else a run with a command is a
 * process, and any other is a function of this program.
 */
import * as Effect from "effect/Effect"
import type { Outcome } from "../run/Outcome.ts"
import type { RunSpec } from "../run/RunSpec.ts"
import type { Assignment, Launcher } from "./Launcher.ts"

/** Launchers by name. */
export type Launchers = Readonly<Record<string, Launcher["Service"]>>

/** The launcher of a run that names none. */
const usual = ({ command }: RunSpec): string => (command === undefined ? "inline" : "process")

/** One launcher that hands each run to the one that fits. */
export const route = (launchers: Launchers): Launcher["Service"] => {
  const fitting = ({ spec, launcher: name = usual(spec) }: Assignment): Launcher["Service"] | undefined => {
    return Object.hasOwn(launchers, name) ? launchers[name] : undefined
  }
  const none = ({ spec, launcher: name = usual(spec), recovered }: Assignment): Outcome => {
    const names = Object.keys(launchers).join(", ") || "none"
    const message = `there is no launcher ${name} here; there are: ${names}`
    return { _tag: recovered ? "WorkerLost" : "LaunchRefused", message }
  }
  return {
    launch: (assignment, tell) =>
      fitting(assignment)?.launch(assignment, tell) ?? Effect.succeed(none(assignment)),
    stop: (assignment) => fitting(assignment)?.stop(assignment) ?? Effect.succeed(none(assignment)),
    forget: (assignment) => fitting(assignment)?.forget(assignment)
  }
}

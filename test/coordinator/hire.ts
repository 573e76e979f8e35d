import * as Effect from "effect/Effect"
import { Workers } from "../../src/coordinator/Workers.ts"
import type { Launcher } from "../../src/launcher/Launcher.ts"
import type { RunState } from "../../src/run/lifecycle.ts"
import type { RunCommand } from "../../src/run/RunCommand.ts"
import { lifeTo } from "../run/facts.ts"
import { runOf } from "../run/given.ts"

export const slots = [{ limit: "runs", size: 1 }]
export const fresh = new Map([["r", true]])
export const nobody = new Map<string, never>()

/** A run in that state, as a turn has touched it. */
export const touched = (state: RunState, job = "manual", attempt = 1) => {
  const run = runOf(lifeTo[state])
  if (!run) throw new Error("a life begins with its birth")
  return [{ run: { ...run, attempt, spec: { id: "r", job } }, slots }]
}

/** Workers of a launcher, and what they report. */
export const hire = (launcher: Launcher["Service"]) =>
  Effect.gen(function* () {
    const reports: Array<RunCommand> = []
    const workers = yield* Workers.make(launcher, (report) => reports.push(report))
    return { workers, reports, taken: () => workers.permits.taken.get("runs") ?? 0 }
  })

export const neverStops = { stop: () => Effect.never, forget: () => undefined }

import * as Effect from "effect/Effect"
import { type Job, makeInlineLauncher } from "../../src/launcher/InlineLauncher.ts"
import type { RunSpec } from "../../src/run/RunSpec.ts"
import { temporaryFolder } from "../log/temporaryFolder.ts"
import { assignmentOf, Ear } from "./assignment.ts"

/** A launcher that knows `bake` alone, and an attempt at it. */
export const bakery = Effect.fnUntraced(function* (bake: Job, more: Partial<RunSpec> = {}) {
  const folder = yield* temporaryFolder
  const ear = yield* Ear.make
  const assignment = assignmentOf({ id: "r", job: "bake", ...more } as RunSpec)
  const launcher = makeInlineLauncher({ bake }, folder)
  const launch = launcher.launch(assignment, ear.tell)
  return { folder, ear, assignment, launcher, launch }
})

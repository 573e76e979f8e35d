/**
 * Rules that hold of containers, each with a real engine; told loudly where none can be had.
 */
import { afterAll, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Launcher } from "../../../src/launcher/Launcher.ts"
import { assignmentOf, Ear } from "../assignment.ts"
import { heardStart } from "../Workshop.ts"
import { ContainerEngine } from "./ContainerEngine.ts"
import { Quay } from "./Quay.ts"

const started = await ContainerEngine.start()
if (typeof started === "string") console.error(`CONTAINERS ARE NOT TESTED: ${started}`)

/** The engine of these tests, if there is one. */
export const engine = typeof started === "string" ? undefined : started
afterAll(() => engine?.stop())

/** A rule, for a box of its own. */
export const holds = (title: string, body: (quay: Quay) => Effect.Effect<void, unknown, Scope.Scope>) =>
  it.live.skipIf(!engine)(title, () => (engine ? Effect.flatMap(Quay.make(engine), body) : Effect.void))

/** Launches it, and waits until the work of a run has made its note. */
export const begin = Effect.fnUntraced(function* (
  quay: Quay,
  launcher: Launcher["Service"],
  assignment = assignmentOf(quay.spec("r", "wait"))
) {
  const ear = yield* Ear.make
  const launch = yield* Effect.forkChild(launcher.launch(assignment, ear.tell))
  yield* heardStart(ear)
  while (quay.starts("r") === 0) yield* Effect.sleep(1)
  return { launch, assignment }
})

import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Launcher } from "../../src/launcher/Launcher.ts"
import type { Outcome } from "../../src/run/Outcome.ts"
import type { RunSpec } from "../../src/run/RunSpec.ts"
import { assignmentOf, Ear } from "./assignment.ts"

/** What a piece of work does: ends well, ends badly, or goes on until it is told to end well. */
export type Work = "succeed" | "fail" | "wait"

/** What the world outside may do to a launcher. */
export interface Troubles {
  /** From now on it takes attempts in and starts none, until `admit`. */
  readonly hold: Effect.Effect<void>
  readonly admit: Effect.Effect<void>
  /** The worker of a run dies, with no time for a word. */
  readonly kill: (run: string) => Effect.Effect<void>
  /** An attempt is forgotten, as if it had never been; its worker is gone, too. */
  readonly forget: (run: string) => Effect.Effect<void>
  /** Nobody can look for workers from now on, or everybody again. */
  readonly blind: (yes: boolean) => Effect.Effect<void>
  /** The worker of an attempt tells that it has failed, whether or not it has ended before. */
  readonly lie: (run: string, attempt: number) => Effect.Effect<void>
}

export type Trouble = keyof Troubles

/** A launcher, and how to have it do things that can be seen. */
export interface Workshop {
  readonly launcher: Launcher["Service"]
  /** A run of such work; it makes a note of each start. */
  readonly spec: (run: string, work: Work) => RunSpec
  /** Tells the work of a run that it may end. */
  readonly finish: (run: string) => Effect.Effect<void>
  /** How often work of a run was started. */
  readonly starts: (run: string) => number
  /** How work fails here. */
  readonly failure: Outcome["_tag"]
  readonly troubles?: Partial<Troubles>
}

/** Waits for the report of a start; before it, none but that of being taken in is told. */
export const heardStart = (ear: Ear): Effect.Effect<void> =>
  Effect.flatMap(ear.next, ({ _tag }) => {
    if (_tag === "Accepted") return heardStart(ear)
    expect(_tag).toBe("Started")
    return Effect.void
  })

/** Launches work, and waits until it has started. */
export const begin = Effect.fnUntraced(function* ({ launcher, spec, starts }: Workshop, work: Work) {
  const assignment = assignmentOf(spec("r", work))
  const ear = yield* Ear.make
  const launch = yield* Effect.forkChild(launcher.launch(assignment, ear.tell))
  yield* heardStart(ear)
  while (starts("r") === 0) yield* Effect.sleep(1)
  return { assignment, launch }
})

/** Launches the same attempt, and waits for its end. */
export const launchAgain = ({ launcher, spec }: Workshop, work: Work) =>
  Effect.flatMap(Ear.make, ({ tell }) => launcher.launch(assignmentOf(spec("r", work)), tell))

/**
 * Scenarios as data, played by a caller that does not give up over a log that fails, and held against the promises.
 */
import * as Effect from "effect/Effect"
import { expect } from "vitest"
import { Invariants } from "../../src/history/Invariants.ts"
import { makeInlineLauncher } from "../../src/launcher/InlineLauncher.ts"
import type { Launcher } from "../../src/launcher/Launcher.ts"
import { makeMemoryEventLog } from "../../src/log/MemoryEventLog.ts"
import type { Command } from "../../src/queue/QueueCommand.ts"
import { contents } from "../../src/queue/RunQueue.ts"
import { isFinished } from "../../src/run/lifecycle.ts"
import { fold } from "../simulation/World.ts"
import { Caller } from "./Caller.ts"
import { FailingLog, type Fate } from "./FailingLog.ts"
import { ManualJobs } from "./ManualJobs.ts"
import { OutsideWorld } from "./OutsideWorld.ts"
import { cancel, eventsOf, quiet, setPolicy, startCoordinator, submit, timeless } from "./startCoordinator.ts"

/** What does the work: told when a run is to end, and keeping count of every attempt that was begun. */
export interface Workplace {
  readonly launcher: Launcher["Service"]
  readonly begun: ReadonlyArray<string>
  readonly end: (run: string) => void
}

/** Work in the coordinator's own program. */
export const inside = (): Workplace => {
  const jobs = new ManualJobs()
  return { launcher: makeInlineLauncher(jobs.jobs, ""), begun: jobs.begun, end: (run) => jobs.end(run) }
}

/** Work that outlives coordinators. */
export const outside = (): Workplace => {
  const world = new OutsideWorld()
  return { launcher: world.launcher, begun: world.starts, end: (run) => world.end(run) }
}

export type Step =
  | { readonly ask: Command }
  | { readonly end: string }
  | { readonly waitFor: string }
  | { readonly stop: true }

const ask = (command: Command): Step => ({ ask: command })
const tagLimits = [{ key: "team", value: "red", limit: 1 }]
const limited = (maxConcurrentRuns: number) => timeless({ maxConcurrentRuns, tagLimits })
const red = { tags: { team: "red" } }

export const scenario: ReadonlyArray<Step> = [
  ask(setPolicy(limited(2))),
  ask(submit("a", "quick")),
  ask(submit("b", "manual")),
  ask(submit("c", "manual", red)),
  ask(submit("d", "quick", red)),
  ask(submit("e", "manual", { priority: 5 })),
  { waitFor: "a" },
  ask(cancel("b")),
  { waitFor: "b" },
  ask(submit("f", "quick")),
  { end: "c" },
  { waitFor: "d" },
  ask(setPolicy(limited(1))),
  ask(submit("g", "manual")),
  ask(submit("h", "manual")),
  ask(cancel("h")),
  { end: "e" },
  { waitFor: "f" },
  ask(cancel("g")),
  { waitFor: "g" },
  ask(setPolicy(limited(3))),
  // As many at once as may: if a permit were lost, one of them could not begin.
  ask(submit("x", "manual")),
  ask(submit("y", "manual")),
  ask(submit("z", "manual")),
  { end: "z" },
  { end: "y" },
  { end: "x" }
]

/** What has happened, and to whom. */
interface Played {
  readonly failing: FailingLog
  readonly caller: Caller
  readonly workplace: Workplace
}

/** Answers what becomes of the n-th append. */
export type FateOf = (nth: number, played: Played) => Fate | undefined

const take = (step: Step, { caller, workplace }: Played): Effect.Effect<void> => {
  if ("ask" in step) return caller.ask(step.ask)
  if ("waitFor" in step) return caller.ended(step.waitFor)
  if ("stop" in step) return caller.stop
  return Effect.sync(() => workplace.end(step.end))
}

/** Plays a scenario until all of its runs have ended, and answers what has happened. */
export const play = Effect.fnUntraced(function* (
  steps: ReadonlyArray<Step>,
  workplace: Workplace,
  fateOf: FateOf = () => undefined,
  log = makeMemoryEventLog()
) {
  const failing: FailingLog = new FailingLog(log, (nth) => fateOf(nth, played))
  const { launcher } = workplace
  const caller = yield* Caller.make(startCoordinator({ log: failing.log, launcher, policy: timeless() }))
  const played: Played = { failing, caller, workplace }
  for (const step of steps) yield* take(step, played)
  for (const run of caller.accepted) yield* caller.ended(run)
  yield* quiet
  yield* audit(played)
  return played
})

/** Holds what has happened against the promises. */
const audit = Effect.fnUntraced(function* ({ failing: { log }, caller, workplace: { begun } }: Played) {
  const live = yield* caller.query(contents)
  const events = yield* Effect.orDie(eventsOf(log))
  const invariants = new Invariants()
  expect(events.flatMap((event) => invariants.take(event))).toEqual([])
  const submitted = events.flatMap(({ type, run }) => (type === "RunSubmitted" ? [run] : []))
  expect(submitted.toSorted()).toEqual([...caller.accepted].toSorted())
  expect(new Set(begun).size).toBe(begun.length)
  expect(live).toEqual(contents(fold(events.slice(0, live.position))))
  expect(live.runs.filter(({ state }) => !isFinished(state))).toEqual([])
  expect(live.holders).toEqual({})
})

/** Plays the scenario over and over, each time with that fate for another append; says who goes on after it. */
export const atEveryAppend = (
  from: number,
  makeWorkplace: () => Workplace,
  fate: FateOf,
  next: "itself" | "another"
) =>
  Effect.gen(function* () {
    const undisturbed = yield* Effect.scoped(play(scenario, makeWorkplace()))
    expect(undisturbed.caller.starts).toBe(1)
    // The last one says that it stops.
    for (let nth = from; nth < undisturbed.failing.appends.length; nth++) {
      const fateOf: FateOf = (at, played) => (at === nth ? fate(at, played) : undefined)
      const { failing, caller } = yield* Effect.scoped(play(scenario, makeWorkplace(), fateOf))
      expect(failing.appends.length).toBeGreaterThanOrEqual(nth)
      expect(caller.starts > 1 ? "another" : "itself").toBe(next)
    }
  })

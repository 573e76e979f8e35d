/**
 * Given what has befallen a run, when a command comes, then these facts follow, or it is refused.
 */
import * as Result from "effect/Result"
import { expect } from "vitest"
import { type Circumstances, decide } from "../../src/run/decide.ts"
import { evolve } from "../../src/run/evolve.ts"
import type { Rejection } from "../../src/run/Rejection.ts"
import type { Run } from "../../src/run/Run.ts"
import type { RunCommand } from "../../src/run/RunCommand.ts"
import type { RunEvent, RunFact } from "../../src/run/RunEvent.ts"
import { type Life, retries, timeouts } from "./facts.ts"

/** The fact as the event at that position; the first is at second 1, and each takes a second. */
export const eventOf = (fact: RunFact, position: number): RunEvent => ({
  position,
  turn: position,
  at: position * 1000,
  version: 1,
  run: "r",
  actor: "ann",
  cause: null,
  epoch: 1,
  ...fact
})

/** The run that such a life makes; undefined before its birth. */
export const runOf = (life: Life): Run | undefined =>
  life.reduce<Run | undefined>((run, fact, index) => evolve(run, eventOf(fact, index + 1)), undefined)

export const given = (...life: Life) => ({
  when: (command: RunCommand, circumstances: Partial<Circumstances> = {}) => {
    const usual = { now: 100_000, queued: true, timeouts, retries }
    const decision = decide(runOf(life), command, { ...usual, ...circumstances })
    return {
      follows: (...facts: Life): void => {
        expect(decision).toEqual(Result.succeed(facts))
        runOf([...life, ...facts])
      },
      isRefused: (rejection: Rejection): void => expect(decision).toEqual(Result.fail(rejection))
    }
  }
})

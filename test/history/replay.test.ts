import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import fc from "fast-check"
import { replay } from "../../src/history/replay.ts"
import { contents } from "../../src/queue/RunQueue.ts"
import { orders, play } from "../simulation/History.ts"
import { history } from "../simulation/histories.ts"

it("a log that is read again makes the state that its coordinator had, however it comes in pieces", () => {
  fc.assert(
    fc.property(history, fc.integer({ min: 1, max: 7 }), (past, pageSize) => {
      const { log, queue } = play(past)
      const pages = Stream.fromIterable(log).pipe(Stream.rechunk(pageSize))
      expect(contents(Effect.runSync(replay(pages, orders)))).toEqual(contents(queue))
    })
  )
})

it.effect("a log with a gap is a defect, not something to pass over", () =>
  Effect.gen(function* () {
    const { log } = play([])
    const exit = yield* Effect.exit(
      replay(Stream.fromIterable(log.map((event) => ({ ...event, position: 2 }))))
    )
    expect(Exit.isFailure(exit) && Exit.hasDies(exit)).toBe(true)
  })
)

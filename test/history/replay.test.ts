import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
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

it.effect("a log with a gap is damaged, and says where", () =>
  Effect.gen(function* () {
    const { log } = play([])
    const [first] = log
    const error = yield* Effect.flip(replay(Stream.fromIterable(first ? [{ ...first, position: 2 }] : [])))
    expect(error.message).toBe("the log is damaged at position 1: 2 follows position 0: the log has a gap")
  })
)

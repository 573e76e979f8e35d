/**
 * Following a store that is written to at the worst moments: between any two looks at it.
 */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { follow, type Pages, WriteSignal } from "../../src/log/follow.ts"
import type { Event } from "../../src/queue/Event.ts"
import { notes, within } from "./contract/Contract.ts"

const upTo = 30

/** A store that gets one more event right after each look at its end, or at its events. */
const busyStore = (written: keyof Pages) => {
  const events: Array<Event> = []
  const signal = new WriteSignal()
  const write = Effect.sync(() => {
    const run = events.length % 3 === 0 ? "a" : "b"
    events.push(...notes(events.length, 1, run))
    signal.notify()
  })
  const after = <A>(what: keyof Pages, look: Effect.Effect<A>) =>
    what === written ? Effect.tap(look, write) : look
  const pages: Pages = {
    end: after(
      "end",
      Effect.sync(() => events.length)
    ),
    page: (range, limit) =>
      after(
        "page",
        Effect.sync(() => within(events, range).slice(0, limit))
      )
  }
  return {
    events,
    changes: (run?: string) => follow(pages, signal, (version) => signal.after(version), { upTo, run })
  }
}

describe("what is written between two looks is neither passed over nor told twice", () => {
  for (const written of ["end", "page"] as const) {
    for (const run of [undefined, "a", "b"]) {
      it.effect(`written after a look at the ${written}, followed of ${run ?? "all runs"}`, () =>
        Effect.gen(function* () {
          const store = busyStore(written)
          const changes = yield* Stream.runCollect(store.changes(run))
          expect(changes).toEqual(within(store.events, { upTo, run }))
        })
      )
    }
  }
})

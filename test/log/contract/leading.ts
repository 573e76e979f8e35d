import { expect } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import type { Lead } from "../../../src/log/EventLog.ts"
import { type Contract, type Log, notes, readAll, reasonOf } from "./Contract.ts"

/** A lead that can be let go before the test ends. */
const leadUntil = Effect.fnUntraced(function* (log: Log, holder: string, takeOver = false) {
  const scope = yield* Effect.acquireRelease(Scope.make(), (one) => Scope.close(one, Exit.void))
  const lead = yield* Scope.provide(log.lead({ holder, takeOver }), scope)
  return { lead, letGo: Scope.close(scope, Exit.void) }
})

/** One leads at a time. */
export const leading = ({ promise }: Contract): void => {
  promise("while one leads, another is refused and told who it is", (log) =>
    Effect.gen(function* () {
      const { append } = yield* log.lead({ holder: "ann" })
      const reason = yield* reasonOf(Effect.scoped(log.lead({ holder: "bob" })))
      expect(reason).toMatchObject({ _tag: "Led", holder: "ann" })
      yield* append(notes(0, 1))
      expect(yield* log.head).toEqual({ position: 1, epoch: 1 })
    })
  )

  promise("who takes over leads under a higher epoch, and the one before may write no more", (log) =>
    Effect.gen(function* () {
      const ann = yield* log.lead({ holder: "ann" })
      yield* ann.append(notes(0, 2))
      const bob = yield* log.lead({ holder: "bob", takeOver: true })
      expect(bob).toMatchObject({ position: 2, epoch: 2 })
      for (const late of [notes(2, 1), []]) {
        expect(yield* reasonOf(ann.append(late))).toEqual({ _tag: "Fenced", epoch: 1, current: 2 })
      }
      yield* bob.append(notes(2, 2, "b"))
      expect(yield* readAll(log)).toEqual([...notes(0, 2), ...notes(2, 2, "b")])
    })
  )

  promise("who has taken over is led by nobody else when the one before lets go", (log) =>
    Effect.gen(function* () {
      const ann = yield* leadUntil(log, "ann")
      const bob = yield* leadUntil(log, "bob", true)
      yield* ann.letGo
      const reason = yield* reasonOf(Effect.scoped(log.lead({ holder: "cid" })))
      expect(reason).toMatchObject({ _tag: "Led", holder: "bob" })
      yield* bob.lead.append(notes(0, 1))
      yield* bob.letGo
      expect(yield* log.lead({ holder: "cid" })).toMatchObject({ position: 1, epoch: 3 })
    })
  )

  promise("whoever takes over from whom, the last one leads", (log) =>
    Effect.gen(function* () {
      const leads: Array<Lead> = []
      for (const holder of ["ann", "bob", "cid"]) leads.push(yield* log.lead({ holder, takeOver: true }))
      expect(leads.map(({ epoch }) => epoch)).toEqual([1, 2, 3])
      const [ann, bob, cid] = leads as [Lead, Lead, Lead]
      expect(yield* reasonOf(ann.append(notes(0, 1)))).toMatchObject({ _tag: "Fenced", current: 3 })
      expect(yield* reasonOf(bob.append(notes(0, 1)))).toMatchObject({ _tag: "Fenced", current: 3 })
      yield* cid.append(notes(0, 1))
    })
  )

  promise("the end of the scope lets go, and each new lead has a higher epoch", (log) =>
    Effect.gen(function* () {
      for (let epoch = 1; epoch <= 4; epoch++) {
        const lead = Effect.tap(log.lead({ holder: "ann" }), ({ append, position }) =>
          append(notes(position, 2))
        )
        expect(yield* Effect.scoped(lead)).toMatchObject({ epoch, position: (epoch - 1) * 2 })
      }
      expect(yield* log.head).toEqual({ position: 8, epoch: 4 })
    })
  )

  promise("who has let go may write no more", (log) =>
    Effect.gen(function* () {
      const { append } = yield* Effect.scoped(log.lead({ holder: "ann" }))
      expect(yield* reasonOf(append(notes(0, 1)))).toMatchObject({
        _tag: "Unavailable",
        issue: "its lead was let go"
      })
      expect(yield* log.head).toEqual({ position: 0, epoch: 1 })
    })
  )

  promise("what was asked before letting go is still made", (log) =>
    Effect.gen(function* () {
      const { lead, letGo } = yield* leadUntil(log, "ann")
      const fiber = yield* Effect.forkChild(lead.append(notes(0, 3)), { startImmediately: true })
      yield* letGo
      yield* Fiber.join(fiber)
      expect(yield* readAll(log)).toEqual(notes(0, 3))
    })
  )
}

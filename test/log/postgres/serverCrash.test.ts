/**
 * A Postgres server that is killed and started again while a log in it is written.
 */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import fc from "fast-check"
import { makePostgresEventLog } from "../../../src/log/postgres/PostgresEventLog.ts"
import { verifyEntries } from "../../../src/log/verifyEntries.ts"
import type { Event } from "../../../src/queue/Event.ts"
import { settings } from "../../../src/settings.ts"
import { notes, readAll, reasonOf } from "../contract/Contract.ts"
import { LogProcess } from "../process/LogProcess.ts"
import { turnAt } from "../process/turnAt.ts"
import { emptySchema, startedServer } from "./database.ts"
import { Proxy } from "./Proxy.ts"

const startedHere = startedServer()
const emptyPlace = Effect.flatMap(startedHere, ({ url }) => Effect.orDie(emptySchema(url)))

/** How it ends each time, and after how many turns at the least. */
const [ends = []] = fc.sample(
  fc.array(fc.tuple(fc.constantFrom("SIGKILL", "SIGQUIT"), fc.integer({ min: 1, max: 120 })), {
    minLength: 6,
    maxLength: 6
  }),
  1
)

describe("a server that is killed", () => {
  it.live(
    "loses no turn that was acknowledged, makes none up, and leaves none in part",
    () =>
      Effect.gen(function* () {
        const server = yield* startedHere
        const log = yield* makePostgresEventLog(server.url)
        let before: ReadonlyArray<Event> = []
        for (const [index, [signal, count]] of ends.entries()) {
          const writer = yield* LogProcess.make(server.url)
          expect(yield* writer.ask({ lead: "ann" })).toEqual({
            done: { epoch: index + 1, position: before.length }
          })
          yield* writer.tell({ appendForEver: true })
          let acknowledged = before.length
          for (let turn = 0; turn < count; turn++) acknowledged = Number(yield* writer.next)
          yield* Effect.promise(() => server.kill(signal))
          let said = yield* writer.next
          for (; typeof said === "number"; said = yield* writer.next) acknowledged = said
          expect(said).toMatchObject({ failed: { _tag: "Unavailable" } })
          expect(yield* reasonOf(log.head)).toMatchObject({ _tag: "Unavailable" })
          yield* Effect.promise(() => server.startAgain())

          const events = yield* readAll(log)
          expect(events.length).toBeGreaterThanOrEqual(acknowledged)
          expect(events.slice(0, before.length)).toEqual(before)
          let end = before.length
          for (; end < events.length; end += turnAt(end).length) {
            expect(events.slice(end, end + turnAt(end).length)).toEqual(turnAt(end))
          }
          expect(end).toBe(events.length)
          // At most the one turn on its way is there without having been acknowledged.
          expect(end).toBeLessThanOrEqual(acknowledged + turnAt(acknowledged).length)
          expect(yield* verifyEntries(log.entries())).toMatchObject({ position: end, found: undefined })
          before = events
          yield* writer.kill
        }
      }),
    120_000
  )
})

describe("an answer that is lost", () => {
  it.live("leaves the append's outcome open, which the log then tells whoever leads it next", () =>
    Effect.gen(function* () {
      const direct = yield* emptyPlace
      const proxy = yield* Proxy.make(direct)
      const log = yield* makePostgresEventLog(proxy.url)
      const other = yield* makePostgresEventLog(direct)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { append } = yield* log.lead({ holder: "ann" })
          yield* append(notes(0, 2))
          proxy.cutAtNextAnswer()
          expect(yield* reasonOf(append(notes(2, 3)))).toMatchObject({
            _tag: "Unavailable",
            issue: expect.stringMatching(/^the connection was lost/)
          })
          expect(yield* reasonOf(append(notes(2, 3)))).toMatchObject({ _tag: "Unavailable" })
        })
      )
      expect(yield* readAll(other)).toEqual(notes(0, 5))
      // The server still holds the lead for a session that is gone: others wait, and its process does not.
      expect(yield* reasonOf(other.lead({ holder: "bob" }))).toMatchObject({ _tag: "Led", holder: "ann" })
      const again = yield* log.lead({ holder: "ann" })
      expect(again).toMatchObject({ epoch: 2, position: 5 })
      yield* again.append(notes(5, 1))
      expect(yield* readAll(other)).toEqual(notes(0, 6))
    })
  )

  it.live("gives its process no claim to a lead that another has taken meanwhile", () =>
    Effect.gen(function* () {
      const direct = yield* emptyPlace
      const proxy = yield* Proxy.make(direct)
      const log = yield* makePostgresEventLog(proxy.url)
      const other = yield* makePostgresEventLog(direct)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const { append } = yield* log.lead({ holder: "ann" })
          proxy.cutAtNextAnswer()
          yield* reasonOf(append(notes(0, 3)))
        })
      )
      yield* other.lead({ holder: "bob", takeOver: true })
      expect(yield* reasonOf(log.lead({ holder: "ann" }))).toMatchObject({ _tag: "Led", holder: "bob" })
    })
  )

  /** The time of this test goes on when it is told to. */
  it.effect("is not waited for without end", () =>
    Effect.gen(function* () {
      const direct = yield* emptyPlace
      const proxy = yield* Proxy.make(direct)
      const log = yield* makePostgresEventLog(proxy.url)
      const { append } = yield* log.lead({ holder: "ann" })
      proxy.fallSilent()
      const late = yield* Effect.forkChild(reasonOf(append(notes(0, 3))), { startImmediately: true })
      yield* TestClock.adjust(settings.postgresAnswerMs)
      expect(yield* Fiber.join(late)).toMatchObject({
        _tag: "Unavailable",
        issue: `its server has not answered for ${settings.postgresAnswerMs} ms`
      })
    })
  )
})

/**
 * Two processes at one log in Postgres: one leads, and one that froze and comes back has nothing more to say.
 */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import fc from "fast-check"
import type { Candidate, EventLog } from "../../../src/log/EventLog.ts"
import { makePostgresEventLog } from "../../../src/log/postgres/PostgresEventLog.ts"
import { notes, readAll, reasonOf } from "../contract/Contract.ts"
import { LogProcess } from "../process/LogProcess.ts"
import { emptyPlaces } from "./database.ts"

const emptyPlace = emptyPlaces()

/** Leads as soon as the server has seen that the one before has gone. */
const leadNext = (log: EventLog["Service"], candidate: Candidate) =>
  Effect.retry(log.lead(candidate), { while: ({ reason }) => reason._tag === "Led" })

it.live("while another process leads, a candidate is told who; when that is killed, it leads", () =>
  Effect.gen(function* () {
    const url = yield* emptyPlace
    const other = yield* LogProcess.make(url)
    expect(yield* other.ask({ lead: "ann" })).toEqual({ done: { epoch: 1, position: 0 } })
    yield* other.ask({ append: 3 })
    const log = yield* makePostgresEventLog(url)
    const reason = yield* reasonOf(Effect.scoped(log.lead({ holder: "bob" })))
    expect(reason).toMatchObject({ _tag: "Led", holder: "ann" })
    yield* other.kill
    expect(yield* leadNext(log, { holder: "bob" })).toMatchObject({ epoch: 2, position: 3 })
  })
)

it.live("a process that lets go may be followed at once, and come back", () =>
  Effect.gen(function* () {
    const url = yield* emptyPlace
    const other = yield* LogProcess.make(url)
    const log = yield* makePostgresEventLog(url)
    for (const epoch of [1, 3]) {
      expect(yield* other.ask({ lead: "ann" })).toMatchObject({ done: { epoch } })
      yield* other.ask({ letGo: true })
      expect(yield* Effect.scoped(log.lead({ holder: "bob" }))).toMatchObject({ epoch: epoch + 1 })
    }
  })
)

/** After how many turns each writer is frozen. */
const [turns = []] = fc.sample(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 6, maxLength: 6 }), 1)

it.live(
  "a writer that is frozen in the midst of its work and resumed is refused, and nothing it did since is there",
  () =>
    Effect.gen(function* () {
      const url = yield* emptyPlace
      const log = yield* makePostgresEventLog(url)
      for (const count of turns) {
        const frozen = yield* LogProcess.make(url)
        const led = yield* frozen.ask({ lead: "ann" })
        if (!("done" in led)) throw new Error(led.message)
        const { epoch } = led.done as { readonly epoch: number }
        yield* frozen.tell({ appendForEver: true })
        for (let turn = 0; turn < count; turn++) yield* frozen.next
        yield* frozen.pause

        yield* Effect.scoped(
          Effect.gen(function* () {
            const { append, position, ...bob } = yield* log.lead({ holder: "bob", takeOver: true })
            expect(bob).toMatchObject({ epoch: epoch + 1 })
            const before = yield* readAll(log)
            yield* append(notes(position, 2, "b"))
            yield* frozen.resume

            let said = yield* frozen.next
            for (; typeof said === "number"; said = yield* frozen.next)
              expect(said).toBeLessThanOrEqual(position)
            expect(said).toMatchObject({ failed: { _tag: "Fenced", epoch, current: epoch + 1 } })
            yield* append(notes(position + 2, 2, "b"))
            expect(yield* readAll(log)).toEqual([...before, ...notes(position, 4, "b")])
          })
        )
        yield* frozen.kill
      }
    }),
  60_000
)

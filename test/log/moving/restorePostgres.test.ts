import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { makePostgresEventLog, prepare } from "../../../src/log/postgres/PostgresEventLog.ts"
import { restorePostgres } from "../../../src/log/postgres/restorePostgres.ts"
import { notes } from "../contract/Contract.ts"
import { emptyPlaces } from "../postgres/database.ts"
import { entriesOf, plain } from "./entriesOf.ts"
import { restoreContract } from "./RestoreContract.ts"

const place = emptyPlaces()

restoreContract(
  "a log in Postgres that is made of another",
  Effect.map(place, (url) => ({
    restore: (entries) => restorePostgres(url, entries),
    open: makePostgresEventLog(url)
  }))
)

const entries = entriesOf(notes(0, 3))

it.live("one that was laid out and never used is filled; one that is led is not", () =>
  Effect.gen(function* () {
    const url = yield* place
    yield* prepare(url)
    const log = yield* makePostgresEventLog(url)
    const error = yield* Effect.scoped(
      Effect.andThen(
        log.lead({ holder: "ann" }),
        Effect.flip(restorePostgres(url, Stream.fromIterable(entries)))
      )
    )
    expect(error).toMatchObject({ reason: { _tag: "Led", holder: "ann" } })
    yield* restorePostgres(url, Stream.fromIterable(entries))
    expect(plain(yield* Stream.runCollect(log.entries()))).toEqual(plain(entries))
  })
)

it.live("who follows a log hears of its events when it is filled", () =>
  Effect.gen(function* () {
    const url = yield* place
    yield* prepare(url)
    const log = yield* makePostgresEventLog(url)
    const following = yield* Effect.forkChild(Stream.runCollect(log.changes({ upTo: 3 })))
    yield* restorePostgres(url, Stream.fromIterable(entries))
    expect(yield* Fiber.join(following)).toEqual(notes(0, 3))
  })
)

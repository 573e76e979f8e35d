/**
 * Following a log in Postgres: its notices wake who follows, and none of them is needed.
 */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { makePostgresEventLog } from "../../../src/log/postgres/PostgresEventLog.ts"
import { notes } from "../contract/Contract.ts"
import { emptyPlaces, query } from "./database.ts"
import { Proxy } from "./Proxy.ts"

const emptyPlace = emptyPlaces()

/** One that writes, and another, as in another process, that follows to a position. */
const writerAndFollower = Effect.fnUntraced(function* (upTo: number) {
  const url = yield* emptyPlace
  const { append } = yield* Effect.flatMap(makePostgresEventLog(url), (log) => log.lead({ holder: "ann" }))
  const follower = yield* makePostgresEventLog(url)
  const events = yield* Effect.forkChild(Stream.runCollect(follower.changes({ upTo })))
  return { url, append, events }
})

/** The time of an `it.effect` stands still, so that nobody looks for himself. */
it.effect("who follows is woken by what another process writes", () =>
  Effect.gen(function* () {
    const { append, events } = yield* writerAndFollower(20)
    for (let position = 0; position < 20; position++) yield* append(notes(position, 1))
    expect(yield* Fiber.join(events)).toEqual(notes(0, 20))
  })
)

/** One that writes, and another that has read and is about to listen. */
const aboutToListen = Effect.fnUntraced(function* (upTo: number) {
  const url = yield* emptyPlace
  const { append } = yield* Effect.flatMap(makePostgresEventLog(url), (log) => log.lead({ holder: "ann" }))
  const proxy = yield* Proxy.make(url)
  const follower = yield* makePostgresEventLog(proxy.url)
  yield* follower.head
  const listens = proxy.holdNext()
  const events = yield* Effect.forkChild(Stream.runCollect(follower.changes({ upTo })))
  yield* Effect.promise(() => listens)
  return { append, proxy, events }
})

it.effect("what is written between reading and listening is not missed", () =>
  Effect.gen(function* () {
    const { append, proxy, events } = yield* aboutToListen(2)
    yield* append(notes(0, 2))
    proxy.letThrough()
    expect(yield* Fiber.join(events)).toEqual(notes(0, 2))
  })
)

it.live("who follows misses nothing though no notice ever arrives", () =>
  Effect.gen(function* () {
    const { append, events } = yield* aboutToListen(2)
    yield* append(notes(0, 2))
    expect(yield* Fiber.join(events)).toEqual(notes(0, 2))
  })
)

it.live("who follows misses nothing though its sessions are lost", () =>
  Effect.gen(function* () {
    const { url, append, events } = yield* writerAndFollower(20)
    const listeners =
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND usename = current_user"
    for (let position = 0; position < 20; position++) {
      yield* query(url, listeners)
      yield* append(notes(position, 1))
    }
    expect(yield* Fiber.join(events)).toEqual(notes(0, 20))
  })
)

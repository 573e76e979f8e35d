/**
 * Appends to a real Postgres server, against the same batches by one `INSERT … SELECT FROM unnest` each into a table of the same
 * layout, with nothing fenced, hashed, told or refused.
 */
import * as Effect from "effect/Effect"
import { toRow } from "../../src/log/codec.ts"
import { firstPrevious } from "../../src/log/eventHash.ts"
import { makePostgresEventLog } from "../../src/log/postgres/PostgresEventLog.ts"
import { configOf, connect } from "../../src/log/postgres/PostgresSession.ts"
import { columns } from "../../src/log/postgres/PostgresWriter.ts"
import type { Event } from "../../src/queue/Event.ts"
import { PostgresServer } from "../log/postgres/PostgresServer.ts"
import { type Figure, median } from "./Figure.ts"
import { lives } from "./lives.ts"

const runs = 4_000
const rounds = 5

const inserting = `
  INSERT INTO raw_event (position, turn, at, type, version, run, actor, cause, epoch, data, hash)
  SELECT $1::float8 + place, turn, at, type, version, run, actor, cause, epoch, data, hash FROM unnest(
    $2::float8[], $3::float8[], $4::text[], $5::float8[], $6::text[], $7::text[], $8::text[], $9::float8[], $10::text[], $11::bytea[]
  ) WITH ORDINALITY AS given (turn, at, type, version, run, actor, cause, epoch, data, hash, place)`

const timed = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<number, E, R> =>
  Effect.suspend(() => {
    const began = performance.now()
    return Effect.map(effect, () => performance.now() - began)
  })

/** The same events again, behind those of an earlier round. */
const behind = (turns: ReadonlyArray<ReadonlyArray<Event>>, position: number) =>
  turns.map((turn) => turn.map((event) => ({ ...event, position: event.position + position })))

const measure = Effect.fnUntraced(function* (url: string) {
  const { append } = yield* (yield* makePostgresEventLog(url)).lead({ holder: "bench" })
  const session = yield* connect(configOf(url))
  yield* session.query("CREATE TABLE raw_event (LIKE signalbox_event INCLUDING ALL)", [], false)
  const turns = [...lives(runs, 0)]
  const events = turns.reduce((sum, turn) => sum + turn.length, 0)
  const ours: Array<number> = []
  const raw: Array<number> = []
  for (let round = 0; round < rounds; round++) {
    const batches = behind(turns, round * events)
    ours.push(yield* timed(Effect.forEach(batches, append, { discard: true })))
    const insert = (batch: ReadonlyArray<Event>) => {
      const hashes = batch.map(() => firstPrevious)
      const after = (batch[0]?.position ?? 1) - 1
      return session.queryValues(inserting, [after, ...columns(batch.map(toRow), hashes)])
    }
    raw.push(yield* timed(Effect.forEach(batches, insert, { discard: true })))
  }
  const perSecond = (ms: number) => `${Math.round(events / ms)} k events/s`
  return {
    name: `appends to Postgres, against raw unnest batches (of ${Math.round(events / turns.length)})`,
    ours: perSecond(median(ours)),
    baseline: perSecond(median(raw)),
    ratio: median(raw.map((one, round) => one / (ours[round] ?? Number.NaN))),
    target: { atLeast: 0.7 }
  } satisfies Figure
}, Effect.scoped)

export const postgres = async (): Promise<ReadonlyArray<Figure>> => {
  const server = await PostgresServer.start()
  try {
    return [await Effect.runPromise(measure(server.url))]
  } finally {
    await server.stop()
  }
}

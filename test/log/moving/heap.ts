/**
 * A program that imports a text of 200000 events and exports the log again; it prints how many bytes were in use on the
 * way, at each of some places.
 */
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Row } from "../../../src/log/codec.ts"
import type { Entry } from "../../../src/log/EventLog.ts"
import { eventHash, firstPrevious } from "../../../src/log/eventHash.ts"
import { exportEntries } from "../../../src/log/exportEntries.ts"
import { importEntries } from "../../../src/log/importEntries.ts"
import { restoreSqlite } from "../../../src/log/sqlite/restoreSqlite.ts"
import { makeSqliteEventLog } from "../../../src/log/sqlite/SqliteEventLog.ts"

const [, , folder = ""] = process.argv
const events = 200_000
const interval = 20_000
const collect = globalThis.gc
if (!collect) throw new Error("it needs --expose-gc")

const made = function* (): Generator<Entry> {
  let hash = firstPrevious
  const message = "so far everything goes as it should, and there is little to tell of it; ".repeat(3)
  for (let position = 1; position <= events; position++) {
    const data = `{"attempt":1,"fraction":0.5,"message":"${message}"}`
    const row: Row = [position, position, position, "RunProgressed", 1, "a", "ann", null, 1, data]
    hash = eventHash(hash, row)
    yield { row, hash }
  }
}

const used: Array<number> = []
const measured = <E>(entries: Stream.Stream<Entry, E>): Stream.Stream<Entry, E> =>
  Stream.tap(entries, ({ row }) =>
    Effect.sync(() => {
      if (row[0] % interval !== 0) return
      collect()
      const { heapUsed, external } = process.memoryUsage()
      used.push(heapUsed + external)
    })
  )

const program = Effect.gen(function* () {
  const path = join(folder, "runs.db")
  const text = Stream.encodeText(exportEntries(Stream.fromIterable(made())))
  yield* restoreSqlite(path, measured(importEntries(text)))
  const log = yield* makeSqliteEventLog(path)
  return yield* Stream.runCount(exportEntries(measured(log.entries())))
})

const count = await Effect.runPromise(Effect.scoped(program))
console.log(JSON.stringify({ count, used }))

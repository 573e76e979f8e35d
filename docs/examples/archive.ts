import { createReadStream } from "node:fs"
import { writeFile } from "node:fs/promises"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { exportEntries, importEntries, open, restoreSqlite, SqliteEventLog, verifyEntries } from "signalbox"

{
  await using box = await open({ log: "runs.db", jobs: { report: () => "done" } })
  await box.ended((await box.submit({ job: "report" })).id)
}

const program = Effect.gen(function* () {
  // #region export
  const log = yield* SqliteEventLog.makeSqliteEventLog("runs.db")
  const lines = exportEntries(log.entries(), { format: "cloudevents", source: "https://example.com/runs" })
  yield* Effect.promise(() => writeFile("runs.ndjson", Stream.toAsyncIterable(lines)))
  // #endregion

  // #region import
  const pieces = Stream.fromAsyncIterable<Uint8Array, unknown>(
    createReadStream("runs.ndjson"),
    (error) => error
  )
  const { position, epoch } = yield* restoreSqlite("moved.db", importEntries(pieces, "runs.ndjson"))
  // #endregion
  console.log(`${position} events, the last of epoch ${epoch}`)

  // From one store into another there is no need of text.
  yield* restoreSqlite("copy.db", log.entries())
  const copy = yield* SqliteEventLog.makeSqliteEventLog("copy.db")
  console.log(yield* verifyEntries(copy.entries()))
})

await Effect.runPromise(Effect.scoped(program))

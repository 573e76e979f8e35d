/**
 * A log of a million events: verified, counted without its data, streamed in constant memory, and started over from a
 * snapshot.
 */
import { createHash } from "node:crypto"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Coordinator } from "../../src/coordinator/Coordinator.ts"
import { Census } from "../../src/history/Census.ts"
import { replay } from "../../src/history/replay.ts"
import { makeInlineLauncher } from "../../src/launcher/InlineLauncher.ts"
import { Launcher } from "../../src/launcher/Launcher.ts"
import type { EventLog } from "../../src/log/EventLog.ts"
import { layerSnapshots, snapshotFile } from "../../src/log/Snapshots.ts"
import { layer as logLayer, makeSqliteEventLog } from "../../src/log/sqlite/SqliteEventLog.ts"
import { verifyEntries } from "../../src/log/verifyEntries.ts"
import { essence } from "../../src/queue/Facts.ts"
import { settings } from "../../src/settings.ts"
import { collectGarbage } from "./collectGarbage.ts"
import type { Figure } from "./Figure.ts"
import { appendLives, type RawRow, withFolder } from "./place.ts"

const runs = 200_000

const timed = async <A>(run: () => A | Promise<A>): Promise<readonly [ms: number, value: A]> => {
  const began = performance.now()
  const value = await run()
  return [performance.now() - began, value]
}

const overLog = <A>(
  path: string,
  use: (log: EventLog["Service"]) => Effect.Effect<A, unknown>
): Promise<readonly [ms: number, value: A]> =>
  timed(() => Effect.runPromise(Effect.scoped(Effect.flatMap(makeSqliteEventLog(path), use))))

/** Reads all rows, and hashes the same bytes as a chain does, in one go a row and with nothing compared. */
const readAndHash = (path: string): void => {
  const db = new DatabaseSync(path, { readOnly: true })
  const page = db.prepare("SELECT * FROM event WHERE position > ? ORDER BY position LIMIT ?")
  page.setReturnArrays(true)
  for (let after = 0; ; ) {
    const rows = page.all(after, settings.readPageEvents) as unknown as ReadonlyArray<RawRow>
    for (const row of rows) {
      createHash("sha256")
        .update(row[10] as Uint8Array)
        .update(row.slice(0, 10).join(","))
        .digest()
    }
    if (rows.length === 0) break
    after = rows.at(-1)?.[0] as number
  }
  db.close()
}

const census = (log: EventLog["Service"]) => {
  const counted = new Census()
  const take = (page: ReadonlyArray<Parameters<Census["take"]>[0]>) =>
    Effect.sync(() => {
      for (const one of page) counted.take(one)
    })
  return Effect.as(Stream.runForEachArray(log.outlines(), take), counted.count.events)
}

/** By how many megabytes the heap grows at most while all events stream by. */
const heapGrowth = async (path: string): Promise<number> => {
  collectGarbage()
  const begun = process.memoryUsage().heapUsed
  let most = begun
  let seen = 0
  const look = (page: ReadonlyArray<unknown>) =>
    Effect.sync(() => {
      const before = Math.floor(seen / 100_000)
      seen += page.length
      if (Math.floor(seen / 100_000) !== before) collectGarbage()
      most = Math.max(most, process.memoryUsage().heapUsed)
    })
  await overLog(path, (log) => Stream.runForEachArray(log.read(), look))
  return (most - begun) / 2 ** 20
}

const start = (path: string, snapshot: string) =>
  timed(() =>
    Effect.runPromise(
      Effect.scoped(
        Layer.build(
          Coordinator.layer().pipe(
            Layer.provide(Layer.succeed(Launcher, makeInlineLauncher({}, path))),
            Layer.provide(layerSnapshots(snapshot)),
            Layer.provide(logLayer(path))
          )
        )
      )
    )
  )

export const logReading = (): Promise<ReadonlyArray<Figure>> =>
  withFolder(async (folder) => {
    const path = join(folder, "log.db")
    const events = appendLives(path, runs, 0)
    const k = (ms: number) => `${Math.round(events / ms)} k events/s`
    const [hashMs] = await timed(() => readAndHash(path))
    const [verifyMs] = await overLog(path, (log) => verifyEntries(log.entries()))
    const [countMs] = await overLog(path, census)
    const growth = await heapGrowth(path)
    const [foldMs, queue] = await overLog(path, (log) => replay(log.read()))
    const snapshot = join(folder, "snapshot")
    await overLog(path, (log) => snapshotFile(snapshot).save(log, essence(queue)))
    const [startMs] = await start(path, snapshot)
    return [
      {
        name: `verify ${events} events, against read and raw SHA-256 of the same bytes`,
        ours: k(verifyMs),
        baseline: k(hashMs),
        ratio: hashMs / verifyMs,
        target: { atLeast: 0.5 }
      },
      {
        name: "count by the hot columns, against the full fold",
        ours: k(countMs),
        baseline: k(foldMs),
        ratio: foldMs / countMs,
        target: { atLeast: 2 }
      },
      {
        name: `start from a snapshot of ${events} events (${runs} runs), in seconds`,
        ours: `${(startMs / 1000).toFixed(2)} s`,
        baseline: `${(foldMs / 1000).toFixed(2)} s (fold)`,
        ratio: startMs / 1000,
        target: { atMost: 2 }
      },
      {
        name: "growth of the heap while they stream by, in MB",
        ours: `${growth.toFixed(0)} MB`,
        baseline: "",
        ratio: growth,
        target: { atMost: 100 }
      }
    ]
  })

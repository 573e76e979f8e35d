/**
 * State from the log: read, decode and fold, against reading the same rows and `JSON.parse` alone. And how soon
 * a coordinator that starts over such a log has taken up what was in flight.
 */
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { Coordinator } from "../../src/coordinator/Coordinator.ts"
import { replay } from "../../src/history/replay.ts"
import { Launcher } from "../../src/launcher/Launcher.ts"
import { layer as logLayer, makeSqliteEventLog } from "../../src/log/sqlite/SqliteEventLog.ts"
import { settings } from "../../src/settings.ts"
import { type Figure, median } from "./Figure.ts"
import { appendLives, type RawRow, withFolder } from "./place.ts"

const runs = 60_000
const inFlight = 200
const rounds = 5

const readRaw = (log: string): number => {
  const db = new DatabaseSync(log, { readOnly: true })
  const page = db.prepare("SELECT * FROM event WHERE position > ? ORDER BY position LIMIT ?")
  page.setReturnArrays(true)
  let after = 0
  for (;;) {
    const rows = page.all(after, settings.readPageEvents) as unknown as ReadonlyArray<RawRow>
    for (const row of rows) JSON.parse(row[9] as string)
    if (rows.length === 0) break
    after = rows.at(-1)?.[0] as number
  }
  db.close()
  return after
}

const timed = async <A>(run: () => A | Promise<A>): Promise<number> => {
  const began = performance.now()
  await run()
  return performance.now() - began
}

const fold = (log: string) =>
  Effect.runPromise(Effect.scoped(Effect.flatMap(makeSqliteEventLog(log), (events) => replay(events.read()))))

/** The milliseconds until a coordinator over the log has asked the launcher for all that was in flight. */
const takeUp = (log: string): Promise<number> => {
  const began = performance.now()
  const taken = Deferred.makeUnsafe<number>()
  let left = inFlight
  const launcher = Layer.succeed(Launcher, {
    launch: () => {
      if (--left === 0) Deferred.doneUnsafe(taken, Exit.succeed(performance.now() - began))
      return Effect.never
    },
    stop: () => Effect.never,
    forget: () => {}
  })
  const layer = Coordinator.layer().pipe(Layer.provide(Layer.merge(launcher, logLayer(log))))
  return Effect.runPromise(Effect.provide(Deferred.await(taken), layer))
}

export const replaying = (): Promise<ReadonlyArray<Figure>> =>
  withFolder(async (folder) => {
    const log = join(folder, "log.db")
    const events = appendLives(log, runs, inFlight)
    const results: Array<{ readonly ours: number; readonly raw: number }> = []
    for (let round = 0; round < rounds; round++) {
      const raw = await timed(() => readRaw(log))
      const ours = await timed(() => fold(log))
      results.push({ ours, raw })
    }
    const perSecond = (ms: number) => `${Math.round(events / ms)} k events/s`
    const soon = await takeUp(log)
    return [
      {
        name: `replay of ${events} events: read, decode, fold, against read and JSON.parse`,
        ours: perSecond(median(results.map((one) => one.ours))),
        baseline: perSecond(median(results.map((one) => one.raw))),
        ratio: median(results.map((one) => one.raw / one.ours)),
        target: { atLeast: 0.4 }
      },
      {
        name: `${inFlight} runs in flight taken up again after a start over ${events} events, in seconds`,
        ours: `${soon.toFixed(0)} ms`,
        baseline: "",
        ratio: soon / 1000,
        target: { atMost: 1 }
      }
    ]
  })

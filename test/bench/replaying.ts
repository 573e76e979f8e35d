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
import { toRow } from "../../src/log/codec.ts"
import { firstPrevious } from "../../src/log/eventHash.ts"
import { layer as logLayer, makeSqliteEventLog } from "../../src/log/SqliteEventLog.ts"
import type { Event } from "../../src/queue/Event.ts"
import { RunQueue } from "../../src/queue/RunQueue.ts"
import { type Asked, turn } from "../../src/queue/turn.ts"
import { settings } from "../../src/settings.ts"
import { type Figure, median } from "./Figure.ts"
import { appendRaw, type RawRow, withFolder } from "./place.ts"

const lives = 60_000
const inFlight = 200
const rounds = 5

const asked = (command: Asked["command"]): Asked => ({ id: "bench", actor: "bench", command })

/** The events of so many finished lives, and of some runs in flight. */
const history = (): ReadonlyArray<ReadonlyArray<Event>> => {
  const queue = new RunQueue()
  const start = {
    _tag: "StartCoordinator",
    epoch: 1,
    software: "bench",
    host: "bench",
    pid: 1,
    admits: true
  } as const
  const policy = {
    ...queue.policy,
    maxConcurrentRuns: inFlight,
    timeouts: { startMs: null, runtimeMs: null, cancelMs: null }
  }
  const turns = [turn(queue, [asked(start), asked({ _tag: "SetPolicy", policy })], 1).events]
  const batch = 100
  for (let from = 0; from < lives; from += batch) {
    const ids = Array.from({ length: batch }, (_, at) => `run-${from + at}`)
    const tags = { team: `team-${from % 7}` }
    turns.push(
      turn(
        queue,
        ids.map((id) => asked({ _tag: "SubmitRun", spec: { id, job: "noop", tags } })),
        from
      ).events
    )
    const ends = ids.map((run) =>
      asked({ _tag: "ReportEnded", run, attempt: 1, outcome: { _tag: "Succeeded" } })
    )
    if (from < lives - inFlight) turns.push(turn(queue, ends, from).events)
  }
  return turns
}

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
    const turns = history()
    appendRaw(
      log,
      turns.map((events) => events.map((event) => [...toRow(event), firstPrevious]))
    )
    const events = turns.reduce((sum, one) => sum + one.length, 0)
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

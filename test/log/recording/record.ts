/**
 * Records what this version writes, for every later version to read: `npm run record v2` makes
 * `test/log/recorded/v2`. Once, when a version is released; never again in the same place.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import fc from "fast-check"
import type { Entry } from "../../../src/log/EventLog.ts"
import { makeSqliteEventLog } from "../../../src/log/sqlite/SqliteEventLog.ts"
import { type Event, EventData } from "../../../src/queue/Event.ts"
import { Command } from "../../../src/queue/QueueCommand.ts"
import { RunQueue } from "../../../src/queue/RunQueue.ts"
import { turn } from "../../../src/queue/turn.ts"
import { play } from "../../simulation/History.ts"
import { history } from "../../simulation/histories.ts"
import { scenario } from "./scenario.ts"
import { stateOf } from "./stateOf.ts"

const [, , version = ""] = process.argv
if (!/^v\d+$/.test(version)) throw new Error("which version? For example: v2")
const folder = join(import.meta.dirname, "../recorded", version)

/** What the scenario leads to. Nothing in it may be refused. */
const eventsOfScenario = (): ReadonlyArray<Event> => {
  const decode = Schema.decodeUnknownSync(Command)
  const queue = new RunQueue()
  let now = 1_794_000_000_000
  let commands = 0
  return scenario.flatMap(({ after, actor = "ann", asked }) => {
    now += after
    const given = asked.map((command) => ({ id: `c${++commands} ✔`, actor, command: decode(command) }))
    const { events, replies } = turn(queue, given, now)
    for (const reply of replies) if (Result.isFailure(reply)) throw new Error(JSON.stringify(reply.failure))
    return events
  })
}

/** Events in groups of those that agree in something. */
const grouped = (events: ReadonlyArray<Event>, by: (event: Event) => number) => [
  ...Map.groupBy(events, by).values()
]

/** One line for an event: its columns, its hash, its data as it stands in the store. */
const lineOf = ({ row, hash }: Entry): string => {
  const [position, turn, at, type, version, run, actor, cause, epoch, data] = row
  const columns = { position, turn, at, type, version, run, actor, cause, epoch }
  const text = JSON.stringify({ ...columns, hash: Buffer.from(hash).toString("hex") })
  return `${text.slice(0, -1)},"data":${data}}\n`
}

/** Writes events as coordinators do, and keeps what then stands in the log; the file itself, too, if asked. */
const record = async (name: string, made: ReadonlyArray<Event>, keepsFile: boolean) => {
  const file = join(folder, `${name}.db`)
  const events = await Effect.gen(function* () {
    const log = yield* makeSqliteEventLog(file)
    for (const term of grouped(made, ({ epoch }) => epoch)) {
      const written = Effect.flatMap(log.lead({ holder: "the recorder" }), ({ append }) =>
        Effect.forEach(
          grouped(term, ({ turn: number }) => number),
          append,
          { discard: true }
        )
      )
      yield* Effect.scoped(written)
    }
    const entries = yield* Stream.runCollect(log.entries())
    const read = yield* Stream.runCollect(log.read())
    writeFileSync(join(folder, `${name}.ndjson`), entries.map(lineOf).join(""))
    writeFileSync(join(folder, `${name}.state.json`), `${stateOf(read)}\n`)
    return read
  }).pipe(Effect.scoped, Effect.runPromise)
  for (const ending of ["-lock", "-wal", "-shm"]) rmSync(`${file}${ending}`, { force: true })
  if (!keepsFile) rmSync(file)
  return events
}

mkdirSync(folder)
const recorded = await record("everything", eventsOfScenario(), true)
const missing = Object.keys(EventData).filter((type) => !recorded.some((event) => event.type === type))
if (missing.length > 0) throw new Error(`the scenario leads to no ${missing.join(", ")}`)
const histories = fc.sample(history, { seed: 20_261_125, numRuns: 60 }).map((one) => play(one).log)
const longest = histories.sort((a, b) => b.length - a.length).slice(0, 6)
for (const [index, events] of longest.entries()) await record(`history-${index + 1}`, events, false)

/**
 * The logs in memory, in SQLite and in Postgres side by side, asked the same in any order: all do what a few lines say.
 */
import { join } from "node:path"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import fc from "fast-check"
import type { Lead, Range } from "../../src/log/EventLog.ts"
import type { LogError } from "../../src/log/LogError.ts"
import { makeMemoryEventLog } from "../../src/log/MemoryEventLog.ts"
import { makePostgresEventLog } from "../../src/log/postgres/PostgresEventLog.ts"
import { makeSqliteEventLog } from "../../src/log/sqlite/SqliteEventLog.ts"
import type { Event } from "../../src/queue/Event.ts"
import { type Log, notes, readAll, within } from "./contract/Contract.ts"
import { emptyPlaces } from "./postgres/database.ts"
import { temporaryFolder } from "./temporaryFolder.ts"

/** What a log is, said simply. */
interface Model {
  readonly events: Array<Event>
  epoch: number
  /** Who leads now. */
  leader: string | undefined
  /** The epoch of each one's last lead; 0 once it was let go. */
  readonly epochs: Map<string, number>
}

interface Held {
  readonly lead: Lead
  readonly scope: Scope.Closeable
}

/** A real log, and the leads that were taken of it. */
class Real {
  readonly log: Log
  readonly held = new Map<string, Held>()

  constructor(log: Log) {
    this.log = log
  }

  lead(holder: string, takeOver: boolean): Effect.Effect<{ epoch: number; position: number }, LogError> {
    return Effect.gen({ self: this }, function* () {
      const scope = yield* Scope.make()
      const lead = yield* Scope.provide(this.log.lead({ holder, takeOver }), scope)
      this.held.set(holder, { lead, scope })
      return { epoch: lead.epoch, position: lead.position }
    })
  }

  append(holder: string, events: ReadonlyArray<Event>): Effect.Effect<void, LogError> {
    return this.held.get(holder)?.lead.append(events) ?? Effect.die("nobody of that name")
  }

  letGo(holder: string): Effect.Effect<void> {
    const held = this.held.get(holder)
    return held ? Scope.close(held.scope, Exit.void) : Effect.die("nobody of that name")
  }
}

type Reals = ReadonlyArray<Real>
type Command = fc.AsyncCommand<Model, Reals>

/** Asks all of them the same; a failure is answered by its reason. */
const askAll = (reals: Reals, ask: (real: Real) => Effect.Effect<unknown, LogError>) =>
  Promise.all(
    reals.map(async (real) => {
      const answer = await Effect.runPromise(Effect.result(ask(real)))
      return Result.isSuccess(answer) ? answer.success : answer.failure.reason
    })
  )

const expectAll = async (
  reals: Reals,
  ask: (real: Real) => Effect.Effect<unknown, LogError>,
  expected: unknown
): Promise<void> => {
  for (const answer of await askAll(reals, ask)) expect(answer).toEqual(expected)
}

const lead = (holder: string, takeOver: boolean): Command => ({
  check: ({ epochs, leader }) => holder !== leader && !epochs.get(holder),
  run: (model, reals) => {
    const refused = model.leader !== undefined && !takeOver
    const expected = refused
      ? expect.objectContaining({ _tag: "Led", holder: model.leader })
      : { epoch: ++model.epoch, position: model.events.length }
    if (!refused) {
      model.leader = holder
      model.epochs.set(holder, model.epoch)
    }
    return expectAll(reals, (real) => real.lead(holder, takeOver), expected)
  },
  toString: () => `${holder} ${takeOver ? "takes over" : "would lead"}`
})

const append = (holder: string, offset: number, count: number, run: string | null): Command => ({
  check: ({ epochs }) => epochs.has(holder),
  run: (model, reals) => {
    const found = model.events.length
    const after = Math.max(0, found + offset)
    const events = notes(after, count, run)
    const mine = model.epochs.get(holder)
    const answer = () => {
      if (mine === 0) return expect.objectContaining({ _tag: expect.stringMatching("Unavailable|Fenced") })
      if (mine !== model.epoch) return { _tag: "Fenced", epoch: mine, current: model.epoch }
      if (after !== found && count > 0) return { _tag: "PositionConflict", expected: after, found }
      model.events.push(...events)
      return undefined
    }
    return expectAll(reals, (real) => real.append(holder, events), answer())
  },
  toString: () => `${holder} appends ${count} at ${offset} from the end, of run ${run}`
})

const letGo = (holder: string): Command => ({
  check: ({ epochs }) => Boolean(epochs.get(holder)),
  run: (model, reals) => {
    if (model.leader === holder) model.leader = undefined
    model.epochs.set(holder, 0)
    return expectAll(reals, (real) => real.letGo(holder), undefined)
  },
  toString: () => `${holder} lets go`
})

const read = (range: Range): Command => ({
  check: ({ epoch }) => epoch > 0,
  run: async ({ events, epoch }, reals) => {
    await expectAll(reals, ({ log }) => readAll(log, range), within(events, range))
    await expectAll(reals, ({ log }) => log.head, { position: events.length, epoch })
  },
  toString: () => `read ${JSON.stringify(range)}`
})

const name = fc.constantFrom("ann", "bob", "cid")
const run = fc.constantFrom("a", "b", null)
const position = fc.integer({ min: -1, max: 30 })
const ranges = fc.record(
  { after: position, upTo: position, run: fc.constantFrom("a", "b") },
  { requiredKeys: [] }
)
/** Mostly right where the log ends. */
const offset = fc.oneof(
  { weight: 4, arbitrary: fc.constant(0) },
  { weight: 1, arbitrary: fc.integer({ min: -2, max: 2 }) }
)

const commands = fc.commands(
  [
    fc.tuple(name, fc.boolean()).map(([holder, takeOver]) => lead(holder, takeOver)),
    fc.tuple(name, offset, fc.nat(4), run).map((given) => append(...given)),
    fc.tuple(name, offset, fc.nat(4), run).map((given) => append(...given)),
    name.map(letGo),
    ranges.map(read)
  ],
  { maxCommands: 60, size: "max" }
)

const emptyPlace = emptyPlaces()

it("whatever is asked in whatever order, all logs answer as the model does", { timeout: 120_000 }, () =>
  fc.assert(
    fc.asyncProperty(commands, (asked) =>
      Effect.gen(function* () {
        const folder = yield* temporaryFolder
        const logs = [
          makeMemoryEventLog(),
          yield* makeSqliteEventLog(join(folder, "runs.db")),
          yield* makePostgresEventLog(yield* emptyPlace)
        ]
        const real = logs.map((log) => new Real(log))
        const model: Model = { events: [], epoch: 0, leader: undefined, epochs: new Map() }
        yield* Effect.addFinalizer(() =>
          Effect.promise(() =>
            Promise.all(
              [...model.epochs].map(([holder, mine]) => mine && askAll(real, (one) => one.letGo(holder)))
            )
          )
        )
        yield* Effect.promise(() => fc.asyncModelRun(() => ({ model, real }), asked))
      }).pipe(Effect.scoped, Effect.runPromise)
    ),
    { numRuns: 40 }
  )
)

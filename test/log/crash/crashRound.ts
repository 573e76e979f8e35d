/**
 * One round of what a log must survive: a few processes, one after the other, write turns to a new log, and each meets its
 * end or a fault; then all that was promised must hold.
 */
import { existsSync, rmSync } from "node:fs"
import { join } from "node:path"
import { isDeepStrictEqual } from "node:util"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import fc from "fast-check"
import type { LogError } from "../../../src/log/LogError.ts"
import { makeSqliteEventLog } from "../../../src/log/sqlite/SqliteEventLog.ts"
import { verifyEntries } from "../../../src/log/verifyEntries.ts"
import type { Event } from "../../../src/queue/Event.ts"
import { readAll } from "../contract/Contract.ts"
import { LogProcess } from "../process/LogProcess.ts"
import type { Said } from "../process/main.ts"
import { turnAt } from "../process/turnAt.ts"
import { temporaryFolder } from "../temporaryFolder.ts"
import { faultsLibrary } from "./faultsLibrary.ts"

/** `kill`: a `kill -9` at any moment; the others stand in `faults.c`. */
export const crashes = ["kill", "power", "sync", "write", "short"] as const
export type Crash = (typeof crashes)[number]

/** Which operations there are until the work is done: each turn takes one sync, and four writes or more. */
const turns = 24
const operations: Readonly<Record<Exclude<Crash, "kill">, number>> = {
  power: 100,
  sync: 20,
  write: 80,
  short: 80
}

/** How a process ends, or what befalls it. */
interface Life {
  readonly turnsPerTerm: number
  /** Of a kill: after so many turns, and then so many milliseconds. */
  readonly turns: number
  readonly delayMs: number
  /** Of a fault. */
  readonly at: number
  readonly span: number
  readonly seed: number
}

const livesOf = (crash: Crash, seed: number, round: number): ReadonlyArray<Life> => {
  const life = fc.record({
    turnsPerTerm: fc.integer({ min: 1, max: 8 }),
    turns: fc.integer({ min: 0, max: turns - 1 }),
    delayMs: fc.integer({ min: 0, max: 3 }),
    at: fc.integer({ min: 1, max: crash === "kill" ? 1 : operations[crash] }),
    span: fc.integer({ min: 1, max: 4 }),
    seed: fc.integer({ min: 0, max: 1_000_000 })
  })
  const [lives = []] = fc.sample(fc.array(life, { minLength: 1, maxLength: 2, size: "max" }), {
    numRuns: 1,
    seed: seed + round
  })
  return lives
}

const check = (holds: boolean, what: string): void => {
  if (!holds) throw new Error(what)
}

/** What a writer said, held against itself; answers the last position that it acknowledged. */
const acknowledgedIn = (said: ReadonlyArray<unknown>, before: number): number => {
  let acknowledged = before
  let unknown = 0
  for (const one of said as ReadonlyArray<Said>) {
    if ("durable" in one) {
      acknowledged = one.durable
      unknown = 0
    } else if ("failed" in one) unknown = turnAt(acknowledged).length
    else if ("leads" in one) {
      const isPromised = one.leads === acknowledged || one.leads === acknowledged + unknown
      check(isPromised, `it leads at ${one.leads} after ${acknowledged}`)
      acknowledged = one.leads
    }
  }
  return acknowledged
}

/** Whole turns, each as it was written, and nothing else. */
const checkEvents = (events: ReadonlyArray<Event>): void => {
  for (let at = 0; at < events.length; ) {
    const turn = turnAt(at)
    const found = events.slice(at, at + turn.length)
    check(isDeepStrictEqual(found, turn), `the turn at ${at + 1} is ${JSON.stringify(found)}`)
    at += turn.length
  }
}

/** Where there is no log, this is what it holds. */
const none = <A, B>(look: Effect.Effect<A, LogError>, held: B): Effect.Effect<A | B, LogError> =>
  Effect.catchIf(
    look,
    ({ reason }) => reason._tag === "Missing",
    () => Effect.succeed(held)
  )

const checkLog = Effect.fnUntraced(function* (path: string, acknowledged: number) {
  const log = yield* makeSqliteEventLog(path)
  // The power may have failed before there was a log; then nobody has been told that there is.
  const { position } = yield* none(log.head, { position: 0, epoch: 0 })
  const events = yield* none(readAll(log), [])
  checkEvents(events)
  check(position === events.length, `its head is ${position}, and it has ${events.length} events`)
  const next = acknowledged + turnAt(acknowledged).length
  const ends = `it ends at ${position}, and was acknowledged up to ${acknowledged}`
  check(position === acknowledged || position === next, ends)
  const { found } = yield* none(verifyEntries(log.entries()), { found: undefined })
  check(found === undefined, `position ${found?.position}: ${found?.issue}`)
  return position
}, Effect.scoped)

const isDone = (said: ReadonlyArray<unknown>): boolean => JSON.stringify(said.at(-1)) === '{"done":null}'

/** Leads, which has the log looked at for damage, and writes the next turn. */
const goOn = Effect.fnUntraced(function* (path: string, position: number) {
  const log = yield* makeSqliteEventLog(path)
  const { append } = yield* log.lead({ holder: "bob" })
  yield* append(turnAt(position))
}, Effect.scoped)

const liveOf = (crash: Crash, life: Life, path: string) =>
  Effect.gen(function* () {
    const seen = `${path}.fault`
    rmSync(seen, { force: true })
    const env = {
      LD_PRELOAD: faultsLibrary() ?? "",
      SIGNALBOX_FAULT: `${crash}:${life.at}:${life.span}:${life.seed}`,
      SIGNALBOX_FAULT_SEEN: seen
    }
    const writer = yield* LogProcess.make(path, crash === "kill" ? {} : { env })
    const { turnsPerTerm } = life
    yield* writer.tell({ work: { turns: crash === "kill" ? Number.MAX_SAFE_INTEGER : turns, turnsPerTerm } })
    const said: Array<unknown> = []
    if (crash === "kill") {
      for (let turn = 0; turn < life.turns; turn++) said.push(yield* writer.next)
      yield* Effect.sleep(life.delayMs)
      yield* writer.kill
    }
    yield* writer.end
    said.push(...(yield* writer.rest))
    check(crash === "kill" || existsSync(seen), "the fault never came")
    const mustEnd = crash !== "kill" && crash !== "power"
    check(!mustEnd || isDone(said), `it gave up: ${JSON.stringify(said.at(-1))}`)
    return said
  }).pipe(Effect.scoped)

/** Plays one round; fails with what does not hold. */
export const crashRound = (
  crash: Crash,
  seed: number,
  round: number
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    const path = join(yield* temporaryFolder, "runs.db")
    let position = 0
    for (const life of livesOf(crash, seed, round)) {
      const said = yield* liveOf(crash, life, path)
      if (!existsSync(path)) continue
      position = yield* checkLog(path, acknowledgedIn(said, position))
      yield* goOn(path, position)
      position = yield* checkLog(path, position + turnAt(position).length)
    }
  }).pipe(
    Effect.catchCause((cause) =>
      Effect.die(new Error(`${crash}: round ${round} of seed ${seed}`, { cause: Cause.squash(cause) }))
    )
  )

/**
 * A program that does to the log at its first argument what it is told, line by line; made to be killed.
 */
import { rmSync, writeFileSync, writeSync } from "node:fs"
import { createInterface } from "node:readline"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import type { Lead } from "../../../src/log/EventLog.ts"
import type { LogError } from "../../../src/log/LogError.ts"
import { makePostgresEventLog } from "../../../src/log/postgres/PostgresEventLog.ts"
import { makeSqliteEventLog } from "../../../src/log/sqlite/SqliteEventLog.ts"
import { notes, readAll } from "../contract/Contract.ts"
import { turnAt } from "./turnAt.ts"

/** Turns to append as a coordinator does, who lets go after some, and leads anew then and whenever the log has failed. */
interface Work {
  readonly turns: number
  readonly turnsPerTerm: number
}

/** What is said of work: each turn once it is durable, each lead with the position at which it begins, each failure. */
export type Said = { readonly durable: number } | { readonly leads: number } | { readonly failed: string }

/** What it can be told. */
export type Order =
  | { readonly lead: string; readonly takeOver?: boolean }
  | { readonly append: number; readonly bytes?: number }
  | { readonly appendForEver: true }
  | { readonly work: Work }
  | { readonly letGo: true }
  | { readonly ballast: number }
  | { readonly read: true }

const [, , path = ""] = process.argv
const makeEventLog = path.startsWith("postgres:") ? makePostgresEventLog : makeSqliteEventLog
const scope = Scope.makeUnsafe()
const log = await Effect.runPromise(Scope.provide(makeEventLog(path), scope))
let leading = Scope.makeUnsafe()
let lead: Lead | undefined
let end = 0

const say = (answer: unknown): void => {
  writeSync(1, `${JSON.stringify(answer)}\n`)
}

const append = (count: number, bytes = 0) => {
  const events = notes(end, count).map((event) => ({ ...event, actor: "x".repeat(bytes) }))
  return Effect.tap(lead?.append(events) ?? Effect.die("it does not lead"), () =>
    Effect.sync(() => {
      end += count
    })
  )
}

/** Turn after turn, and says of each where it ends, once it is durable. */
const appendForEver = Effect.gen(function* () {
  for (;;) {
    const events = turnAt(end)
    yield* lead?.append(events) ?? Effect.die("it does not lead")
    end += events.length
    say(end)
  }
})

/** Terms in vain, one after the other, before it gives up. */
const vainTermsMax = 20

const work = ({ turns, turnsPerTerm }: Work) =>
  Effect.gen(function* () {
    let done = 0
    let vain = 0
    const tell = (said: Said) => say(said)
    const term = Effect.gen(function* () {
      const { position, append } = yield* log.lead({ holder: "ann" })
      tell({ leads: position })
      let at = position
      for (let turn = 0; turn < turnsPerTerm && done < turns; turn++) {
        const events = turnAt(at)
        yield* append(events)
        at += events.length
        done++
        vain = 0
        tell({ durable: at })
      }
    })
    while (done < turns) {
      yield* Effect.catch(Effect.scoped(term), (error) => {
        tell({ failed: error.message })
        return ++vain < vainTermsMax && error.reason._tag === "Unavailable" ? Effect.void : Effect.fail(error)
      })
    }
  })

/** A file beside the log, to take room from it. */
const setBallast = (bytes: number): void => {
  rmSync(`${path}.ballast`, { force: true })
  if (bytes > 0) writeFileSync(`${path}.ballast`, Buffer.alloc(bytes))
}

const obey = (order: Order): Effect.Effect<unknown, LogError> => {
  if ("lead" in order) {
    const candidate = { holder: order.lead, takeOver: order.takeOver }
    return Effect.map(Scope.provide(log.lead(candidate), leading), (taken) => {
      lead = taken
      end = taken.position
      return { epoch: taken.epoch, position: taken.position }
    })
  }
  if ("append" in order) return append(order.append, order.bytes)
  if ("appendForEver" in order) return appendForEver
  if ("work" in order) return work(order.work)
  if ("ballast" in order) return Effect.sync(() => setBallast(order.ballast))
  if ("read" in order) return Effect.map(readAll(log), ({ length }) => length)
  return Effect.map(Scope.close(leading, Exit.void), () => {
    leading = Scope.makeUnsafe()
  })
}

say("ready")
for await (const line of createInterface({ input: process.stdin })) {
  const answer = await Effect.runPromise(Effect.result(obey(JSON.parse(line) as Order)))
  say(
    Result.isSuccess(answer)
      ? { done: answer.success ?? null }
      : { failed: answer.failure.reason, message: answer.failure.message }
  )
}
await Effect.runPromise(Scope.close(leading, Exit.void))

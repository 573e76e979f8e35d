/**
 * A coordinator whose Postgres server is killed and started again under load.
 */
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { CommandRejected, CoordinatorError } from "../../../src/coordinator/CoordinatorError.ts"
import { open } from "../../../src/coordinator/open.ts"
import type { Signalbox } from "../../../src/coordinator/Signalbox.ts"
import { layer, makePostgresEventLog } from "../../../src/log/postgres/PostgresEventLog.ts"
import { readAll } from "../contract/Contract.ts"
import { emptySchema, startedServer } from "./database.ts"

const startedHere = startedServer()

/** Submits a run until it is known to be there. */
const submitted = async (box: Signalbox, id: string): Promise<void> => {
  for (;;) {
    try {
      await box.submit({ id, job: "double", input: 2 })
      return
    } catch (error) {
      // Its outcome was not known, and it had been recorded.
      if (error instanceof CommandRejected && error.rejection._tag === "RunExists") return
      if (!(error instanceof CoordinatorError && error.reason._tag === "OutcomeUnknown")) throw error
    }
  }
}

it.live(
  "each run that is submitted meanwhile is recorded once, and ends once",
  () =>
    Effect.gen(function* () {
      const server = yield* startedHere
      const url = yield* Effect.orDie(emptySchema(server.url))
      const ids = Array.from({ length: 300 }, (_, index) => `run-${index}`)
      yield* Effect.promise(async () => {
        await using box = await open({ log: layer(url), jobs: { double: ({ input }) => Number(input) * 2 } })
        const waiting = [...ids]
        const crashAfter = new Set([250, 150, 50])
        const submitting = Array.from({ length: 10 }, async () => {
          for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
            await submitted(box, id)
            if (!crashAfter.delete(waiting.length)) continue
            await server.kill("SIGQUIT")
            await server.startAgain()
          }
        })
        await Promise.all(submitting)
        expect(crashAfter.size).toBe(0)
        for (const id of ids) {
          const { end } = await box.ended(id)
          // A job of this program does not outlive the term that launched it.
          if (end?.state === "failed") expect(end.cause).toMatchObject({ _tag: "WorkerLost" })
          else expect(end).toMatchObject({ state: "succeeded", result: 4 })
        }
      })

      const events = yield* Effect.flatMap(makePostgresEventLog(url), readAll)
      const of = (...types: ReadonlyArray<string>) =>
        events.filter(({ type }) => types.includes(type)).map(({ run }) => run)
      expect(of("RunSubmitted").toSorted()).toEqual(ids.toSorted())
      expect(of("RunSucceeded", "RunFailed").toSorted()).toEqual(ids.toSorted())
      expect(of("CoordinatorStarted").length).toBeGreaterThan(3)
    }),
  60_000
)

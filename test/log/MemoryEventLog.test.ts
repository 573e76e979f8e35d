import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { makeMemoryEventLog } from "../../src/log/MemoryEventLog.ts"
import { notes, readAll } from "./contract/Contract.ts"
import { eventLogContract } from "./EventLogContract.ts"

eventLogContract(
  "a log in memory",
  Effect.sync(() => makeMemoryEventLog())
)

it.effect("a log of recorded events goes on where they end", () =>
  Effect.gen(function* () {
    const recorded = notes(0, 3)
    const log = makeMemoryEventLog(recorded)
    const { append, epoch, position } = yield* log.lead({ holder: "ann" })
    expect({ epoch, position }).toEqual({ epoch: 2, position: 3 })
    yield* append(notes(3, 1))
    expect(yield* readAll(log)).toEqual(notes(0, 4))
    expect(recorded).toHaveLength(3)
  })
)

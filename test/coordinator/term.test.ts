import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { Mailbox } from "../../src/coordinator/Mailbox.ts"
import { term } from "../../src/coordinator/term.ts"
import { makeMemoryEventLog } from "../../src/log/MemoryEventLog.ts"
import { Snapshots } from "../../src/log/Snapshots.ts"
import type { Command } from "../../src/queue/QueueCommand.ts"
import { HeldLog } from "./HeldLog.ts"
import { OutsideWorld } from "./OutsideWorld.ts"
import { quiet, submit } from "./startCoordinator.ts"

it.effect(
  "a term that is interrupted leaves nobody without an answer, and lets go of the log but of no work",
  () =>
    Effect.gen(function* () {
      const held = new HeldLog(makeMemoryEventLog())
      const world = new OutsideWorld()
      const mailbox = yield* Mailbox.make
      const start = (epoch: number): Command => ({
        _tag: "StartCoordinator",
        epoch,
        software: "test",
        host: "here",
        pid: 1,
        admits: true
      })
      const given = {
        log: held.log,
        snapshots: yield* Snapshots,
        launcher: world.launcher,
        mailbox,
        candidate: { holder: "ann" },
        orders: {},
        recovered: () => undefined,
        opening: (epoch: number) => [{ id: "start", actor: "ann", command: start(epoch) }],
        settled: () => undefined
      }
      const first = yield* Effect.forkChild(term(given))
      const ask = (id: string) => mailbox.ask([{ id, actor: "ann", command: submit(id, "manual") }])
      yield* ask("a")
      yield* quiet

      held.hold()
      const turns = []
      // One waits for the disk, one is decided, and one still lies in the mailbox.
      for (const id of ["b", "c", "d"]) {
        turns.push(yield* Effect.forkChild(ask(id)))
        yield* quiet
      }
      const [appending, decided, lying] = turns
      yield* Fiber.interrupt(first)
      for (const fiber of [appending, decided]) {
        const error = fiber && (yield* Effect.flip(Fiber.join(fiber)))
        expect(error).toMatchObject({ reason: { _tag: "OutcomeUnknown", issue: "it was told to stop" } })
      }
      expect(lying?.pollUnsafe()).toBeUndefined()
      expect(world.working).toEqual(["a 1"])

      held.release()
      const second = yield* Effect.forkChild(term(given))
      if (lying) yield* Fiber.join(lying)
      yield* quiet
      expect(world.starts).toEqual(["a 1", "d 1"])
      yield* Fiber.interrupt(second)
    })
)

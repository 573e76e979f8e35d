/**
 * When a coordinator keeps what its log makes, and that the next one begins there.
 */

import { join } from "node:path"
import { expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Coordinator } from "../../src/coordinator/Coordinator.ts"
import { Launcher } from "../../src/launcher/Launcher.ts"
import { EventLog, type Range } from "../../src/log/EventLog.ts"
import { makeMemoryEventLog } from "../../src/log/MemoryEventLog.ts"
import { layerSnapshots } from "../../src/log/Snapshots.ts"
import { contents } from "../../src/queue/RunQueue.ts"
import { settings } from "../../src/settings.ts"
import { notes } from "../log/contract/Contract.ts"
import { temporaryFolder } from "../log/temporaryFolder.ts"
import { OutsideWorld } from "./OutsideWorld.ts"
import { submit } from "./startCoordinator.ts"

const started = (of: EventLog["Service"], path: string, world: OutsideWorld) =>
  Coordinator.layer().pipe(
    Layer.provide(Layer.succeed(EventLog, of)),
    Layer.provide(Layer.succeed(Launcher, world.launcher)),
    Layer.provide(layerSnapshots(path))
  )

/** What is read of the log, besides what it holds. */
const watched = (log: EventLog["Service"]) => {
  const ranges: Array<Range | undefined> = []
  const read: EventLog["Service"]["read"] = (range) => {
    ranges.push(range)
    return log.read(range)
  }
  return { ranges, log: { ...log, read } }
}

const inWaiting = Effect.gen(function* () {
  const coordinator = yield* Coordinator
  yield* coordinator.ask(submit("r", "manual"))
  return yield* coordinator.query(contents)
})

it.live("one that stops keeps what many events have made, and the next one reads only what follows", () =>
  Effect.gen(function* () {
    const path = join(yield* temporaryFolder, "snapshot")
    const events = makeMemoryEventLog(notes(0, settings.lastSnapshotEvents, null))
    const world = new OutsideWorld()
    const first = watched(events)
    yield* Effect.scoped(Effect.provide(inWaiting, started(first.log, path, world)))
    expect(first.ranges).toEqual([{ after: 0, upTo: settings.lastSnapshotEvents }])
    const { position } = yield* events.head
    const second = watched(events)
    const found = Effect.flatMap(Coordinator, (coordinator) =>
      coordinator.query((queue) => queue.runs.get("r"))
    )
    const run = yield* Effect.scoped(Effect.provide(found, started(second.log, path, world)))
    expect(second.ranges).toEqual([{ after: position, upTo: position }])
    expect(run).toMatchObject({ id: "r", attempt: 1 })
    expect(world.starts).toEqual(["r 1"])
  })
)

it.live("one that stops after few events keeps nothing: they are read as quickly", () =>
  Effect.gen(function* () {
    const path = join(yield* temporaryFolder, "snapshot")
    const events = makeMemoryEventLog()
    yield* Effect.scoped(Effect.provide(inWaiting, started(events, path, new OutsideWorld())))
    const second = watched(events)
    yield* Effect.scoped(Effect.provide(Coordinator, started(second.log, path, new OutsideWorld())))
    expect(second.ranges[0]).toMatchObject({ after: 0 })
  })
)

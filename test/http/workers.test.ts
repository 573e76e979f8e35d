/**
 * Workers that are programs of their own, over real HTTP: whoever is killed or stands still, and whenever, no attempt is
 * done twice. A lease is long where a worker shall live, and short where it shall be lost, so that no test depends on
 * how fast this machine is.
 */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { exampleWorker, Site, workerKinds } from "./Site.ts"

const long = 600_000
const short = 50
/** Many programs start one after the other, each in its own time. */
const patience = 300_000

/** The line of an event of a run. */
const told = (type: string, run: string, more = ""): RegExp =>
  new RegExp(`^(?=.*"type":"${type}")(?=.*"run":"${run}")(?=.*${more}).*$`, "m")

it.live(
  "the worker of the docs does a run, and leaves when it is told to",
  () =>
    Effect.gen(function* () {
      const site = yield* Site.make
      const worker = yield* site.worker(exampleWorker)
      const coordinator = yield* site.coordinator(long, 0, "a=greet")
      yield* coordinator.printed(told("RunSucceeded", "a", '"result":"Hello, Ada!"'))
      yield* worker.signal("SIGTERM")
      expect(yield* worker.ended).toBe(0)
    }),
  patience
)

for (const [name, kind] of Object.entries(workerKinds)) {
  describe(`a worker in ${name}`, () => {
    it.live(
      "does a run, and tells its progress, lines and result",
      () =>
        Effect.gen(function* () {
          const site = yield* Site.make
          yield* site.worker(kind)
          const coordinator = yield* site.coordinator(long, 0, "a=greet", "b=greet")
          yield* coordinator.printed(told("RunSucceeded", "a", '"result":"Hello, Ada!"'))
          yield* coordinator.printed(told("RunSucceeded", "b"))
          yield* coordinator.printed(told("RunProgressed", "a", '"fraction":0.5'))
          while (site.read("artifacts/a/1/log") === "") yield* Effect.sleep(5)
          expect(site.read("artifacts/a/1/log")).toBe("warming up\n")
        }),
      patience
    )

    it.live(
      "goes on while the coordinator is killed, and its end is recorded by the next one",
      () =>
        Effect.gen(function* () {
          const site = yield* Site.make
          yield* site.worker(kind)
          const first = yield* site.coordinator(long, 0, "a=wait")
          yield* site.begun("a 1")
          yield* first.kill
          yield* site.finish
          const second = yield* site.coordinator(long, 0)
          expect(yield* second.printed(told("RunSucceeded", "a", '"attempt":1,"result":"done"'))).toBe(1)
          expect(yield* second.printed(told("RunStarted", "a"))).toBe(1)
          expect(site.read("begun")).toBe("a 1\n")
        }),
      patience
    )

    it.live(
      "that is killed is lost, and another one does the next attempt",
      () =>
        Effect.gen(function* () {
          const site = yield* Site.make
          const lost = yield* site.worker(kind)
          const first = yield* site.coordinator(long, 1, "a=wait")
          yield* site.begun("a 1")
          yield* lost.kill
          yield* first.kill
          const second = yield* site.coordinator(short, 1)
          yield* second.printed(told("RunResumed", "a", '"attempt":2,"cause":{"_tag":"WorkerLost"'))
          yield* second.kill
          yield* site.finish
          yield* site.worker(kind)
          const third = yield* site.coordinator(long, 1)
          expect(yield* third.printed(told("RunSucceeded", "a", '"attempt":2'))).toBe(1)
          expect(site.read("begun")).toBe("a 1\na 2\n")
        }),
      patience
    )

    it.live(
      "that has stood still for too long is lost, and what it says when it goes on is refused",
      () =>
        Effect.gen(function* () {
          const site = yield* Site.make
          const worker = yield* site.worker(kind)
          const first = yield* site.coordinator(long, 0, "a=wait")
          yield* site.begun("a 1")
          yield* worker.signal("SIGSTOP")
          yield* first.kill
          const second = yield* site.coordinator(short, 0)
          yield* second.printed(told("RunHealthChanged", "a", '"misses":1'))
          yield* second.printed(told("RunFailed", "a", "was not heard of for"))
          yield* site.finish
          yield* worker.signal("SIGCONT")
          yield* worker.printed(/^(\/v1\/workers\/end 409|not ours: .*run a is failed)/m)
          yield* second.kill
          const third = yield* site.coordinator(long, 0, "b=greet")
          yield* third.printed(told("RunSucceeded", "b"))
          expect(yield* third.printed(told("Run(Succeeded|Failed)", "a"))).toBe(1)
          expect(site.read("begun")).toBe("a 1\n")
        }),
      patience
    )
  })
}

import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Coordinator, EventLog, layer } from "signalbox"

// The same services, for programs that use Effect: a job is an Effect, and canceling its run interrupts it.
const jobs = { wait: () => Effect.never, add: () => Effect.succeed(1 + 1) }

const program = Effect.gen(function* () {
  const coordinator = yield* Coordinator
  const log = yield* EventLog
  yield* coordinator.ask({ _tag: "SubmitRun", spec: { id: "sum", job: "add" } }, { actor: "user:ann" })
  yield* coordinator.ask({ _tag: "SubmitRun", spec: { id: "idle", job: "wait" } })
  yield* coordinator.ask({ _tag: "CancelRun", run: "idle", reason: "enough" })
  console.log((yield* coordinator.ended("sum")).end, (yield* coordinator.ended("idle")).state)
  yield* Stream.runForEach(log.read({ run: "idle" }), (event) => Effect.sync(() => console.log(event.type)))
})

await Effect.runPromise(Effect.provide(program, layer({ jobs, actor: "example" })))

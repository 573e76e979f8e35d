/**
 * A program that coordinates runs for workers elsewhere, over the log in its folder. It submits the runs that it is given,
 * prints each event, and goes on until it is killed.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Coordinator } from "../../../src/coordinator/Coordinator.ts"
import { layer } from "../../../src/coordinator/open.ts"
import { layerWorkers } from "../../../src/http/layerWorkers.ts"
import { makeWorkersLauncher } from "../../../src/launcher/makeWorkersLauncher.ts"
import { WorkerPool } from "../../../src/launcher/WorkerPool.ts"
import { EventLog } from "../../../src/log/EventLog.ts"
import { defaultRetries } from "../../../src/queue/Policy.ts"

const [, , host = "", port = "", token = "", leaseMs = "", resumes = "", ...runs] = process.argv
const pool = new WorkerPool("artifacts", { leaseMs: Number(leaseMs) })
const services = layerWorkers(pool, { host, port: Number(port), token }).pipe(
  Layer.provideMerge(
    layer({
      log: "log.db",
      launchers: { workers: makeWorkersLauncher(pool) },
      policy: { retries: { ...defaultRetries, resumes: Number(resumes) } }
    })
  )
)

const program = Effect.gen(function* () {
  const coordinator = yield* Coordinator
  const log = yield* EventLog
  yield* coordinator.askAll(
    runs.map((run) => {
      const [id = "", job = ""] = run.split("=")
      return { _tag: "SubmitRun", spec: { id, job, launcher: "workers", input: "Ada" } } as const
    })
  )
  yield* Stream.runForEach(log.changes({}), (event) =>
    Effect.sync(() => process.stdout.write(`${JSON.stringify(event)}\n`))
  )
})

await Effect.runPromise(Effect.scoped(Effect.provide(program, services)))

/**
 * Workers' questions, answered from the pool of this program and from the log. What a worker must be able to rely on is
 * answered when it is durable, as everywhere.
 */
import * as Effect from "effect/Effect"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as Result from "effect/Result"
import { boundedReport } from "../coordinator/boundedReport.ts"
import { Coordinator } from "../coordinator/Coordinator.ts"
import type { CoordinatorError } from "../coordinator/CoordinatorError.ts"
import { type Claim, defaultQueue, type WorkerPool } from "../launcher/WorkerPool.ts"
import { intent } from "../run/intent.ts"
import type { Run } from "../run/Run.ts"
import type { RunCommand } from "../run/RunCommand.ts"
import { NotYours, TryAgain, WorkerApi } from "./WorkerApi.ts"

/** What is true of an attempt that is not the worker's. */
const truth = ({ run, attempt, worker }: Claim, now: Run | undefined): string => {
  if (!now) return `there is no run ${run}`
  if (now.attempt > attempt)
    return `attempt ${attempt} of run ${run} is over; it is at attempt ${now.attempt}`
  if (intent(now.state) === "Rest") return `run ${run} is ${now.state}`
  if (now.worker !== undefined && now.worker !== worker)
    return `attempt ${attempt} of run ${run} is done by worker ${now.worker}`
  return `attempt ${attempt} of run ${run} is not under way by worker ${worker}; the run is ${now.state}`
}

const notYours = (claim: Claim, now: Run | undefined, message = truth(claim, now)) =>
  new NotYours({
    message,
    run: claim.run,
    attempt: claim.attempt,
    ...(now && { state: now.state, current: now.attempt })
  })

/** Whether the log says that this worker is at it. */
const isAtWork = ({ worker, attempt }: Claim, run: Run | undefined): boolean =>
  run !== undefined &&
  run.worker === worker &&
  run.attempt === attempt &&
  ["Work", "Stop"].includes(intent(run.state))

const tryAgain = ({ message }: CoordinatorError) => new TryAgain({ message })

/** Answers workers of this pool. */
export const workerHandlers = (pool: WorkerPool) =>
  HttpApiBuilder.group(
    WorkerApi,
    "workers",
    Effect.fn(function* (group) {
      const coordinator = yield* Coordinator
      const runOf = (run: string) =>
        Effect.mapError(
          coordinator.query((queue) => queue.runs.get(run)),
          tryAgain
        )
      const record = (claim: Claim, report: RunCommand) =>
        coordinator.askAll([report], { actor: `worker:${claim.worker}` }).pipe(Effect.mapError(tryAgain))
      /** An attempt that is none of the worker's here: the log says whether it is about to be. */
      const lookUp = Effect.fnUntraced(function* (claim: Claim) {
        const now = yield* runOf(claim.run)
        if (isAtWork(claim, now) && pool.standing(claim) !== "over") return
        return yield* notYours(claim, now)
      })
      const limit = (waitMs: number) => Math.min(waitMs, pool.leaseMs / 2)
      const notFound = (claim: Claim) =>
        new TryAgain({ message: `attempt ${claim.attempt} of run ${claim.run} is just being taken up again` })

      return group.handleAll({
        poll: ({ payload: { queues = [defaultQueue], capacity = 1, waitMs = 0 } }) =>
          Effect.map(Effect.timeoutOption(pool.take(queues, capacity), limit(waitMs)), (taken) => ({
            attempts: (taken._tag === "Some" ? taken.value : []).map(({ assignment }) => {
              const { run, attempt, spec } = assignment
              return { run, attempt, spec }
            }),
            leaseMs: pool.leaseMs
          })),
        start: Effect.fnUntraced(function* ({ payload: claim }) {
          const standing = pool.start(claim)
          if (standing === "over" || standing === "unknown") {
            yield* lookUp(claim)
            return yield* notFound(claim)
          }
          const { worker, run, attempt } = claim
          const [reply] = yield* record(claim, { _tag: "ReportStarted", run, attempt, worker })
          const now = yield* runOf(run)
          const may = reply && Result.isSuccess(reply) && isAtWork(claim, now) && now?.state === "started"
          if (may && pool.standing(claim) === "go on") return { leaseMs: pool.leaseMs }
          pool.withdraw(claim)
          return yield* notYours(claim, now)
        }),
        heartbeat: Effect.fnUntraced(function* ({ payload: { progress, lines, waitMs = 0, ...claim } }) {
          const standing = pool.hear(claim, progress && { _tag: "Progress", ...progress }, lines)
          if (standing === "go on") yield* Effect.timeoutOption(pool.news(claim), limit(waitMs))
          const now = pool.standing(claim)
          if (now === "over" || now === "unknown") yield* lookUp(claim)
          return { stop: now === "stop" }
        }),
        end: Effect.fnUntraced(function* ({ payload: { outcome, ...claim } }) {
          const standing = pool.end(claim, outcome)
          if (standing === "over" || standing === "unknown") {
            yield* lookUp(claim)
            return yield* notFound(claim)
          }
          const { run, attempt } = claim
          // Whether it is this report that is recorded or the launcher's own, the answer comes after both.
          yield* record(claim, boundedReport({ _tag: "ReportEnded", run, attempt, outcome }))
        })
      })
    })
  )

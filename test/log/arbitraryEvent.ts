/**
 * Events of every type, with whatever their schemas allow in them. Not a history that could have happened: a log
 * keeps what it is given.
 */
import fc from "fast-check"
import type { Event, EventData, EventType } from "../../src/queue/Event.ts"
import type { Policy, Pools, TagLimit } from "../../src/queue/Policy.ts"
import type { Schedule } from "../../src/queue/Schedule.ts"
import type { Scope } from "../../src/queue/Scope.ts"
import type { FailureCause, StopCause, WorkerFailure } from "../../src/run/Outcome.ts"
import type { RetryRule } from "../../src/run/RetryRule.ts"
import type { Decision, Retries, Timeouts } from "../../src/run/RunEvent.ts"
import type { PoolUse, RunSpec } from "../../src/run/RunSpec.ts"
import {
  dictionary,
  finite,
  int,
  json,
  jsonText,
  name,
  positive,
  struct,
  tagged,
  text,
  timestamp
} from "./arbitraryValues.ts"

type Data = { readonly [T in EventType]: (typeof EventData)[T]["Type"] }

/** The id of a run. */
export const arbitraryRunId = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:@+-]{0,20}$/)

const workerFailure: fc.Arbitrary<WorkerFailure> = fc.oneof(
  tagged("Exited", { code: fc.option(int) }, { signal: jsonText, tail: jsonText }),
  tagged("Threw", { message: jsonText }, { stack: jsonText }),
  tagged("WorkerLost", { message: jsonText }, { withCoordinator: fc.constant(true as const) }),
  tagged("Terminated", { message: jsonText }),
  tagged("LaunchRefused", { message: jsonText }),
  tagged("LaunchUnreachable", { message: jsonText })
)
const limits = fc.oneof(
  tagged("StartTimeout", { limitMs: positive }),
  tagged("RuntimeExceeded", { limitMs: positive })
)
const failureCause: fc.Arbitrary<FailureCause> = fc.oneof(
  workerFailure,
  limits,
  tagged("QueueTimeout", { limitMs: positive })
)
const stopCause: fc.Arbitrary<StopCause> = fc.oneof(
  tagged("Asked", {}, { reason: jsonText }),
  tagged("Replaced", { by: arbitraryRunId }),
  limits
)

const pool = fc.stringMatching(/^[A-Za-z0-9_./-]{1,9}$/)
const perPool = (size: fc.Arbitrary<number>) => fc.dictionary(pool, size, { noNullPrototype: true })
const poolUse: fc.Arbitrary<PoolUse> = struct(
  {},
  {
    root: perPool(positive),
    all: fc.array(pool),
    unconstrainedRoot: fc.boolean(),
    slots: perPool(positive)
  }
)
const collision = fc.constantFrom("queue", "refuse", "replace", "cancel")

const retryRules: fc.Arbitrary<ReadonlyArray<RetryRule>> = fc.array(
  struct(
    { max: fc.integer({ min: 1, max: 1_000 }) },
    {
      causes: fc.constantFrom<RetryRule["causes"] & {}>(["Exited"], ["WorkerLost", "StartTimeout"]),
      exitCodes: fc.constantFrom<RetryRule["exitCodes"] & {}>([1], [75, -1]),
      delayMs: fc.nat(),
      maxDelayMs: fc.nat(),
      factor: fc.double({ min: 1, max: 1_000, noNaN: true }),
      jitter: fc.double({ min: 0, max: 1, noNaN: true }),
      as: fc.constantFrom("attempt", "run"),
      place: fc.constantFrom("end", "same")
    }
  ).filter(({ causes, exitCodes }) => !exitCodes || !causes || causes.includes("Exited"))
)

const workFields = {
  retry: retryRules,
  input: json,
  env: dictionary,
  cwd: name,
  tags: dictionary,
  priority: int,
  maxRuntimeMs: positive,
  maxQueuedMs: positive,
  pools: poolUse,
  unique: struct({ key: name, collision })
}
const optionalFields = { ...workFields, notBefore: timestamp, parent: arbitraryRunId }
const command = fc.oneof(
  name,
  fc.array(jsonText, { minLength: 1 }).map((words) => words as [string, ...Array<string>])
)
const spec: fc.Arbitrary<RunSpec> = fc.oneof(
  struct({ id: arbitraryRunId, job: name }, { ...optionalFields, command }),
  struct({ id: arbitraryRunId, command }, { ...optionalFields, job: name })
)

const milliseconds = fc.option(positive)
const timeouts: fc.Arbitrary<Timeouts> = struct(
  { startMs: milliseconds, runtimeMs: milliseconds, cancelMs: milliseconds },
  { queueMs: milliseconds }
)
const size = fc.maxSafeNat()
const retries: fc.Arbitrary<Retries> = struct(
  {
    launches: size,
    launchDelayMs: size,
    resumes: size,
    runs: size,
    ofWork: fc.boolean()
  },
  { crashes: positive, rules: retryRules }
)
const tagLimit: fc.Arbitrary<TagLimit> = fc.oneof(
  struct({ key: name, limit: size }, { value: jsonText, where: dictionary }),
  struct({ key: name, limit: size }, { each: fc.boolean(), where: dictionary }),
  struct({ key: name, limit: size }, { distinct: fc.boolean(), where: dictionary })
)
const pools: fc.Arbitrary<Pools> = struct({
  granularity: fc.constantFrom("run" as const, "op" as const),
  limits: perPool(size),
  defaultLimit: fc.option(size),
  blocking: fc.boolean(),
  buffer: size,
  settleMs: size
})
const scope: fc.Arbitrary<Scope> = fc.oneof(
  tagged("Queue", {}),
  tagged("Tag", { key: name }, { value: jsonText }),
  tagged("Pool", { pool }),
  tagged("Location", { location: name })
)
const policy: fc.Arbitrary<Policy> = struct(
  {
    mode: fc.constantFrom("queued" as const, "immediate" as const),
    maxConcurrentRuns: fc.option(size),
    tagLimits: fc.array(tagLimit),
    timeouts
  },
  { order: name, pools, maxQueuedRuns: size, idempotencyWindowMs: positive, retries }
)

const scheduleName = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/)
const schedule: fc.Arbitrary<Schedule> = struct(
  {
    cron: name,
    run: fc.oneof(
      struct({ job: name }, { ...workFields, command }),
      struct({ command }, { ...workFields, job: name })
    )
  },
  {
    timezone: name,
    overlap: fc.constantFrom("allow", "skip", "queue", "replace", "cancel"),
    catchUp: fc.constantFrom("skip", "last", "all"),
    from: timestamp,
    until: timestamp,
    source: name
  }
)

const decision: fc.Arbitrary<Decision> = struct(
  { place: int, taken: fc.array(fc.tuple(int, int)) },
  { passed: fc.array(struct({ run: arbitraryRunId, why: jsonText }, { limit: jsonText })) }
)

const mode = fc.constantFrom("drain", "handover", "immediate")

const dataOf: { readonly [T in EventType]: fc.Arbitrary<Data[T]> } = {
  RunSubmitted: struct(
    { spec, timeouts },
    {
      requested: spec,
      retries,
      root: arbitraryRunId,
      retry: int,
      idempotency: struct({ key: jsonText, until: timestamp })
    }
  ),
  RunQueued: fc.constant({}),
  RunReprioritized: struct({ priority: int }, { reason: jsonText }),
  RunMovedToTop: struct({}, { reason: jsonText }),
  RunHeld: struct({}, { reason: jsonText }),
  RunReleased: struct({}, { reason: jsonText }),
  RunAdmitted: struct(
    { attempt: int, policy: int, slots: fc.array(jsonText) },
    { reserved: struct({ pools: perPool(int), forMs: int }), decision }
  ),
  RunStarted: struct({ attempt: int }, { worker: jsonText }),
  RunSettled: struct({ attempt: int }),
  SlotClaimed: struct({
    attempt: int,
    step: jsonText,
    pool,
    slots: int,
    priority: int,
    granted: fc.boolean()
  }),
  SlotGranted: struct({ attempt: int, step: jsonText, pool }),
  RunHealthChanged: struct({ attempt: int, misses: int }, { message: jsonText }),
  SlotReleased: struct({ attempt: int, step: jsonText, pool }),
  RunResumed: struct({ attempt: int, cause: workerFailure }),
  RunProgressed: struct({ attempt: int }, { fraction: finite, message: jsonText }),
  RunRequeued: struct(
    { attempt: int, cause: failureCause, notBefore: timestamp },
    {
      retry: struct({ rule: int, number: int, max: int, place: fc.constantFrom("end", "same") }),
      worker: workerFailure
    }
  ),
  RunCancelRequested: struct({ attempt: int, cause: stopCause }),
  RunSucceeded: struct({ attempt: int }, { result: json }),
  RunFailed: struct({ attempt: int, cause: failureCause }, { worker: workerFailure }),
  RunCanceled: struct({ attempt: int, cause: stopCause }, { worker: workerFailure }),
  CoordinatorStarted: struct({ software: jsonText, host: jsonText, pid: int, admits: fc.boolean() }),
  CoordinatorDraining: struct({}, { mode, withinMs: positive, reason: jsonText }),
  CoordinatorStopped: struct({}, { mode, reason: jsonText, inFlight: int, runs: fc.array(jsonText) }),
  AdmissionPaused: struct({ scope }, { until: timestamp, reason: jsonText, cause: workerFailure }),
  AdmissionResumed: struct({ scope }, { reason: jsonText }),
  AuditKeySet: struct(
    { key: fc.constantFrom("example.com/runs+f24e3fd5+AYvYOc1PpmDJYamO9lr2C8qKmXYeMFaY+cLbjvFfDvMa") },
    { note: jsonText, reason: jsonText }
  ),
  PolicySet: struct(
    { number: int, policy },
    {
      changes: fc.array(struct({ path: fc.array(jsonText) }, { before: json, after: json })),
      reason: jsonText
    }
  ),
  ScheduleSet: struct({ name: scheduleName, schedule, next: fc.option(timestamp) }, { reason: jsonText }),
  ScheduleRemoved: struct({ name: scheduleName }, { reason: jsonText }),
  SchedulePaused: struct({ name: scheduleName }, { reason: jsonText }),
  ScheduleResumed: struct({ name: scheduleName, next: fc.option(timestamp) }, { reason: jsonText }),
  ScheduleFired: struct(
    { name: scheduleName, run: arbitraryRunId },
    { nominal: timestamp, next: fc.option(timestamp) }
  ),
  ScheduleSkipped: struct({
    name: scheduleName,
    nominal: timestamp,
    next: fc.option(timestamp),
    cause: fc.oneof(tagged("Missed", {}), tagged("Refused", { rejection: jsonText, reason: jsonText }))
  })
}

const eventTypes = Object.keys(dataOf) as ReadonlyArray<EventType>

const eventOf = (type: EventType): fc.Arbitrary<Event> =>
  struct({
    position: positive,
    turn: positive,
    at: timestamp,
    type: fc.constant(type),
    version: fc.constant(1),
    run: /^(Run|Slot)/.test(type) ? arbitraryRunId : fc.constant(null),
    actor: text,
    cause: fc.option(text),
    epoch: positive,
    data: dataOf[type] as fc.Arbitrary<unknown>
  }) as fc.Arbitrary<Event>

/** An event of any type, anywhere. */
export const arbitraryEvent: fc.Arbitrary<Event> = fc.oneof(...eventTypes.map(eventOf))

/** One event of each type, in that order. */
export const oneOfEach: fc.Arbitrary<ReadonlyArray<Event>> = fc.tuple(...eventTypes.map(eventOf))

/** The events right after a position, one after the other. */
export const placed = (after: number, events: ReadonlyArray<Event>): ReadonlyArray<Event> =>
  events.map((event, index) => ({ ...event, position: after + 1 + index }))

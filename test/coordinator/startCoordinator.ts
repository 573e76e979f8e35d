import { tmpdir } from "node:os"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Coordinator, type CoordinatorOptions } from "../../src/coordinator/Coordinator.ts"
import { type Jobs, makeInlineLauncher } from "../../src/launcher/InlineLauncher.ts"
import { Launcher } from "../../src/launcher/Launcher.ts"
import { EventLog } from "../../src/log/EventLog.ts"
import type { LogError } from "../../src/log/LogError.ts"
import { makeMemoryEventLog } from "../../src/log/MemoryEventLog.ts"
import type { Event } from "../../src/queue/Event.ts"
import { defaultPolicy, type Policy } from "../../src/queue/Policy.ts"
import type { Command } from "../../src/queue/QueueCommand.ts"
import type { RunSpec } from "../../src/run/RunSpec.ts"

/** What a coordinator is started with; a new log in memory and no jobs where nothing is said. */
export interface Setting extends CoordinatorOptions {
  readonly log?: EventLog["Service"]
  readonly jobs?: Jobs
  readonly launcher?: Launcher["Service"]
}

/** A coordinator that leads until the scope ends. */
export const startCoordinator = ({
  log = makeMemoryEventLog(),
  jobs = {},
  launcher = makeInlineLauncher(jobs, tmpdir()),
  ...options
}: Setting = {}): Effect.Effect<Coordinator["Service"], LogError, Scope.Scope> => {
  const surroundings = Layer.mergeAll(Layer.succeed(EventLog, log), Layer.succeed(Launcher, launcher))
  const built = Layer.build(Layer.provide(Coordinator.layer(options), surroundings))
  return Effect.map(built, (services) => Context.get(services, Coordinator))
}

/** Dagster's default rules, but for what is said. */
export const rules = (policy: Partial<Policy> = {}): Policy => ({ ...defaultPolicy, ...policy })

/** Rules of which time is no part. */
export const timeless = (policy: Partial<Policy> = {}): Policy =>
  rules({ timeouts: { startMs: null, runtimeMs: null, cancelMs: null }, ...policy })

/** Puts a run of that job under coordination. */
export const submit = (id: string, job: string, spec: Partial<RunSpec> = {}): Command => ({
  _tag: "SubmitRun",
  spec: { id, job, ...spec }
})

export const cancel = (run: string): Command => ({ _tag: "CancelRun", run })

export const setPolicy = (policy: Policy): Command => ({ _tag: "SetPolicy", policy })

/** All that stands in the log. */
export const eventsOf = (log: EventLog["Service"]): Effect.Effect<ReadonlyArray<Event>, LogError> =>
  Stream.runCollect(log.read())

/** What has befallen a run, in order. */
export const lifeOf = (
  log: EventLog["Service"],
  run: string
): Effect.Effect<ReadonlyArray<string>, LogError> =>
  Effect.map(Stream.runCollect(log.read({ run })), (events) => events.map(({ type }) => type))

/** Lets everything happen that can happen without time passing. */
export const quiet: Effect.Effect<void> = Effect.asVoid(Effect.repeat(Effect.yieldNow, { times: 30 }))

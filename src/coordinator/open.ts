import { dirname, join } from "node:path"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import { Artifacts } from "../launcher/Artifacts.ts"
import { type Jobs, makeInlineLauncher } from "../launcher/InlineLauncher.ts"
import { Launcher } from "../launcher/Launcher.ts"
import { makeProcessLauncher } from "../launcher/ProcessLauncher.ts"
import { type Launchers, route } from "../launcher/route.ts"
import type { EventLog } from "../log/EventLog.ts"
import type { LogError } from "../log/LogError.ts"
import * as MemoryEventLog from "../log/MemoryEventLog.ts"
import { layerSnapshots } from "../log/Snapshots.ts"
import * as SqliteEventLog from "../log/sqlite/SqliteEventLog.ts"
import { defaultPolicy, Policy } from "../queue/Policy.ts"
import * as SqliteSubscriptionStore from "../subscription/SqliteSubscriptionStore.ts"
import { layerNone, type SubscriptionStore } from "../subscription/SubscriptionStore.ts"
import { Coordinator, type CoordinatorOptions } from "./Coordinator.ts"
import { type Services, Signalbox } from "./Signalbox.ts"

/** How to open a Signalbox. */
export interface OpenOptions extends Omit<CoordinatorOptions, "policy"> {
  /** The log: its file, made if it is not there, or any other. Default: one in memory, gone with the process. */
  readonly log?: string | Layer.Layer<EventLog, LogError> | undefined
  /** The file that keeps what the log makes, for a quicker start. Default: `LOG-snapshot` for a log in a file, else none. */
  readonly snapshot?: string | undefined
  /** Where attempts leave their files. Default: `artifacts` beside the log's file, else a temporary folder. */
  readonly artifacts?: string | undefined
  /** Where the checkpoints of subscriptions are kept. Default: beside the log's file; in memory, if the log is. */
  readonly subscriptions?: Layer.Layer<SubscriptionStore, LogError> | undefined
  /** The functions that runs may name as their `job`. */
  readonly jobs?: Jobs | undefined
  /** More launchers, by the name that a run's `launcher` has for them. There are `inline` and `process` already. */
  readonly launchers?: Launchers | undefined
  /** The rules to put in force; what it leaves out is Dagster's default. Default: those that the log says. */
  readonly policy?: Partial<Policy> | undefined
}

const strict = { onExcessProperty: "error", errors: "all" } as const
const decodePolicy = Schema.decodeUnknownEffect(Policy)
/** Where checkpoints are kept where nobody says so. */
const storeBeside = (log: OpenOptions["log"]): Layer.Layer<SubscriptionStore> => {
  if (log === undefined) return SqliteSubscriptionStore.layerMemory
  return typeof log === "string"
    ? SqliteSubscriptionStore.layer(SqliteSubscriptionStore.subscriptionsFile(log))
    : layerNone
}

/** The services behind an open Signalbox, for programs that use Effect themselves. */
export const layer = (options: OpenOptions = {}): Layer.Layer<Services, LogError | Schema.SchemaError> => {
  const {
    log,
    artifacts,
    subscriptions = storeBeside(log),
    jobs = {},
    launchers = {},
    policy,
    ...rest
  } = options
  const { snapshot = typeof log === "string" ? `${log}-snapshot` : undefined, ...coordinator } = rest
  const folder = artifacts ?? (typeof log === "string" ? join(dirname(log), "artifacts") : undefined)
  const logLayer = typeof log === "string" ? SqliteEventLog.layer(log) : (log ?? MemoryEventLog.layer)
  const artifactsLayer = folder === undefined ? Artifacts.layerTemporary : Artifacts.layer(folder)
  const launcherLayer = Layer.effect(
    Launcher,
    Effect.map(Artifacts, ({ root }) =>
      route({ inline: makeInlineLauncher(jobs, root), process: makeProcessLauncher(root), ...launchers })
    )
  ).pipe(Layer.provide(artifactsLayer))
  const checked = policy ? decodePolicy({ ...defaultPolicy, ...policy }, strict) : Effect.succeed(undefined)
  return Layer.unwrap(
    Effect.map(checked, (decoded) => Coordinator.layer({ ...coordinator, policy: decoded }))
  ).pipe(
    Layer.provide(launcherLayer),
    Layer.provide(snapshot === undefined ? Layer.empty : layerSnapshots(snapshot)),
    Layer.provideMerge(logLayer),
    Layer.merge(subscriptions)
  )
}

/** Opens a Signalbox; answers when it leads its log. Rejects with `LogError`, or where the policy is wrong. */
export const open = async (options: OpenOptions = {}): Promise<Signalbox> => {
  const scope = Scope.makeUnsafe()
  const services = Layer.buildWithScope(layer(options), scope)
  const letGo = Scope.close(scope, Exit.void)
  return new Signalbox(await Effect.runPromise(Effect.onError(services, () => letGo)), scope)
}

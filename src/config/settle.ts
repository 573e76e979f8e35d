/**
 * What holds in the end: for each value the place that decides it, by Dagster's rule of which goes before which. Units
 * and special numbers are still those of the file.
 */
import { defaultPools, type FairShare } from "../queue/Policy.ts"
import { settings } from "../settings.ts"
import { immediateClass, kindOf, queuedClass } from "./coordinatorSchema.ts"
import type { Document } from "./Document.ts"
import type { FileRateLimit } from "./rateLimit.ts"
import type { YamlRetryRule } from "./retryRule.ts"
import type { Contents } from "./signalboxYaml.ts"
import type { TagConcurrencyLimit } from "./tagConcurrencyLimit.ts"
import { valueAt } from "./validateConcurrency.ts"

type Path = ReadonlyArray<PropertyKey>

/** Where a value comes from: a place in the file, maybe by an environment variable, or what holds if nothing is said. */
export type Origin =
  | {
      readonly _tag: "File"
      readonly path: Path
      readonly line: number
      readonly column: number
      readonly env?: string
    }
  | { readonly _tag: "Default"; readonly of: string }

/** A value and where it comes from. */
export interface Choice<A> {
  readonly value: A
  readonly origin: Origin
}

const dagster = "default of Dagster"
const newer = "default of Dagster since 1.10"
const signalbox = "default of Signalbox"
const unqueued = "runs do not stand in line"
const unmonitored = "run_monitoring is not enabled"
const unretried = "run_retries is not enabled"

const byDefault = <A>(value: A, of: string): Choice<A> => ({ value, origin: { _tag: "Default", of } })

type Defined<A> = Exclude<A, undefined>

/** Answers what a section says under a key, and where. */
const reader =
  <S extends object>(document: Document, path: Path, section: S | undefined) =>
  <K extends keyof S & string>(key: K): Choice<Defined<S[K]>> | undefined => {
    const value = section?.[key]
    if (value === undefined) return undefined
    const at = [...path, key]
    const env = typeof value === "number" ? valueAt(document.value, [...at, "env"]) : undefined
    const origin = {
      _tag: "File",
      path: at,
      ...document.locate(at),
      ...(typeof env === "string" && { env })
    } as const
    return { value: value as Defined<S[K]>, origin }
  }

/** The queue, under whichever of the two keys it stands. */
const queueOf = ({ run_queue, run_coordinator }: Contents) =>
  run_coordinator
    ? { path: ["run_coordinator", "config"], queue: run_coordinator.config }
    : { path: ["run_queue"], queue: run_queue }

const coordinatorOf = (contents: Contents, document: Document): Choice<string> => {
  const { run_coordinator: own, run_queue } = contents
  const origin = (path: Path): Origin => ({ _tag: "File", path, ...document.locate(path, "key") })
  if (!own) {
    const isSaid = run_queue !== undefined && Object.keys(run_queue).length > 0
    return isSaid
      ? { value: queuedClass, origin: origin(["run_queue"]) }
      : byDefault<string>(queuedClass, newer)
  }
  const value = kindOf(own.module, own.class) === "immediate" ? immediateClass : queuedClass
  return { value, origin: origin(["run_coordinator", "class"]) }
}

const noLimits: ReadonlyArray<TagConcurrencyLimit> = []

const listed = (
  choice: Choice<ReadonlyArray<TagConcurrencyLimit> | null> | undefined
): Choice<ReadonlyArray<TagConcurrencyLimit>> | undefined =>
  choice && { ...choice, value: choice.value ?? noLimits }

type Runs = NonNullable<NonNullable<Contents["concurrency"]>["runs"]>

/** How fast runs start, and in which order. */
const lineOf = (
  runs: ReturnType<typeof reader<Runs>>,
  ifQueued: <A>(choice: Choice<A>, otherwise: A) => Choice<A>
) => {
  const noRates: ReadonlyArray<FileRateLimit> = []
  const noKeys: ReadonlyArray<string> = []
  return {
    "concurrency.runs.rate_limits": ifQueued(runs("rate_limits") ?? byDefault(noRates, signalbox), noRates),
    "concurrency.runs.aging_seconds": ifQueued<number | null>(
      runs("aging_seconds") ?? byDefault(null, signalbox),
      null
    ),
    "concurrency.runs.strict": ifQueued<boolean>(runs("strict") ?? byDefault(false, signalbox), false),
    "concurrency.runs.in_order_by": ifQueued(runs("in_order_by") ?? byDefault(noKeys, signalbox), noKeys),
    "concurrency.runs.fair_share": ifQueued<FairShare | null>(
      runs("fair_share") ?? byDefault(null, signalbox),
      null
    ),
    "concurrency.runs.reserve_after_seconds": ifQueued<number | null>(
      runs("reserve_after_seconds") ?? byDefault(null, signalbox),
      null
    )
  }
}

const runsOf = (contents: Contents, document: Document, isQueued: boolean) => {
  const { path, queue } = queueOf(contents)
  const ofQueue = reader(document, path, queue)
  const runs = reader(document, ["concurrency", "runs"], contents.concurrency?.runs)
  const ifQueued = <A>(choice: Choice<A>, otherwise: A): Choice<A> =>
    isQueued ? choice : byDefault(otherwise, unqueued)
  const max = runs("max_concurrent_runs") ?? ofQueue("max_concurrent_runs") ?? byDefault(10, dagster)
  const limits =
    listed(runs("tag_concurrency_limits")) ??
    listed(ofQueue("tag_concurrency_limits")) ??
    byDefault(noLimits, dagster)
  return {
    "concurrency.runs.max_concurrent_runs": ifQueued(max, -1),
    "concurrency.runs.tag_concurrency_limits": ifQueued(limits, noLimits),
    "concurrency.runs.max_queued_runs": ifQueued<number | null>(
      runs("max_queued_runs") ?? byDefault(null, signalbox),
      null
    ),
    "concurrency.runs.idempotency_window_seconds":
      runs("idempotency_window_seconds") ?? byDefault<number | null>(null, signalbox),
    "concurrency.runs.order": ifQueued<string | null>(runs("order") ?? byDefault(null, signalbox), null),
    ...lineOf(runs, ifQueued),
    "run_queue.max_user_code_failure_retries": ifQueued(
      ofQueue("max_user_code_failure_retries") ?? byDefault(0, dagster),
      0
    ),
    "run_queue.user_code_failure_retry_delay": ifQueued(
      ofQueue("user_code_failure_retry_delay") ?? byDefault(60, dagster),
      60
    )
  }
}

/** The switch and the buffer of the queue, of which the oldest form is the switch alone. */
const blockingOf = (contents: Contents, document: Document) => {
  const { path, queue } = queueOf(contents)
  const key = "block_op_concurrency_limited_runs"
  const said = reader(document, path, queue)(key)
  if (typeof said?.value === "boolean") return { enabled: { ...said, value: said.value } }
  const block = reader(document, [...path, key], said?.value)
  return { enabled: block("enabled"), buffer: block("op_concurrency_slot_buffer") }
}

const poolsOf = (contents: Contents, document: Document, isQueued: boolean) => {
  const { concurrency } = contents
  const pools = reader(document, ["concurrency", "pools"], concurrency?.pools)
  const old = reader(document, ["concurrency"], concurrency)
  const { enabled, buffer } = blockingOf(contents, document)
  const { settleMs, granularity } = defaultPools
  const noPools: Readonly<Record<string, number>> = {}
  return {
    "concurrency.pools.granularity": pools("granularity") ?? byDefault<string>(granularity, dagster),
    "concurrency.pools.default_limit":
      pools("default_limit") ??
      old("default_op_concurrency_limit") ??
      byDefault<number | null>(null, dagster),
    "concurrency.pools.limits": pools("limits") ?? byDefault(noPools, signalbox),
    "concurrency.pools.op_granularity_run_buffer":
      pools("op_granularity_run_buffer") ?? buffer ?? byDefault(0, dagster),
    "concurrency.pools.settle_seconds": pools("settle_seconds") ?? byDefault(settleMs / 1000, dagster),
    "run_queue.block_op_concurrency_limited_runs.enabled": isQueued
      ? (enabled ?? byDefault(true, newer))
      : byDefault(false, unqueued)
  }
}

const monitoringOf = (contents: Contents, document: Document) => {
  const section = reader(document, ["run_monitoring"], contents.run_monitoring)
  const enabled = section("enabled") ?? byDefault(false, dagster)
  const ifEnabled = (choice: Choice<number>): Choice<number | null> =>
    enabled.value ? choice : byDefault(null, unmonitored)
  const timeout = (key: "start_timeout_seconds" | "cancel_timeout_seconds") =>
    ifEnabled(section(key) ?? byDefault(180, dagster))
  return {
    "run_monitoring.enabled": enabled,
    "run_monitoring.start_timeout_seconds": timeout("start_timeout_seconds"),
    "run_monitoring.cancel_timeout_seconds": timeout("cancel_timeout_seconds"),
    "run_monitoring.max_runtime_seconds": ifEnabled(section("max_runtime_seconds") ?? byDefault(0, dagster)),
    "run_monitoring.queue_timeout_seconds": ifEnabled(
      section("queue_timeout_seconds") ?? byDefault(0, signalbox)
    ),
    "run_monitoring.max_resume_run_attempts": ifEnabled(
      section("max_resume_run_attempts") ?? byDefault(0, dagster)
    )
  }
}

const noRules: ReadonlyArray<YamlRetryRule> = []

const retriesOf = (contents: Contents, document: Document) => {
  const section = reader(document, ["run_retries"], contents.run_retries)
  const enabled = section("enabled") ?? byDefault(false, dagster)
  const ifEnabled = <A>(choice: Choice<A>): Choice<A | null> =>
    enabled.value ? choice : byDefault(null, unretried)
  return {
    "run_retries.enabled": enabled,
    "run_retries.max_retries": ifEnabled(section("max_retries") ?? byDefault(0, dagster)),
    "run_retries.retry_on_asset_or_op_failure": ifEnabled(
      section("retry_on_asset_or_op_failure") ?? byDefault(true, dagster)
    ),
    "run_retries.rules": ifEnabled(section("rules") ?? byDefault(noRules, signalbox)),
    "run_retries.max_crashes": ifEnabled(section("max_crashes") ?? byDefault(settings.crashesMax, signalbox))
  }
}

const launchersOf = (contents: Contents, document: Document) => {
  const section = reader(document, [], contents)
  return {
    routes: section("routes") ?? byDefault(null, signalbox),
    launchers: section("launchers") ?? byDefault(null, signalbox)
  }
}

/** Each value by the key under which signalbox.yaml has it; null where nothing is set. */
export const settle = (contents: Contents, document: Document) => {
  const coordinator = coordinatorOf(contents, document)
  const isQueued = coordinator.value === queuedClass
  return {
    "run_coordinator.class": coordinator,
    ...runsOf(contents, document, isQueued),
    ...poolsOf(contents, document, isQueued),
    ...launchersOf(contents, document),
    ...monitoringOf(contents, document),
    ...retriesOf(contents, document)
  }
}
export type Settled = ReturnType<typeof settle>

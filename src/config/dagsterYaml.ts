/**
 * What of a dagster.yaml concerns run coordination, with no key more and none less than Dagster has. Its other sections
 * are known by name.
 */
import * as Schema from "effect/Schema"
import { type CoordinatorKind, coordinatorSchema } from "./coordinatorSchema.ts"
import { optional, poolSize, sections } from "./sections.ts"
import { dagsterTagLimit } from "./tagConcurrencyLimit.ts"
import { poolLimitMax } from "./validateConcurrency.ts"
import { type Environment, wholeNumber } from "./wholeNumber.ts"

/** Sections of a dagster.yaml that have nothing to do with run coordination. */
export const otherSections = [
  "auto_materialize",
  "backfills",
  "code_servers",
  "compute_logs",
  "custom_instance_class",
  "defs_state_storage",
  "event_log_storage",
  "freshness",
  "instance_class",
  "local_artifact_storage",
  "nux",
  "python_logs",
  "retention",
  "run_storage",
  "schedule_storage",
  "scheduler",
  "schedules",
  "secrets",
  "sensors",
  "storage",
  "telemetry"
] as const

const anything = Schema.optionalKey(Schema.Unknown)

/** The keys of those sections: each may hold anything. */
export const otherFields = Object.fromEntries(otherSections.map((name) => [name, anything])) as Record<
  (typeof otherSections)[number],
  typeof anything
>

/** What launches runs, which is no part of the policy. */
export const RunLauncher = Schema.Struct({
  module: Schema.NonEmptyString,
  class: Schema.NonEmptyString,
  config: Schema.optionalKey(Schema.Unknown)
})

const poolsHint =
  "limits of single pools do not stand in dagster.yaml but in Dagster's database; here they stand in signalbox.yaml, " +
  "under concurrency.pools.limits"

/** The schema of a dagster.yaml, whose run coordinator is of that kind. */
export const dagsterYaml = (env: Environment, kind: CoordinatorKind) => {
  const poolMax = poolLimitMax(env)
  const forms = { int: Schema.Int, intOrEnv: wholeNumber(env), tagLimit: dagsterTagLimit, poolMax }
  const { runQueue, runs, pools, monitoring, retries } = sections(forms)
  return Schema.Struct({
    run_coordinator: optional(coordinatorSchema(kind, runQueue), "What takes runs in. Default: the queue."),
    run_queue: optional(Schema.Struct(runQueue), "The queue, if `run_coordinator` is left out."),
    run_launcher: optional(RunLauncher, "No effect: it is told how to bring it over."),
    concurrency: optional(
      Schema.Struct({
        runs: optional(Schema.Struct(runs), "Limits of runs; they go before those of the queue."),
        pools: optional(
          Schema.Struct(pools).annotate({ messageUnexpectedKey: poolsHint }),
          "Slots that steps of runs share."
        ),
        default_op_concurrency_limit: optional(poolSize(forms), "The old name of `pools.default_limit`.")
      }),
      "How many at once."
    ),
    run_monitoring: optional(Schema.Struct(monitoring), "Time limits, and workers that are lost."),
    run_retries: optional(Schema.Struct(retries), "Whether failed work is done again."),
    ...otherFields
  })
}

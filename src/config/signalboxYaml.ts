/**
 * signalbox.yaml: all that a dagster.yaml may say of run coordination, with the same meaning, and what only Signalbox
 * has. `{ env: NAME }` may stand wherever a whole number may.
 */
import * as Schema from "effect/Schema"
import { jobKey } from "../queue/Policy.ts"
import { PoolName, Tags } from "../run/RunSpec.ts"
import { settings } from "../settings.ts"
import { type CoordinatorKind, coordinatorSchema } from "./coordinatorSchema.ts"
import { otherFields, RunLauncher } from "./dagsterYaml.ts"
import { launchersSchema } from "./launchersSchema.ts"
import { rateLimit } from "./rateLimit.ts"
import { retryRule } from "./retryRule.ts"
import { optional, poolSize, seconds, sections, size } from "./sections.ts"
import { tagConcurrencyLimit } from "./tagConcurrencyLimit.ts"
import { poolLimitMax } from "./validateConcurrency.ts"
import { type Environment, type WholeNumber, wholeNumber } from "./wholeNumber.ts"

const positive = (int: WholeNumber) => int.check(Schema.isGreaterThanOrEqualTo(1, { expected: "1 or more" }))

const fairShare = (int: WholeNumber) =>
  Schema.Struct({
    key: Schema.NonEmptyString.annotateKey({
      description: "The tag whose values share; runs without it count as one more value."
    }),
    weights: optional(
      Schema.Record(Schema.String, positive(int)),
      "The weights of values; one that does not stand here weighs 1."
    )
  })

/** The keys of `concurrency.runs`, which are also those of a run file's policy. */
export const runsFields = (int: WholeNumber) => ({
  ...sections({ int, intOrEnv: int, tagLimit: tagConcurrencyLimit(int), poolMax: 0 }).runs,
  max_queued_runs: optional(
    size(int),
    "Runs that may wait at once; one more is refused. Default: any number."
  ),
  idempotency_window_seconds: optional(
    seconds(positive(int)),
    "How long a submission is known again by its idempotency key. Default: a day."
  ),
  order: optional(
    Schema.NonEmptyString,
    "The name of a custom order, which the program gives as `orders`. Default: by priority, then first come first served."
  ),
  rate_limits: optional(
    Schema.Array(rateLimit(int)),
    "How fast runs may start. Default: any number at any time."
  ),
  aging_seconds: optional(
    seconds(positive(int)),
    "One step of priority is worth so much waiting. Default: priority goes before any wait."
  ),
  strict: optional(Schema.Boolean, "A run that cannot start holds back all behind it. Default: false."),
  in_order_by: optional(
    Schema.Array(Schema.NonEmptyString),
    "Tags of which runs of one value start in their order. Default: none."
  ),
  fair_share: optional(
    fairShare(int),
    "Values of a tag that share what there is. Default: the order alone decides."
  ),
  reserve_after_seconds: optional(
    seconds(size(int)),
    "Once the first in line has waited so long, what it needs is kept for it. Default: never."
  )
})

const poolNames = "a pool's name consists of letters, digits and - _ . /"

/** The schema of a signalbox.yaml, whose run coordinator is of that kind. */
export const signalboxYaml = (env: Environment, kind: CoordinatorKind) => {
  const int = wholeNumber(env)
  const forms = { int, intOrEnv: int, tagLimit: tagConcurrencyLimit(int), poolMax: poolLimitMax(env) }
  const { runQueue, pools, monitoring, retries } = sections(forms)
  const morePools = {
    ...pools,
    limits: optional(
      Schema.Record(PoolName, size(int)).annotate({ messageUnexpectedKey: poolNames }),
      "The slots of single pools by name; they go before `default_limit`."
    ),
    settle_seconds: optional(
      seconds(size(int)),
      "With `op`: how long a started run counts for the pools of its first steps. Default: 5."
    )
  }
  const moreMonitoring = {
    ...monitoring,
    queue_timeout_seconds: optional(
      seconds(int),
      "A run that has waited in the queue for so long fails; 0 or less is never. Default: 0."
    )
  }
  const moreRetries = {
    ...retries,
    rules: optional(
      Schema.Array(retryRule(int)),
      "When a run that names no rules of its own is tried again; the first that fits counts. Default: none."
    ),
    max_crashes: optional(
      positive(int),
      `Coordinators that may end abruptly with a run's work in their process, before it is held. Default: ${settings.crashesMax}.`
    )
  }
  return Schema.Struct({
    run_coordinator: optional(coordinatorSchema(kind, runQueue), "What takes runs in. Default: the queue."),
    run_queue: optional(Schema.Struct(runQueue), "The queue, if `run_coordinator` is left out."),
    run_launcher: optional(RunLauncher, "No effect: it is told how to bring it over."),
    concurrency: optional(
      Schema.Struct({
        runs: optional(Schema.Struct(runsFields(int)), "Limits of runs; they go before those of the queue."),
        pools: optional(Schema.Struct(morePools), "Slots that steps of runs share."),
        default_op_concurrency_limit: optional(poolSize(forms), "The old name of `pools.default_limit`.")
      }),
      "How many at once."
    ),
    routes: optional(
      Schema.NonEmptyArray(
        Schema.Struct({
          launcher: Schema.NonEmptyString.annotateKey({ description: "The launcher that takes them." }),
          where: Schema.optionalKey(Tags).annotateKey({
            description: `Only runs that carry all of these tags. \`${jobKey}\` is the run's job.`
          }),
          kind: Schema.optionalKey(Schema.Literals(["command", "job"])).annotateKey({
            description: "Only runs with a command, or only those without."
          })
        })
      ),
      "Which launcher takes a run that names none: the first that fits. Default: commands are processes."
    ),
    launchers: optional(
      launchersSchema(int),
      "More launchers, that runs and routes may name. Default: none."
    ),
    run_monitoring: optional(Schema.Struct(moreMonitoring), "Time limits, and workers that are lost."),
    run_retries: optional(Schema.Struct(moreRetries), "Whether failed work is done again."),
    ...otherFields
  })
}

/** What stands in a signalbox.yaml; a dagster.yaml holds a part of it. */
export type Contents = ReturnType<typeof signalboxYaml>["Type"]

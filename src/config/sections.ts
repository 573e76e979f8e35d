/**
 * The sections that dagster.yaml and signalbox.yaml share, key by key. What a key means stands here once: the reference
 * is written from it.
 */
import * as Schema from "effect/Schema"
import type { TagConcurrencyLimit } from "./tagConcurrencyLimit.ts"
import type { WholeNumber } from "./wholeNumber.ts"

/** Where the two files differ in what a value may look like. */
interface Forms {
  /** Where Dagster takes a plain whole number. */
  readonly int: WholeNumber
  /** Where Dagster takes `{ env: NAME }` too. */
  readonly intOrEnv: WholeNumber
  readonly tagLimit: Schema.Codec<TagConcurrencyLimit, unknown>
  /** The most slots that a pool may have by default. */
  readonly poolMax: number
}

/** A key that may be left out. */
export const optional = <S extends Schema.Top>(schema: S, description: string) =>
  Schema.optionalKey(schema).annotateKey({ description })

/** A number that is not below 0. */
export const size = (int: WholeNumber) =>
  int.check(Schema.isGreaterThanOrEqualTo(0, { expected: "0 or more" }))

/** The limit of a pool that has none of its own. */
export const poolSize = ({ int, poolMax }: Pick<Forms, "int" | "poolMax">) =>
  int.check(Schema.isBetween({ minimum: 0, maximum: poolMax }, { expected: `0 to ${poolMax}` }))

/** Some three hundred years: what is longer is a slip, and would not fit in milliseconds. */
const secondsMax = 10_000_000_000

/** A number of seconds. */
export const seconds = (int: WholeNumber) =>
  int.check(
    Schema.isLessThanOrEqualTo(secondsMax, {
      message: `expected a number of seconds of at most ${secondsMax}`
    })
  )

const runQueue = ({ intOrEnv, int, tagLimit }: Forms) => ({
  max_concurrent_runs: optional(
    intOrEnv.check(Schema.isGreaterThanOrEqualTo(-1, { expected: "-1 (no limit), 0 (none starts) or more" })),
    "Runs in progress at once; -1 is no limit, 0 lets none start. Default: 10."
  ),
  tag_concurrency_limits: optional(
    Schema.NullOr(Schema.Array(tagLimit)),
    "Runs in progress at once by tag. Default: none."
  ),
  dequeue_interval_seconds: optional(seconds(intOrEnv), "No effect: there is no poll."),
  dequeue_use_threads: optional(Schema.Boolean, "No effect: launches run side by side."),
  dequeue_num_workers: optional(intOrEnv, "No effect: launches run side by side."),
  max_user_code_failure_retries: optional(
    intOrEnv,
    "Further launches of a run whose launcher could not be reached. Default: 0."
  ),
  user_code_failure_retry_delay: optional(
    seconds(intOrEnv),
    "Seconds that the location of such a run waits before the next launch. Default: 60."
  ),
  block_op_concurrency_limited_runs: optional(
    Schema.Union([
      Schema.Boolean,
      Schema.Struct({
        enabled: optional(
          Schema.Boolean,
          "Whether full pools hold runs back in the queue. Default: true, as in Dagster since 1.10."
        ),
        op_concurrency_slot_buffer: optional(
          size(int),
          "Runs let in beyond the free slots of a pool. Default: 0. Newer: `concurrency.pools.op_granularity_run_buffer`."
        )
      })
    ]),
    "Whether the queue looks at pools. True or false alone is the oldest form of `enabled`."
  )
})

const runs = ({ int, tagLimit }: Forms) => ({
  max_concurrent_runs: optional(
    int,
    "Runs in progress at once; -1 is no limit, 0 or less lets none start. Default: that of `run_queue`, or 10."
  ),
  tag_concurrency_limits: optional(
    Schema.NullOr(Schema.Array(tagLimit)),
    "Runs in progress at once by tag. Default: those of `run_queue`, or none."
  )
})

const pools = ({ int, poolMax }: Forms) => ({
  default_limit: optional(
    poolSize({ int, poolMax }),
    "Slots of a pool that has no limit of its own. Default: no limit."
  ),
  granularity: optional(
    Schema.String,
    "`run`: a run takes one slot of each of its pools from launch to end. `op`: its steps claim slots. Default: `op`."
  ),
  op_granularity_run_buffer: optional(size(int), "Runs let in beyond the free slots of a pool. Default: 0.")
})

const monitoring = ({ int }: Forms) => ({
  enabled: optional(Schema.Boolean, "Without it nothing of this section holds. Default: false."),
  start_timeout_seconds: optional(
    seconds(int),
    "A launched run that has not started by then is stopped and fails; 0 or less is never. Default: 180."
  ),
  cancel_timeout_seconds: optional(
    seconds(int),
    "A run that is still stopping by then ends without its worker's word; 0 or less is never. Default: 180."
  ),
  max_runtime_seconds: optional(
    seconds(int),
    "A run that has run for so long is stopped and fails; 0 or less is never. Default: 0."
  ),
  max_resume_run_attempts: optional(int, "Further attempts of a run whose worker was lost. Default: 0."),
  poll_interval_seconds: optional(int, "No effect: there is no poll."),
  cancellation_thread_poll_interval_seconds: optional(int, "No effect: workers are told at once."),
  free_slots_after_run_end_seconds: optional(int, "No effect: slots end with their run.")
})

const retries = ({ int }: Forms) => ({
  enabled: optional(Schema.Boolean, "Without it nothing of this section holds. Default: false."),
  max_retries: optional(int, "Further runs of the same work where one has failed. Default: 0."),
  retry_on_asset_or_op_failure: optional(
    Schema.Boolean,
    "Whether that holds too where the work itself has failed. Default: true."
  )
})

/** The keys of each section. */
export const sections = (forms: Forms) => ({
  runQueue: runQueue(forms),
  runs: runs(forms),
  pools: pools(forms),
  monitoring: monitoring(forms),
  retries: retries(forms)
})

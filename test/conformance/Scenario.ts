/**
 * What happens to a run queue, step by step, and what the queue answers: the format of the recorded histories, of the
 * random ones, and of whatever plays them.
 */
import * as Schema from "effect/Schema"

/** A run's status, in Dagster's words. */
export const Status = Schema.Literals([
  "NOT_STARTED",
  "QUEUED",
  "STARTING",
  "STARTED",
  "CANCELING",
  "SUCCESS",
  "FAILURE",
  "CANCELED"
])
export type Status = typeof Status.Type

const TagLimit = Schema.Struct({
  key: Schema.String,
  limit: Schema.Int,
  /** Absent or `false`: one count for the key. A string: for that value. `true`: one count for each value. */
  value: Schema.optionalKey(
    Schema.Union([Schema.String, Schema.Struct({ applyLimitPerUniqueValue: Schema.Boolean })])
  )
})
export type TagLimit = typeof TagLimit.Type

/** The limits in force. */
export const Config = Schema.Struct({
  /** Runs in progress at once; -1 is no limit. Absent: 10. */
  max_concurrent_runs: Schema.optionalKey(Schema.Int),
  tag_concurrency_limits: Schema.optionalKey(Schema.Array(TagLimit)),
  /** Whether pools hold runs back in the queue, and on how many slots above a limit to count. */
  block_op_concurrency_limited_runs: Schema.optionalKey(
    Schema.Struct({
      enabled: Schema.Boolean,
      op_concurrency_slot_buffer: Schema.optionalKey(Schema.Int)
    })
  ),
  pools: Schema.optionalKey(
    Schema.Struct({
      granularity: Schema.Literals(["run", "op"]),
      /** A pool that is not named here is unlimited. */
      limits: Schema.Record(Schema.String, Schema.Int)
    })
  ),
  /** How long a started run counts for its root pools, in op granularity. Absent: 5. */
  started_run_allotment_seconds: Schema.optionalKey(Schema.Int)
})
export type Config = typeof Config.Type

const Tags = Schema.Record(Schema.String, Schema.String)

const PoolUse = Schema.Struct({
  /** How many of the first steps use each pool. */
  root: Schema.Record(Schema.String, Schema.Int),
  /** Every pool that any step uses. */
  all: Schema.Array(Schema.String),
  /** Whether some first step uses no pool. */
  unconstrained_root: Schema.Boolean
})
export type PoolUse = typeof PoolUse.Type

const Run = Schema.Struct({ id: Schema.String })
const Finish = Schema.Struct({
  id: Schema.String,
  status: Schema.Literals(["SUCCESS", "FAILURE", "CANCELED"])
})
const Submit = Schema.Struct({ id: Schema.String, tags: Tags, pools: Schema.optionalKey(PoolUse) })
const Inject = Schema.Struct({
  id: Schema.String,
  tags: Tags,
  status: Schema.Literals(["NOT_STARTED", "STARTING", "STARTED", "CANCELING"])
})

/** One thing that happens, named by its only key. */
export const Step = Schema.Union([
  /** Creates the run and puts it in the queue. */
  Schema.Struct({ submit: Submit }),
  /** A run that came to be in this status past the queue. */
  Schema.Struct({ inject: Inject }),
  /** One pass over the queue. */
  Schema.Struct({ tick: Schema.Literal(true) }),
  /** The run reports that it started. */
  Schema.Struct({ start: Run }),
  /** The run reports its end. */
  Schema.Struct({ finish: Finish }),
  Schema.Struct({ cancel: Run }),
  /** A step of a started run asks for a slot of the pool. */
  Schema.Struct({ claim: Schema.Struct({ id: Schema.String, step: Schema.String, pool: Schema.String }) }),
  /** A step gives back its slots, or its places in line. */
  Schema.Struct({ release: Schema.Struct({ id: Schema.String, step: Schema.String }) }),
  Schema.Struct({ set_limit: Schema.Struct({ pool: Schema.String, limit: Schema.Int }) }),
  /** So many seconds pass; the clock stands still otherwise. */
  Schema.Struct({ advance: Schema.Int })
])
export type Step = typeof Step.Type

/** What a step led to. */
export const Outcome = Schema.Struct({
  /** The runs that a tick started, in order. Only ticks have it. */
  launched: Schema.optionalKey(Schema.Array(Schema.String)),
  /** Every run whose status the step changed. Ticks always have it, other steps where there is one. */
  changed: Schema.optionalKey(Schema.Record(Schema.String, Status)),
  /** Whether the step that asked for a slot has it now. Only claims have it. */
  claimed: Schema.optionalKey(Schema.Boolean)
})
export type Outcome = typeof Outcome.Type

/** A queue, empty at first, and what happens to it. */
export const Scenario = Schema.Struct({ config: Config, steps: Schema.Array(Step) })
export type Scenario = typeof Scenario.Type

/** What a queue answered: an outcome for each step, and every run's status at the end. */
export const Answer = Schema.Struct({
  expected: Schema.Array(Outcome),
  final: Schema.Record(Schema.String, Status)
})
export type Answer = typeof Answer.Type

/** A scenario and what a real queue answered to it. */
export const Recording = Schema.Struct({ id: Schema.String, ...Scenario.fields, ...Answer.fields })
export type Recording = typeof Recording.Type

/**
 * What is asked for when a run is submitted. Recorded word for word in `RunSubmitted`.
 */
import * as Schema from "effect/Schema"
import { settings } from "../settings.ts"
import { Json } from "./Json.ts"
import { RetryRule } from "./RetryRule.ts"

/** Names a run for ever. Safe in file names, URLs and shells. */
export const RunId = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9][A-Za-z0-9._:@+-]*$/, {
    message: "a run's id begins with a letter or digit; then letters, digits and . _ : @ + - are allowed"
  }),
  Schema.isMaxLength(settings.runIdLengthMax)
).annotate({ identifier: "RunId" })
export type RunId = typeof RunId.Type

/** Milliseconds since 1970, UTC. */
export const Timestamp = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)).annotate({
  identifier: "Timestamp"
})

/** A length of time in whole milliseconds, more than none. */
export const Milliseconds = Schema.Int.check(Schema.isGreaterThan(0)).annotate({ identifier: "Milliseconds" })

/** Free labels that limits, priorities and people go by. */
export const Tags = Schema.Record(Schema.String, Schema.String).annotate({ identifier: "Tags" })

/** Names a pool: letters, digits, `-` and `_`, as Dagster has it since 1.10; older names may hold `/` and `.` too. */
export const PoolName = Schema.String.check(
  Schema.isPattern(/^[A-Za-z0-9_./-]+$/, {
    message: "a pool's name consists of letters, digits and - _ . /"
  })
).annotate({ identifier: "PoolName" })

const Slots = Schema.Record(PoolName, Schema.Int.check(Schema.isGreaterThan(0)))

/** The pools that the steps of a run use, known before it starts. Idea: Dagster's `run_op_concurrency`. */
export const PoolUse = Schema.Struct({
  /** How many of the first steps, those that wait for no other step, use each pool. */
  root: Schema.optionalKey(Slots),
  /** Every pool that any step uses. Those of `root` belong to it whether they stand here or not. */
  all: Schema.optionalKey(Schema.Array(PoolName)),
  /** Whether some first step uses no pool, so that the run can begin with it. */
  unconstrainedRoot: Schema.optionalKey(Schema.Boolean),
  /** The slots that its heaviest step takes of each pool; 1 where left out. */
  slots: Schema.optionalKey(Slots)
}).annotate({ identifier: "PoolUse" })
export type PoolUse = typeof PoolUse.Type

/**
 * What becomes of a new run while another with its key is active: it waits its turn (`queue`), is refused (`refuse`),
 * takes the place of those that still wait (`replace`), or of those that run, too, which are stopped (`cancel`).
 */
export const Unique = Schema.Struct({
  key: Schema.NonEmptyString,
  collision: Schema.Literals(["queue", "refuse", "replace", "cancel"])
}).annotate({ identifier: "Unique" })

const Count = Schema.Int.check(Schema.isGreaterThan(0))

/** What a process may use at most; the system holds each process that it starts to the same. */
export const ProcessLimits = Schema.Struct({
  /** Seconds of a processor's time; beyond them it is sent SIGXCPU, and a second later SIGKILL. */
  cpuSeconds: Schema.optionalKey(Count),
  /** Megabytes of address space: what it asks for beyond is refused to it. */
  memoryMb: Schema.optionalKey(Count),
  /** Files and sockets open at the same time. */
  openFiles: Schema.optionalKey(Count),
  /** From 0 to 19: the higher, the sooner it lets other processes go first. Added to that of the coordinator. */
  nice: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 19 })))
}).annotate({ identifier: "ProcessLimits" })
export type ProcessLimits = typeof ProcessLimits.Type

const fields = {
  /** The kind of work: the function to call for an inline run, a name for people otherwise. */
  job: Schema.optionalKey(Schema.NonEmptyString),
  /** Names the launcher that is to take it. If left out, a run with a command is a process, any other a function. */
  launcher: Schema.optionalKey(Schema.NonEmptyString),
  /** A program and its arguments, or one line for `/bin/sh`. A run with a command is a process. */
  command: Schema.optionalKey(Schema.Union([Schema.NonEmptyString, Schema.NonEmptyArray(Schema.String)])),
  /** Handed to the inline function as it is. */
  input: Schema.optionalKey(Json),
  /** Set for the process on top of the coordinator's own environment. */
  env: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  /** Where the process runs; the coordinator's own folder if left out. */
  cwd: Schema.optionalKey(Schema.NonEmptyString),
  /** What the process may use at most. */
  limits: Schema.optionalKey(ProcessLimits),
  tags: Schema.optionalKey(Tags),
  /** Higher first. Goes before the tag `dagster/priority`. */
  priority: Schema.optionalKey(Schema.Int),
  /** Stopped and failed when it has run for so long. */
  maxRuntimeMs: Schema.optionalKey(Milliseconds),
  /** Fails when it has waited in the queue for so long. */
  maxQueuedMs: Schema.optionalKey(Milliseconds),
  /** Pools that its steps use. */
  pools: Schema.optionalKey(PoolUse),
  /** Of the runs with the same key one is in flight at a time. */
  unique: Schema.optionalKey(Unique),
  /** When it is tried again; the first rule that fits counts. Goes before the rules of the policy. */
  retry: Schema.optionalKey(Schema.Array(RetryRule))
}

const hasWork = Schema.makeFilter<{ readonly job?: string; readonly command?: unknown }>(
  (run) => run.job !== undefined || run.command !== undefined,
  { message: "a run needs a `job` (a function of this program) or a `command` (a process)" }
)

/** What a schedule asks for again and again: all of a run but its name and its time. */
export const ScheduledRun = Schema.Struct(fields).check(hasWork).annotate({ identifier: "ScheduledRun" })

/** What is asked for when a run is submitted. */
export const RunSpec = Schema.Struct({
  id: RunId,
  ...fields,
  /** Not admitted before this moment. */
  notBefore: Schema.optionalKey(Timestamp),
  /** The run that this one does again. */
  parent: Schema.optionalKey(RunId)
})
  .check(hasWork)
  .annotate({ identifier: "RunSpec" })
export type RunSpec = typeof RunSpec.Type

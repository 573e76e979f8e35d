/**
 * Runs picked on a command line: by name, or by what they have in common.
 */
import * as Argument from "effect/cli/Argument"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { RunQueue } from "../queue/RunQueue.ts"
import { select } from "../queue/select.ts"
import { type RunState, runStates } from "../run/lifecycle.ts"
import type { Run } from "../run/Run.ts"
import { Exit, exitCodes } from "./exitCodes.ts"
import { findRun } from "./readQueue.ts"

/** Filters that runs must meet, all of them. */
export const filterFlags = {
  state: Flag.Literals("state", runStates).pipe(
    Flag.withDescription("Only runs in this state; may be given several times"),
    Flag.atLeast(0)
  ),
  tag: Flag.KeyValuePair("tag").pipe(
    Flag.withDescription("Only runs with this tag, KEY=VALUE; may be given several times"),
    Flag.withDefault({})
  ),
  job: Flag.String("job").pipe(Flag.withDescription("Only runs of this job"), Flag.optional)
}

interface Filters {
  readonly state: ReadonlyArray<RunState>
  readonly tag: Readonly<Record<string, string>>
  readonly job: Option.Option<string>
}

/** The runs that meet the filters; the last `limit` of them. */
export const filtered = (queue: RunQueue, { state, tag, job }: Filters, limit?: number): ReadonlyArray<Run> =>
  select(queue, { states: state, tags: tag, job: Option.getOrUndefined(job) }, limit)

/** A run that must be named. */
export const runArgument = Argument.String("run").pipe(
  Argument.withMetavar("RUN"),
  Argument.withDescription("The run's id; of a run file's run the name in the file finds the newest")
)

/** Runs by name or by filter, and whether only to say which they are. */
export const selectionFlags = {
  runs: Argument.String("run").pipe(
    Argument.withMetavar("RUN"),
    Argument.withDescription("Ids of runs, or their names in a run file; left out, filters choose"),
    Argument.variadic()
  ),
  ...filterFlags,
  dryRun: Flag.Boolean("dry-run").pipe(
    Flag.withDescription("Only say which runs these are"),
    Flag.withDefault(false)
  )
}

const isEmpty = ({ state, tag, job }: Filters): boolean =>
  state.length === 0 && Object.keys(tag).length === 0 && Option.isNone(job)

const unselective = new Exit({
  code: exitCodes.usage.code,
  message: "Which runs? Name them, or give --state, --tag or --job."
})

/** The runs that were named, or else those that meet the filters and this condition. Names and filters do not mix. */
export const selected = (
  queue: RunQueue,
  { runs, ...filters }: Filters & { readonly runs: ReadonlyArray<string> },
  condition: (run: Run) => boolean
): Effect.Effect<ReadonlyArray<Run>, Exit> => {
  if (runs.length > 0 && !isEmpty(filters))
    return Effect.fail(
      new Exit({ code: exitCodes.usage.code, message: "Name runs, or filter them: not both." })
    )
  if (runs.length > 0) return Effect.forEach(runs, (id) => findRun(queue, id))
  return isEmpty(filters)
    ? Effect.fail(unselective)
    : Effect.succeed(filtered(queue, filters).filter(condition))
}

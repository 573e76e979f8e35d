/**
 * A custom coordinator: a say of your own over each run before it is recorded. Dagster's custom coordinators
 * override `submit_run` for this.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import type { Command } from "../queue/QueueCommand.ts"
import type { Rejection } from "../run/Rejection.ts"
import { RunSpec } from "../run/RunSpec.ts"
import { CommandRejected } from "./CoordinatorError.ts"

/** Who asks, and what came with the request. */
export interface Request {
  readonly actor: string
  /** As with HTTP: names in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

/** Says no to a run, with a reason for the one who asked. */
export interface Refusal {
  readonly refuse: string
}

/** The run as it shall be recorded, nothing for as it is, or a refusal. */
export type Verdict = RunSpec | Refusal | undefined

/**
 * Called with each submitted run before it is recorded: may add tags, change the priority, or refuse. What came
 * and what became of it are both recorded. If it fails, the run is refused.
 */
export type OnSubmit = (
  spec: RunSpec,
  request: Request
) => Verdict | Promise<Verdict> | Effect.Effect<Verdict, unknown>

const ask = (onSubmit: OnSubmit, spec: RunSpec, request: Request): Effect.Effect<Verdict, unknown> =>
  Effect.suspend(() => {
    const verdict = onSubmit(spec, request)
    return Effect.isEffect(verdict) ? verdict : Effect.promise(async () => verdict)
  })

const isRefusal = Schema.is(Schema.Struct({ refuse: Schema.String }))
const decodeSpec = Schema.decodeUnknownEffect(RunSpec, { onExcessProperty: "error" })

/** The command as it goes to the coordinator, once `onSubmit` has had its say. */
export const review = (
  onSubmit: OnSubmit,
  command: Command,
  request: Request
): Effect.Effect<Command, CommandRejected> => {
  if (command._tag !== "SubmitRun") return Effect.succeed(command)
  const { spec } = command
  const refused = (rejection: Pick<Rejection & { _tag: "SubmitRefused" }, "reason">) =>
    new CommandRejected({
      rejection: { _tag: "SubmitRefused", command: command._tag, run: spec.id, ...rejection }
    })
  return Effect.gen(function* () {
    const exit = yield* Effect.exit(ask(onSubmit, spec, request))
    if (Exit.isFailure(exit)) {
      return yield* refused({ reason: `the custom coordinator failed: ${String(Cause.squash(exit.cause))}` })
    }
    const verdict = exit.value
    if (verdict === undefined || verdict === spec) return command
    if (isRefusal(verdict)) return yield* refused({ reason: verdict.refuse })
    const changed = yield* Effect.mapError(decodeSpec({ ...verdict, id: spec.id }), (issue) =>
      refused({ reason: `the custom coordinator made it invalid: ${issue.message}` })
    )
    return { ...command, spec: changed, requested: spec }
  })
}

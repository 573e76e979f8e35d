/**
 * Runs as programs submit them: checked, given an id, and many of them a chunk at a time.
 */
import { randomUUID } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaJITCompiler from "effect/schema/SchemaJITCompiler"
import type { Command } from "../queue/QueueCommand.ts"
import type { Accepted } from "../queue/turn.ts"
import type { Run } from "../run/Run.ts"
import type { RunId } from "../run/RunSpec.ts"
import { RunSpec } from "../run/RunSpec.ts"
import type { Coordinator } from "./Coordinator.ts"
import { CommandRejected } from "./CoordinatorError.ts"
import type { Request } from "./OnSubmit.ts"

/** A run to submit; an id is made up where it has none. */
export type NewRun = Omit<RunSpec, "id"> & { readonly id?: RunId }

const strict = { onExcessProperty: "error", errors: "all" } as const
SchemaJITCompiler.enable(RunSpec.ast)
const decodeSpec = Schema.decodeUnknownResult(RunSpec, strict)

export const specOf = (run: NewRun): Result.Result<RunSpec, CommandRejected> => {
  const spec = { ...run, id: run.id ?? randomUUID() }
  const invalid = (issue: string) =>
    new CommandRejected({
      rejection: { _tag: "CommandInvalid", command: "SubmitRun", run: String(spec.id), issue }
    })
  return Result.mapError(decodeSpec(spec), (error) => invalid(error.message))
}

/** Who submits, and a key under which the same wish may be uttered again for some time: it is fulfilled once. */
export interface Submitting extends Partial<Request> {
  readonly idempotencyKey?: string | undefined
}

export const submitOf = (spec: RunSpec, idempotencyKey: string | undefined): Command => ({
  _tag: "SubmitRun",
  spec,
  ...(idempotencyKey !== undefined && { idempotencyKey })
})

export function* chunked<A>(items: Iterable<A>, size: number): Generator<ReadonlyArray<A>> {
  let chunk: Array<A> = []
  for (const item of items) {
    chunk.push(item)
    if (chunk.length < size) continue
    yield chunk
    chunk = []
  }
  if (chunk.length > 0) yield chunk
}

const runOf = ({ run }: Accepted): Run => {
  if (!run) throw new Error("no run was touched")
  return run
}

/** Has a chunk decided; a run that makes no sense is refused by itself. */
export const submitChunk = Effect.fnUntraced(function* (
  coordinator: Coordinator["Service"],
  chunk: ReadonlyArray<NewRun>,
  request: Partial<Request>,
  keyOf: (at: number) => string | undefined
) {
  const specs = chunk.map(specOf)
  const commands = specs.flatMap((spec, at) =>
    Result.isSuccess(spec) ? [submitOf(spec.success, keyOf(at))] : []
  )
  const replies = (yield* coordinator.askAll(commands, request)).values()
  return specs.map((spec) => {
    if (Result.isFailure(spec)) return Result.fail(spec.failure)
    const reply = replies.next().value
    if (!reply) throw new Error("a command was left without a reply")
    return Result.map(reply, runOf)
  })
})

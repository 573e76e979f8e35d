/**
 * A run file: runs to do, and the rules to do them under.
 */
import { dirname, resolve } from "node:path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Policy } from "../queue/Policy.ts"
import { Json } from "../run/Json.ts"
import { PoolUse, ProcessLimits, RunId, type RunSpec, Tags, Unique } from "../run/RunSpec.ts"
import { type Document, readDocument } from "./Document.ts"
import { decodeDocument, showPath } from "./decodeDocument.ts"
import { FileRetry, toRule } from "./FileRetry.ts"
import { InputError, type Problem } from "./InputError.ts"
import { policyProblems } from "./policyProblems.ts"
import { policyOf, RunsPolicy } from "./RunsPolicy.ts"
import { Length, Moment, parseLength, parseMoment } from "./time.ts"

const Env = Schema.Record(Schema.String, Schema.String)

const shared = {
  /** The kind of work, for people and for limits. */
  job: Schema.optionalKey(Schema.NonEmptyString),
  /** The launcher that is to take it; a process of this machine if left out. */
  launcher: Schema.optionalKey(Schema.NonEmptyString),
  /** Environment variables, on top of those of the coordinator. */
  env: Schema.optionalKey(Env),
  /** The folder to run in, counted from the file's own, which is also the default. */
  cwd: Schema.optionalKey(Schema.NonEmptyString),
  /** What its process may use at most. */
  limits: Schema.optionalKey(ProcessLimits),
  /** Labels that limits, priorities and people go by. */
  tags: Schema.optionalKey(Tags),
  /** Higher goes first; 0 if left out. Goes before the tag `dagster/priority`. */
  priority: Schema.optionalKey(Schema.Int),
  /** A moment before which the run is not admitted. */
  notBefore: Schema.optionalKey(Moment),
  /** A length of time after which the run is stopped and fails. */
  maxRuntime: Schema.optionalKey(Length),
  /** A length of time after which the run fails if it still waits in the queue. */
  maxQueued: Schema.optionalKey(Length),
  /** Pools that its steps use. */
  pools: Schema.optionalKey(PoolUse),
  /** When it is tried again; the first rule that fits counts. */
  retry: Schema.optionalKey(Schema.Array(FileRetry)),
  /** Of the runs with this key one is in flight at a time; `collision` says what becomes of the others. */
  unique: Schema.optionalKey(Unique)
}

/** One run of a run file. */
export const FileRun = Schema.Struct({
  /** Its name in the file, used once. */
  id: RunId,
  /** A program and its arguments as a list, or one line for `/bin/sh`. A run has one unless a `launcher` knows its `job`. */
  command: Schema.optionalKey(Schema.Union([Schema.NonEmptyString, Schema.NonEmptyArray(Schema.String)])),
  /** Handed to its `job` as it is. */
  input: Schema.optionalKey(Json),
  ...shared
})

/** What stands in a run file. */
export const RunFile = Schema.Struct({
  policy: Schema.optionalKey(RunsPolicy),
  /** What holds for each run that does not say otherwise; `env` and `tags` are merged. */
  defaults: Schema.optionalKey(Schema.Struct(shared)),
  runs: Schema.NonEmptyArray(FileRun)
})

/** What a run file asks for. */
export interface Plan {
  readonly file: string
  /** Undefined where the file says nothing: the rules in force stay. */
  readonly policy: Policy | undefined
  readonly runs: ReadonlyArray<RunSpec>
}

type FileContents = typeof RunFile.Type

const duplicates = (document: Document, { runs }: FileContents): ReadonlyArray<Problem> => {
  const first = new Map<string, number>()
  return runs.flatMap(({ id }, index) => {
    const before = first.get(id)
    if (before === undefined) {
      first.set(id, index)
      return []
    }
    const path = ["runs", index, "id"]
    const { line } = document.locate(["runs", before, "id"])
    const message = `${id} is the id of another run already (line ${line}); ids are used once`
    return [{ ...document.locate(path), path: showPath(path), message }]
  })
}

/** A process needs a command, and any other launcher something to go by. */
const incomplete = (document: Document, { defaults, runs }: FileContents): ReadonlyArray<Problem> =>
  runs.flatMap((run, index) => {
    const { command, launcher = "process", job } = { ...defaults, ...run }
    if (command !== undefined || (job !== undefined && launcher !== "process")) return []
    const path = ["runs", index]
    const message = `${run.id} has no \`command\`; only a run with a \`job\` and a \`launcher\` that knows it needs none`
    return [{ ...document.locate(path), path: showPath(path), message }]
  })

type FileWords = Pick<typeof FileRun.Type, "maxRuntime" | "maxQueued" | "retry">

const merged = <A>(
  defaults: Readonly<Record<string, A>> | undefined,
  own: Readonly<Record<string, A>> | undefined
): Readonly<Record<string, A>> | undefined => (defaults || own ? { ...defaults, ...own } : undefined)

/** The run that an entry asks for; a `cwd` counts from the folder of `file`. */
export const toSpec = (
  file: string,
  defaults: FileContents["defaults"],
  run: FileContents["runs"][number],
  now: number
) => {
  const { notBefore, cwd = ".", ...rest } = { ...defaults, ...run }
  const env = merged(defaults?.env, run.env)
  const tags = merged(defaults?.tags, run.tags)
  const at = notBefore === undefined ? undefined : parseMoment(notBefore, now)
  return {
    ...sharedSpec(rest),
    cwd: resolve(dirname(file), cwd),
    ...(env && { env }),
    ...(tags && { tags }),
    ...(at !== undefined && { notBefore: at })
  } satisfies RunSpec
}

/** What an entry says of a run in words that a spec has numbers for. */
export const sharedSpec = <A extends FileWords>({ maxRuntime, maxQueued, retry, ...rest }: A) => {
  const maxRuntimeMs = maxRuntime === undefined ? undefined : parseLength(maxRuntime)
  const maxQueuedMs = maxQueued === undefined ? undefined : parseLength(maxQueued)
  return {
    ...rest,
    ...(maxRuntimeMs !== undefined && { maxRuntimeMs }),
    ...(maxQueuedMs !== undefined && { maxQueuedMs }),
    ...(retry && { retry: retry.map(toRule) })
  }
}

/**
 * Reads a run file. A `cwd` counts from the file's own folder, which is also the default; a `notBefore` that is a
 * length of time counts from `now`.
 */
export const readRunFile = Effect.fnUntraced(function* (file: string, now: number) {
  const document = yield* readDocument(file)
  const contents = yield* decodeDocument(RunFile, document)
  const policy = contents.policy && policyOf(contents.policy)
  const problems = [
    ...(policy ? policyProblems(policy, document, ["policy"]) : []),
    ...incomplete(document, contents),
    ...duplicates(document, contents)
  ]
  if (problems.length > 0) return yield* new InputError({ file, problems })
  const runs = contents.runs.map((run) => toSpec(file, contents.defaults, run, now))
  return { file, policy, runs } satisfies Plan
})

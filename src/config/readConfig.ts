/**
 * Configuration files. A file called `dagster.yaml` is read as Dagster reads it, and what is no key of Dagster's is an
 * error in it. Any other file is read as a signalbox.yaml, of which a dagster.yaml is a part with the same meaning.
 * `form` says so where the name does not.
 *
 * Both are read as YAML 1.1, which Dagster's files are: `yes` and `on` are true, and `<<` merges.
 */
import { basename } from "node:path"
import * as Effect from "effect/Effect"
import type { Policy } from "../queue/Policy.ts"
import { type CoordinatorKind, kindOf } from "./coordinatorSchema.ts"
import { type Document, readDocument } from "./Document.ts"
import { dagsterYaml } from "./dagsterYaml.ts"
import { deadRules } from "./deadRules.ts"
import { decodeDocument, showPath } from "./decodeDocument.ts"
import { InputError, type Problem } from "./InputError.ts"
import type { Note } from "./Note.ts"
import { policyProblems } from "./policyProblems.ts"
import { remarks } from "./remarks.ts"
import { type Settled, settle } from "./settle.ts"
import { type Contents, signalboxYaml } from "./signalboxYaml.ts"
import { toPolicy } from "./toPolicy.ts"
import { validateClasses } from "./validateClasses.ts"
import { type Breach, validateConcurrency, valueAt } from "./validateConcurrency.ts"
import type { Environment } from "./wholeNumber.ts"

/** The two forms of a configuration file. */
export const configForms = ["dagster", "signalbox"] as const
type Form = (typeof configForms)[number]

/** What a configuration file says. */
export interface Config {
  /** As it was named. */
  readonly file: string
  readonly document: Document
  readonly form: Form
  readonly policy: Policy
  /** Each value with where it comes from, under the key that signalbox.yaml has for it. */
  readonly settled: Settled
  readonly notes: ReadonlyArray<Note>
}

const formOf = (file: string): Form => (/^dagster\.ya?ml$/.test(basename(file)) ? "dagster" : "signalbox")

const coordinatorKind = ({ value }: Document): CoordinatorKind => {
  const name = valueAt(value, ["run_coordinator", "class"])
  return name === undefined ? "queued" : kindOf(valueAt(value, ["run_coordinator", "module"]), name)
}

const decode = (document: Document, form: Form, env: Environment): Effect.Effect<Contents, InputError> => {
  const kind = coordinatorKind(document)
  return form === "dagster"
    ? decodeDocument(dagsterYaml(env, kind), document)
    : decodeDocument(signalboxYaml(env, kind), document)
}

const problemsOf = (document: Document, breaches: ReadonlyArray<Breach>): ReadonlyArray<Problem> =>
  breaches.map(({ path, at, message }) => ({ ...document.locate(path, at), path: showPath(path), message }))

const byLine = (a: Problem, b: Problem): number => (a.line ?? 0) - (b.line ?? 0)

/** What is wrong by more than one rule is told once, and Dagster's own rules come first. */
const decodeBy = Effect.fnUntraced(function* (document: Document, form: Form, env: Environment) {
  const broken = problemsOf(document, validateConcurrency(document.value, env))
  const told = new Set(broken.map(({ path }) => path))
  const fail = (more: ReadonlyArray<Problem>) =>
    new InputError({
      file: document.file,
      problems: [...broken, ...more.filter(({ path }) => !told.has(path)).sort(byLine)]
    })
  const contents = yield* Effect.mapError(decode(document, form, env), ({ problems }) => fail(problems))
  const late = problemsOf(document, validateClasses(contents, form === "dagster"))
  return broken.length + late.length > 0 ? yield* fail(late) : contents
})

const queueKeys = Object.keys(signalboxYaml({}, "queued").fields.run_queue.schema.fields)

/** Reads a configuration file; fails with all that is wrong with it. */
export const readConfig = Effect.fnUntraced(function* (
  file: string,
  env: Environment,
  options: { readonly form?: Form | undefined } = {}
) {
  const read = yield* readDocument(file, "1.1")
  // An empty file says nothing, and that is allowed.
  const document = { ...read, value: read.value ?? {} }
  const form = options.form ?? formOf(file)
  const contents = yield* decodeBy(document, form, env)
  const settled = settle(contents, document)
  const policy = toPolicy(settled)
  const problems = policyProblems(policy, document, ["concurrency", "runs"]).toSorted(byLine)
  if (problems.length > 0) return yield* new InputError({ file, problems })
  const notes = [...remarks(contents, document, queueKeys), ...deadRules(settled, document)]
  return { file, document, form, policy, settled, notes } satisfies Config
})

/**
 * A document through a schema. Nothing unknown is passed over, and all faults are told at once.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import * as SchemaIssue from "effect/SchemaIssue"
import { closest, distance } from "fastest-levenshtein"
import type { Document } from "./Document.ts"
import { InputError, type Problem } from "./InputError.ts"

type Path = ReadonlyArray<PropertyKey>

/** `runs[3].tags.team`, quoting what is no plain name. */
export const showPath = (path: Path): string =>
  path.reduce<string>((shown, key) => {
    if (typeof key === "number") return `${shown}[${key}]`
    const name = String(key)
    if (!/^[\w-]+$/.test(name)) return `${shown}[${JSON.stringify(name)}]`
    return shown === "" ? name : `${shown}.${name}`
  }, "")

const keysOf = (ast: SchemaAST.AST): ReadonlyArray<string> =>
  ast._tag === "Objects" ? ast.propertySignatures.map(({ name }) => String(name)) : []

/** The known name that a person most likely meant, if one is near. */
export const nearest = (name: string, known: ReadonlyArray<string>): string | undefined => {
  if (known.length === 0) return undefined
  const candidate = closest(name, known)
  return distance(name, candidate) <= Math.max(2, name.length / 3) ? candidate : undefined
}

/** What stands in the formatter's place for an unknown key, so that its name can be put in later. */
const unknownKey = "unknown key\n"

const hintOf = (ast: SchemaAST.AST): string => {
  const hint = ast.annotations?.["messageUnexpectedKey"]
  return typeof hint === "string" ? hint : ""
}

const leafHook: SchemaIssue.LeafHook = (issue) => {
  if (issue._tag === "UnexpectedKey")
    return unknownKey + JSON.stringify({ known: keysOf(issue.ast), more: hintOf(issue.ast) })
  return issue._tag === "MissingKey" ? "is missing" : SchemaIssue.defaultLeafHook(issue)
}

const format = SchemaIssue.makeFormatterStandardSchemaV1({ leafHook })

interface Unexpected {
  readonly known: ReadonlyArray<string>
  /** What the schema says to anyone who writes another key, as `messageUnexpectedKey`. */
  readonly more: string
}

const unexpected = (key: string, { known, more }: Unexpected): string => {
  if (known.length === 0) return more
  const meant = nearest(key, known)
  const hint = meant === undefined ? "" : `; did you mean ${meant}?`
  return `is not known here${hint} (known: ${known.join(", ")})${more === "" ? "" : `; ${more}`}`
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)

const problemOf = (document: Document, path: Path, message: string): Problem => {
  if (!message.startsWith(unknownKey)) {
    return { ...document.locate(path), path: showPath(path), message: lowerFirst(message) }
  }
  const said: Unexpected = JSON.parse(message.slice(unknownKey.length))
  const key = String(path.at(-1))
  return { ...document.locate(path, "key"), path: showPath(path), message: unexpected(key, said) }
}

const stepOf = (step: PropertyKey | { readonly key: PropertyKey }): PropertyKey =>
  typeof step === "object" ? step.key : step

/** Decodes a document; fails with every fault, each with its place. */
export const decodeDocument = <A>(
  schema: Schema.Codec<A, unknown>,
  document: Document
): Effect.Effect<A, InputError> =>
  Schema.decodeUnknownEffect(schema)(document.value, {
    onExcessProperty: "error",
    errors: "all",
    reportInput: true
  }).pipe(
    Effect.mapError((error) => {
      const { issues } = format(error.issue)
      const problems = issues.map(({ path = [], message }) => problemOf(document, path.map(stepOf), message))
      return new InputError({ file: document.file, problems })
    })
  )

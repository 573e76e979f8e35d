/**
 * Whole numbers as configuration files write them: plain, or `{ env: NAME }`, which is the number that an environment
 * variable holds. The form is Dagster's.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import * as SchemaIssue from "effect/SchemaIssue"

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Anything that decodes to a whole number. */
export type WholeNumber = Schema.Codec<number, unknown>

const digits = /^\s*[+-]?\d+\s*$/

const read = (name: string, env: Environment): Effect.Effect<number, SchemaIssue.Issue> => {
  const text = Object.hasOwn(env, name) ? env[name] : undefined
  if (text !== undefined && digits.test(text)) return Effect.succeed(Number(text))
  const message =
    text === undefined
      ? `the environment variable ${name} is not set`
      : `expected a whole number in the environment variable ${name}, got ${JSON.stringify(text)}`
  return Effect.fail(new SchemaIssue.InvalidValue({ message }))
}

/** A whole number, or `{ env: NAME }`. */
export const wholeNumber = (env: Environment): WholeNumber => {
  const Variable = Schema.Struct({ env: Schema.NonEmptyString }).pipe(
    Schema.decodeTo(Schema.Int, {
      decode: SchemaGetter.transformEffect(({ env: name }: { readonly env: string }) => read(name, env)),
      encode: SchemaGetter.forbiddenEncoding
    })
  )
  return Schema.Union([Schema.Int, Variable]).annotate({ expected: "a whole number or { env: NAME }" })
}

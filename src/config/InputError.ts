/**
 * What is wrong with a file that a person wrote: each fault with its place, what was found and what is allowed.
 */
import * as Schema from "effect/Schema"

/** One fault. Line and column from 1; the path as in JavaScript, such as `runs[3].tags.team`. */
export const Problem = Schema.Struct({
  line: Schema.optionalKey(Schema.Int),
  column: Schema.optionalKey(Schema.Int),
  path: Schema.String,
  message: Schema.String
})
export type Problem = typeof Problem.Type

/** A fault, or a note, in one line after its place. */
export const describeProblem = (file: string, { line, column, path, message }: Problem): string => {
  const place = line === undefined ? file : `${file}:${line}:${column}`
  return path === "" ? `${place}: ${message}` : `${place}: ${path}: ${message}`
}

export class InputError extends Schema.TaggedError<InputError>()("InputError", {
  file: Schema.String,
  problems: Schema.Array(Problem)
}) {
  override get message(): string {
    return this.problems.map((problem) => describeProblem(this.file, problem)).join("\n")
  }
}

/**
 * What is worth saying of a file that is right.
 */
import * as Schema from "effect/Schema"
import { Problem } from "./InputError.ts"

/**
 * `ignored`: sections that are not read; `no effect`: a key that means nothing here; `dead`: a rule that never decides;
 * `bring over`: what has to be moved by hand; `mind`: what is easily meant otherwise.
 */
export const Note = Schema.Struct({
  ...Problem.fields,
  kind: Schema.Literals(["ignored", "no effect", "dead", "bring over", "mind"])
})
export type Note = typeof Note.Type

/**
 * What is wrong with what was to be imported. Nothing of it is in the log then.
 */
import * as Schema from "effect/Schema"

/** Says where it is wrong, and how: at a line of the text, or at the place of an event among all of them. */
export class ImportError extends Schema.TaggedError<ImportError>()("ImportError", {
  place: Schema.Literals(["line", "event"]),
  /** Which one, from 1. */
  number: Schema.Int,
  issue: Schema.String
}) {
  override get message(): string {
    return `${this.place} ${this.number}: ${this.issue}; nothing was imported`
  }
}

/**
 * What stands in a log as text, for archives, other stores and other programs: one event a line.
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Entry } from "./EventLog.ts"
import { cloudEventLine, eventLine } from "./eventLine.ts"
import { type LogError, logError } from "./LogError.ts"

/** How events are written: as this product's lines, or as CloudEvents 1.0 of a source. */
export type ExportFormat =
  | { readonly format: "ndjson" }
  | {
      readonly format: "cloudevents"
      /** A URI reference that names the log to whoever gets its events. */
      readonly source: string
    }

/**
 * The lines of these entries, each with its line feed. Nothing is read or checked: what stands in the store goes out as it
 * is. Fails as `Corrupt` where an event has no form in the format.
 */
export const exportEntries = <E, R>(
  entries: Stream.Stream<Entry, E, R>,
  form: ExportFormat = { format: "ndjson" }
): Stream.Stream<string, E | LogError, R> => {
  const lineOf = form.format === "ndjson" ? eventLine : cloudEventLine(form.source)
  const textOf = (entry: Entry): string => {
    try {
      return `${lineOf(entry)}\n`
    } catch (error) {
      throw logError({ _tag: "Corrupt", position: entry.row[0], issue: String(error) })
    }
  }
  return Stream.mapArrayEffect(entries, (page) =>
    Effect.try({ try: () => Arr.map(page, textOf), catch: (error) => error as LogError })
  )
}

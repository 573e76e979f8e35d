/**
 * What `exportEntries` has written, read again, line by line: never more than a line and a piece of the text are held.
 */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { settings } from "../settings.ts"
import { fromRow } from "./codec.ts"
import type { Entry } from "./EventLog.ts"
import { readEventLine } from "./eventLine.ts"
import { ImportError } from "./ImportError.ts"
import { LogError } from "./LogError.ts"

/** Cuts UTF-8 into lines, and reads each as an event. */
class Reader {
  private readonly name: string
  private readonly decoder = new TextDecoder("utf-8", { fatal: true })
  private rest = ""
  private line = 0

  constructor(name: string) {
    this.name = name
  }

  /** The events whose lines end with this piece; without one, the text is over. */
  take(piece?: Uint8Array): ReadonlyArray<Entry> {
    const text = this.decode(piece)
    this.rest += text
    // A long line comes in many pieces: it is looked through once, when its end is there.
    const lines = text.includes("\n") ? this.rest.split("\n") : [this.rest]
    this.rest = lines.pop() ?? ""
    if (this.rest.length > settings.importLineMax) {
      throw this.wrong(this.line + 1, `it is longer than ${settings.importLineMax} characters`)
    }
    if (!piece && this.rest !== "") lines.push(this.rest)
    return lines.map((line) => this.read(line))
  }

  private decode(piece: Uint8Array | undefined): string {
    try {
      return this.decoder.decode(piece, { stream: piece !== undefined })
    } catch {
      throw this.wrong(this.line + 1, "from there on it is not UTF-8")
    }
  }

  private read(line: string): Entry {
    const number = ++this.line
    try {
      const entry = readEventLine(line.trimEnd())
      // Refused now, and not when the log is first used.
      fromRow(this.name, entry.row)
      return entry
    } catch (error) {
      if (error instanceof LogError && error.reason._tag === "NewerFormat") throw error
      if (error instanceof LogError && error.reason._tag === "Corrupt")
        throw this.wrong(number, error.reason.issue)
      throw this.wrong(number, error instanceof Error ? error.message : String(error))
    }
  }

  private wrong(number: number, issue: string): ImportError {
    return new ImportError({ place: "line", number, issue: issue.replaceAll(/\s+/g, " ") })
  }
}

/**
 * The entries of a text that is named `name`, of either format; fails at the first line that holds none, or one that this
 * version does not know. Whether each follows the one before is checked where they are written.
 */
export const importEntries = <E, R>(
  text: Stream.Stream<Uint8Array, E, R>,
  name = "the import"
): Stream.Stream<Entry, E | ImportError | LogError, R> =>
  Stream.suspend(() => {
    const reader = new Reader(name)
    const take = (piece?: Uint8Array) =>
      Effect.try({
        try: () => Stream.fromIterable(reader.take(piece)),
        catch: (error) => {
          if (error instanceof ImportError || error instanceof LogError) return error
          throw error
        }
      })
    return Stream.concat(
      Stream.flatMap(text, (piece) => Stream.unwrap(take(piece))),
      Stream.unwrap(Effect.suspend(() => take()))
    )
  })

/**
 * Runs to submit, read as they come: one a line as JSON (NDJSON), from a file or from stdin. No more of them are held at a
 * time than are submitted at a time.
 */
import { randomUUID } from "node:crypto"
import { createReadStream } from "node:fs"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { decodeDocument } from "../config/decodeDocument.ts"
import { InputError } from "../config/InputError.ts"
import { FileRun, toSpec } from "../config/readRunFile.ts"
import { IdempotencyKey } from "../run/RunCommand.ts"
import { RunId, type RunSpec } from "../run/RunSpec.ts"
import { settings } from "../settings.ts"

/** A line: the keys of a run in a run file; `id` may be left out, and a key of its own be given. */
const Line = Schema.Struct({
  ...FileRun.fields,
  id: Schema.optionalKey(RunId),
  idempotencyKey: Schema.optionalKey(IdempotencyKey)
})

/** A run, and where it stands. */
export interface Submission {
  /** The file and the line. */
  readonly place: string
  /** What tells it from the others of its file. */
  readonly mark: string
  readonly spec: RunSpec
  readonly idempotencyKey: string | undefined
}

/** What stdin is called where a file is named. */
const stdin = "-"

/** A line that says no run fails by itself. */
type Read = Result.Result<Submission, InputError>

const wrong = (file: string, line: number, message: string): InputError =>
  new InputError({ file, problems: [{ line, column: 1, path: "", message }] })

const parse = (file: string, line: number, text: string): Result.Result<unknown, InputError> =>
  Result.try({
    try: () => JSON.parse(text) as unknown,
    catch: (error) =>
      wrong(file, line, `expected one run as JSON; ${error instanceof Error ? error.message : String(error)}`)
  })

const readLine = (file: string, line: number, text: string, now: number): Read => {
  const parsed = parse(file, line, text)
  if (Result.isFailure(parsed)) return Result.fail(parsed.failure)
  const document = { file, value: parsed.success, locate: () => ({ line, column: 1 }) }
  return Effect.runSync(
    Effect.result(
      Effect.map(decodeDocument(Line, document), ({ idempotencyKey, ...run }): Submission => {
        const base = file === stdin ? "." : file
        const spec = toSpec(base, undefined, { id: randomUUID(), ...run }, now)
        return { place: `${file}:${line}`, mark: String(line), spec, idempotencyKey }
      })
    )
  )
}

/** Lines of text, each with its number; one that is too long is told instead of read. */
async function* linesOf(file: string): AsyncGenerator<readonly [line: number, text: string | InputError]> {
  const source = file === stdin ? process.stdin : createReadStream(file)
  let line = 1
  let rest = ""
  for await (const piece of source.setEncoding("utf8") as AsyncIterable<string>) {
    const lines = (rest + piece).split("\n")
    rest = lines.pop() ?? ""
    for (const text of lines) yield [line++, text]
    if (rest.length > settings.submitLineCharsMax) {
      yield [line, wrong(file, line, `has more than ${settings.submitLineCharsMax} characters`)]
      return
    }
  }
  yield [line, rest]
}

/** The runs of a file in chunks, each to be submitted in one turn. A moment that is a length of time counts from `now`. */
export async function* readSubmissions(file: string, now: number): AsyncGenerator<ReadonlyArray<Read>> {
  let chunk: Array<Read> = []
  for await (const [line, text] of linesOf(file)) {
    if (typeof text === "string" && text.trim() === "") continue
    chunk.push(typeof text === "string" ? readLine(file, line, text, now) : Result.fail(text))
    if (chunk.length < settings.submitChunkRuns) continue
    yield chunk
    chunk = []
  }
  if (chunk.length > 0) yield chunk
}

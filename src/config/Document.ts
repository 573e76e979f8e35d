/**
 * A file that people write, in YAML or JSON, and where in it each thing stands.
 */
import { readFileSync, statSync } from "node:fs"
import * as Effect from "effect/Effect"
import { isMap, isPair, isScalar, LineCounter, type Document as Parsed, parseDocument } from "yaml"
import { InputError, type Problem } from "./InputError.ts"

type Path = ReadonlyArray<PropertyKey>

/** Beyond this a file is no configuration. */
const bytesMax = 16_000_000

/** What stands in a file, and where. */
export interface Document {
  /** As it was named. */
  readonly file: string
  readonly value: unknown
  /** Line and column, from 1, of the value at a path, or of the key where `at` says so. */
  readonly locate: (path: Path, at?: "key" | "value") => { readonly line: number; readonly column: number }
}

const offsetOf = (parsed: Parsed, path: Path, at: "key" | "value"): number => {
  const [last] = path.slice(-1)
  const parent = path.length === 0 ? undefined : parsed.getIn(path.slice(0, -1), true)
  if (at === "key" && isMap(parent)) {
    const pair = parent.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === last)
    if (isScalar(pair?.key)) return pair.key.range?.[0] ?? 0
  }
  const node = path.length === 0 ? parsed.contents : parsed.getIn(path, true)
  const range =
    typeof node === "object" && node !== null && "range" in node ? (node.range as [number]) : undefined
  if (range) return range[0]
  return path.length === 0 ? 0 : offsetOf(parsed, path.slice(0, -1), "value")
}

const readText = (file: string): string => {
  const stats = statSync(file)
  if (!stats.isFile()) throw new Error("it is no file")
  if (stats.size > bytesMax) throw new Error(`it has ${stats.size} bytes; at most ${bytesMax} are read`)
  return readFileSync(file, "utf8")
}

const complaint = (error: unknown): string => {
  const code = error instanceof Error && "code" in error ? error.code : undefined
  if (code === "ENOENT") return "there is no such file"
  if (code === "EACCES") return "it may not be read by this user"
  return error instanceof Error ? error.message : String(error)
}

const parseText = (file: string, text: string, version: "1.1" | "1.2"): Document => {
  const lines = new LineCounter()
  const options = {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
    logLevel: "error",
    version
  } as const
  const parsed = parseDocument(text, options)
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  // What follows the first fault of form is mostly its echo.
  const problems = parsed.errors
    .slice(0, 1)
    .map(({ pos, message }): Problem => ({ ...at(pos[0]), path: "", message: `not well-formed: ${message}` }))
  if (problems.length > 0) throw new InputError({ file, problems })
  return {
    file,
    // Aliases are bounded, so that a small file cannot grow into a huge value.
    value: parsed.toJS({ maxAliasCount: 100 }),
    locate: (path, where = "value") => at(offsetOf(parsed, path, where))
  }
}

/** Reads a file as YAML of that version, of which JSON is a part; fails where it is missing, too large or not well-formed. */
export const readDocument = (
  file: string,
  version: "1.1" | "1.2" = "1.2"
): Effect.Effect<Document, InputError> =>
  Effect.try({
    try: () => parseText(file, readText(file), version),
    catch: (error) =>
      error instanceof InputError
        ? error
        : new InputError({ file, problems: [{ path: "", message: complaint(error) }] })
  })

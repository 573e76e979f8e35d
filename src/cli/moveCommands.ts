/**
 * `log export` and `log import`: a log as text, and a log out of such text.
 */
import { createReadStream, createWriteStream, rmSync } from "node:fs"
import * as NodeSink from "@effect/platform-node/NodeSink"
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type ExportFormat, exportEntries } from "../log/exportEntries.ts"
import { importEntries } from "../log/importEntries.ts"
import { exitCodes, Exit as ProgramExit } from "./exitCodes.ts"
import { count } from "./format.ts"
import { makeHome } from "./makeHome.ts"
import { openLog, restoreLog, shownNameOf } from "./openLog.ts"
import { print, root } from "./root.ts"

const codeOf = (error: unknown): unknown =>
  typeof error === "object" && error !== null && "code" in error ? error.code : undefined

/** Who reads our output has had enough: no error, and nothing more to say. */
const isOver = (error: unknown): boolean => codeOf(error) === "EPIPE"

const meanings: Readonly<Record<string, string>> = {
  EEXIST: "it is there already",
  ENOENT: "there is no such file or folder",
  EISDIR: "it is a folder",
  EACCES: "this user may not do that",
  ENOSPC: "the disk is full"
}

const unusable = (file: string) => (error: unknown) =>
  isOver(error)
    ? new ProgramExit({ code: exitCodes.ok.code, message: "" })
    : new ProgramExit({
        code: exitCodes.usage.code,
        message: `${file}: ${meanings[String(codeOf(error))] ?? String(error)}`
      })

/** Writes text to a file that is made for it, or to stdout. A file that could not be written to its end is removed. */
const write = <E, R>(text: Stream.Stream<string, E, R>, out: Option.Option<string>) => {
  if (Option.isNone(out)) {
    const stdout = NodeSink.fromWritable({
      evaluate: () => process.stdout,
      onError: unusable("stdout"),
      endOnDone: false
    })
    return Stream.run(text, stdout)
  }
  const file = out.value
  let isOurs = false
  const sink = NodeSink.fromWritable({
    evaluate: () =>
      createWriteStream(file, { flags: "wx", flush: true }).once("open", () => {
        isOurs = true
      }),
    onError: unusable(file)
  })
  return Effect.onExit(Stream.run(text, sink), (exit) =>
    Effect.sync(() => {
      if (Exit.isFailure(exit) && isOurs) rmSync(file, { force: true })
    })
  )
}

export const exportCommand = Command.make(
  "export",
  {
    format: Flag.Literals("format", ["ndjson", "cloudevents"]).pipe(
      Flag.withDescription(
        "ndjson: rows with their hashes; cloudevents: CloudEvents 1.0 in JSON; one a line"
      ),
      Flag.withDefault("ndjson" as const)
    ),
    source: Flag.String("source").pipe(
      Flag.withMetavar("URI"),
      Flag.withDescription("What CloudEvents say they are from"),
      Flag.withDefault("signalbox")
    ),
    from: Flag.Int("from").pipe(Flag.withDescription("The first position"), Flag.withDefault(1)),
    to: Flag.Int("to").pipe(Flag.withDescription("The last position"), Flag.optional),
    run: Flag.String("run").pipe(Flag.withDescription("Only events of this run"), Flag.optional),
    out: Flag.String("out").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription("A new file for it; stdout if left out"),
      Flag.optional
    )
  },
  Effect.fn(function* ({ format, source, from, to, run, out }) {
    const { log } = yield* root
    const range = {
      after: Math.max(0, from - 1),
      upTo: Option.getOrUndefined(to),
      run: Option.getOrUndefined(run)
    }
    const form: ExportFormat = format === "ndjson" ? { format } : { format, source }
    const events = yield* openLog(log)
    yield* write(exportEntries(events.entries(range), form), out)
  }, Effect.scoped)
).pipe(
  Command.withDescription("Write events as text, one a line, for archives, other stores and other programs")
)

const bytesOf = (file: string) =>
  NodeStream.fromReadable<Uint8Array, ProgramExit>({
    evaluate: () => (file === "-" ? process.stdin : createReadStream(file)),
    onError: unusable(file)
  })

export const importCommand = Command.make(
  "import",
  {
    file: Argument.String("file").pipe(
      Argument.withDescription("What `log export` has written of a whole log, in either format; - for stdin")
    )
  },
  Effect.fn(function* ({ file }) {
    const { log, json } = yield* root
    yield* makeHome(log)
    const name = file === "-" ? "stdin" : file
    const head = yield* Effect.catchTag(
      restoreLog(log, importEntries(bytesOf(file), name)),
      "ImportError",
      ({ message }) =>
        Effect.fail(new ProgramExit({ code: exitCodes.usage.code, message: `${name}: ${message}` }))
    )
    yield* print(
      json,
      head,
      () => `${count(head.position, "event")} imported and checked; the log is ${shownNameOf(log)}.`
    )
  })
).pipe(
  Command.withDescription("Make a new log of an export, with every position and hash as it was, or nothing")
)

/**
 * `submit`: one run, or all of a file, to whoever leads the log.
 */
import { randomUUID } from "node:crypto"
import * as Clock from "effect/Clock"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Length, Moment, parseLength, parseMoment } from "../config/time.ts"
import { IdempotencyKey } from "../run/RunCommand.ts"
import { RunId, type RunSpec } from "../run/RunSpec.ts"
import { deliver } from "./deliver.ts"
import { Exit, exitCodes } from "./exitCodes.ts"
import { paint } from "./format.ts"
import { print, root } from "./root.ts"
import { commandArgument, optional, present, runFlags, runOf } from "./runFlags.ts"
import { submitFile } from "./submitFile.ts"

const flags = {
  id: Flag.String("id").pipe(
    Flag.withDescription("Its id; made up if left out"),
    Flag.withSchema(RunId),
    Flag.optional
  ),
  ...runFlags,
  notBefore: Flag.String("not-before").pipe(
    Flag.withAlias("at"),
    Flag.withDescription(
      "Not admitted before: 2026-12-01T02:00:00Z, 2026-12-01T02:00[Europe/Berlin], or 10m from now"
    ),
    Flag.withSchema(Moment),
    Flag.optional
  ),
  in: Flag.String("in").pipe(
    Flag.withDescription("Not admitted before so long from now: 90s, 10m, PT1H30M"),
    Flag.withSchema(Length),
    Flag.optional
  ),
  idempotencyKey: Flag.String("idempotency-key").pipe(
    Flag.withDescription(
      "The same submission under the same key is made once, for a day; with --file, the key of each run ends in its line"
    ),
    Flag.withSchema(IdempotencyKey),
    Flag.optional
  ),
  file: Flag.String("file").pipe(
    Flag.withMetavar("FILE|-"),
    Flag.withDescription(
      "Submit all runs of a file: one a line as JSON, - for those on stdin, or the runs of a .yaml or .json run file"
    ),
    Flag.optional
  ),
  keepGoing: Flag.Boolean("keep-going").pipe(
    Flag.withDescription("With --file: go on where a line is wrong or a run is refused"),
    Flag.withDefault(false)
  ),
  command: commandArgument(0)
}

type Given = Command.Command.Config.Infer<typeof flags>

const specOf = (given: Given, now: number): RunSpec => {
  const notBefore = optional(Option.map(given.notBefore, (text) => parseMoment(text, now)))
  const delay = optional(Option.map(given.in, parseLength))
  return {
    id: optional(given.id) ?? randomUUID(),
    ...runOf(given),
    ...present({ notBefore: delay === undefined ? notBefore : now + delay })
  }
}

const submitOne = Effect.fnUntraced(function* (given: Given) {
  const { log, json } = yield* root
  const now = yield* Clock.currentTimeMillis
  const spec = specOf(given, now)
  const key = optional(given.idempotencyKey)
  const answer = yield* deliver(log, {
    _tag: "SubmitRun",
    spec,
    ...(key !== undefined && { idempotencyKey: key })
  })
  yield* print(json, answer, () => {
    const next = answer.led
      ? ""
      : paint("dim", "\nNobody coordinates this log now: `signalbox run` starts what waits.")
    const before = answer.deduplicated ? "was submitted before, and " : ""
    return `${answer.run?.id} ${before}is ${answer.run?.state} (position ${answer.position}).${next}`
  })
})

/** What does not go together; undefined if all of it does. */
const misfit = ({ file, command, notBefore, in: delay, id }: Given): string | undefined => {
  if (Option.isSome(file) && (command.length > 0 || Option.isSome(id)))
    return "Give a --file of runs, or one run by its command: not both."
  if (Option.isNone(file) && command.length === 0)
    return "Say what to run, after --, or give a --file of runs."
  if (Option.isSome(notBefore) && Option.isSome(delay)) return "Give one of --not-before and --in."
  return undefined
}

export const submit = Command.make(
  "submit",
  flags,
  Effect.fn(function* (given) {
    const message = misfit(given)
    if (message !== undefined) return yield* new Exit({ code: exitCodes.usage.code, message })
    const { file, keepGoing, idempotencyKey } = given
    yield* Option.isSome(file)
      ? submitFile({ file: file.value, keepGoing, idempotencyKey: optional(idempotencyKey) })
      : submitOne(given)
  })
).pipe(
  Command.withDescription("Submit a run, a command to be run under the log's limits; or all runs of a file"),
  Command.withExamples([
    { command: "signalbox submit --tag team=data --priority 5 -- gzip -k big.csv", description: "A program" },
    { command: "signalbox submit 'sort in.txt > out.txt'", description: "A line for the shell" },
    { command: "signalbox submit --file runs.ndjson --idempotency-key monday", description: "Many, once" }
  ])
)

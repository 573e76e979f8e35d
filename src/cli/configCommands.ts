/**
 * `config check`, `config explain`: what a configuration file says, and whether it says what was meant.
 */
import { relative } from "node:path"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { effective, explainConfig } from "../config/explainConfig.ts"
import { describeProblem } from "../config/InputError.ts"
import type { Note } from "../config/Note.ts"
import { type Config, configForms, readConfig } from "../config/readConfig.ts"
import { exitCodes, quietExit } from "./exitCodes.ts"
import { paint, table } from "./format.ts"
import { print, root } from "./root.ts"

const parameters = {
  file: Argument.String("file").pipe(
    Argument.withMetavar("FILE"),
    Argument.withDescription(
      "A dagster.yaml, read as Dagster reads it, or a signalbox.yaml under any other name"
    )
  ),
  form: Flag.Literals("form", configForms).pipe(
    Flag.withDescription("What the file is, where its name does not say so"),
    Flag.optional
  )
}

const noteLine = (file: string, note: Note): string =>
  `${paint(note.kind === "ignored" ? "dim" : "yellow", note.kind.padEnd(10))}  ${describeProblem(file, note)}`

const noteLines = ({ file, notes }: Config): ReadonlyArray<string> =>
  notes.map((note) => noteLine(file, note))

const read = (file: string, form: Option.Option<Config["form"]>) =>
  readConfig(relative("", file), process.env, { form: Option.getOrUndefined(form) })

const check = Command.make(
  "check",
  parameters,
  Effect.fn(function* ({ file, form }) {
    const { json } = yield* root
    const result = yield* Effect.result(read(file, form))
    if (Result.isFailure(result)) {
      if (!json) return yield* result.failure
      yield* print(true, { file, ok: false, problems: result.failure.problems }, String)
      return yield* quietExit(exitCodes.usage)
    }
    const config = result.success
    const { notes } = config
    yield* print(json, { file: config.file, ok: true, form: config.form, notes }, () =>
      [`${config.file}: ok`, ...noteLines(config)].join("\n")
    )
  })
).pipe(Command.withDescription("Check a configuration file; nothing is changed"))

const show = (value: unknown): string => {
  if (value === null || JSON.stringify(value) === "[]" || JSON.stringify(value) === "{}") return "-"
  return typeof value === "string" ? value : JSON.stringify(value)
}

const explain = Command.make(
  "explain",
  parameters,
  Effect.fn(function* ({ file, form }) {
    const { json } = yield* root
    const config = yield* read(file, form)
    const values = explainConfig(config)
    const { policy, notes } = config
    const said = { file: config.file, form: config.form, policy, values, effective: effective(config), notes }
    yield* print(json, said, () => {
      const rows = values.map(({ key, value, from }) => [key, show(value), from])
      const lines = noteLines(config)
      return [
        `${config.file}, read as a ${config.form}.yaml:`,
        "",
        table(["KEY", "VALUE", "FROM"], rows),
        ...(lines.length > 0 ? ["", ...lines] : [])
      ].join("\n")
    })
  })
).pipe(
  Command.withDescription(
    "Show the policy that a file stands for, where each value comes from, and which rules are dead"
  )
)

export const config = Command.make("config").pipe(
  Command.withSubcommands([check, explain]),
  Command.withDescription("Check and explain configuration files"),
  Command.withExamples([
    { command: "signalbox config check dagster.yaml", description: "Is it right, and is all of it heeded?" },
    { command: "signalbox config explain signalbox.yaml", description: "What holds, and why" }
  ])
)

/**
 * The pages of the reference that are written from the code. `npx vitest run test/docs -u` rewrites them.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import type * as Schema from "effect/Schema"
import { exitCodes } from "../../../src/cli/exitCodes.ts"
import { FileRetry } from "../../../src/config/FileRetry.ts"
import { FileRun, RunFile } from "../../../src/config/readRunFile.ts"
import { FileSchedule } from "../../../src/config/readScheduleFile.ts"
import { Change } from "../../../src/history/Change.ts"
import { EventData } from "../../../src/queue/Event.ts"
import { Command } from "../../../src/queue/QueueCommand.ts"
import { Reason } from "../../../src/queue/Reason.ts"
import { envelopeFields } from "../../../src/run/Envelope.ts"
import { Rejection } from "../../../src/run/Rejection.ts"
import { settings } from "../../../src/settings.ts"
import { configPage } from "./configPage.ts"
import { fieldsOf, type JsonSchema, jsonSchema } from "./fields.ts"
import { table } from "./table.ts"

const written = (from: string): string =>
  `Written from ${from} by \`npx vitest run test/docs -u\`, and compared with it by a test.`

const source = (path: string): string => readFileSync(join(import.meta.dirname, "../../..", path), "utf8")

const fieldList = (schema: JsonSchema): string => {
  const fields = fieldsOf(schema).filter((field) => field.name !== "_tag")
  if (fields.length === 0) return "no fields"
  return fields.map(({ name, type, optional }) => `\`${name}${optional ? "?" : ""}\`: ${type}`).join(", ")
}

const rowOf = (name: string, schema: JsonSchema): ReadonlyArray<string> => [
  `\`${name}\``,
  schema.description ?? "",
  fieldList(schema)
]

const tagged = (schemas: ReadonlyArray<Schema.Top>): ReadonlyArray<ReadonlyArray<string>> =>
  schemas.map((schema) => {
    const json = jsonSchema(schema)
    return rowOf(String(json.properties?.["_tag"]?.enum?.[0]), json)
  })

const events = (): string => `# Commands, events, rejections

${written("the schemas in `src/run` and `src/queue`")} A field with \`?\` may be left out. Times are milliseconds since 1970, UTC;
lengths of time are milliseconds.

## Commands

What can be asked. A command is decided in one turn: it is refused, or its events are durable when the answer comes.

${table(["command", "meaning", "fields"], tagged(Command.members))}

## Events

What stands in the log. Each event carries the same envelope:

${table(
  ["field", "meaning"],
  Object.keys(envelopeFields).map((name) => [`\`${name}\``, commentOn("src/run/Envelope.ts", name)])
)}

Its data depends on its type:

${table(
  ["event", "meaning", "data"],
  Object.entries(EventData).map(([type, schema]) => rowOf(type, jsonSchema(schema)))
)}

## Rejections

Why a command was refused. A refused command leaves no event.

${table(["rejection", "meaning", "fields"], tagged(Rejection.members))}
`

const reasons = (): string => `# Reasons

Why a run waits, and what would start it, as values: what \`signalbox why RUN --json\` prints, and \`why\` answers in a program.
${written("the schemas in `src/queue/Reason.ts` and `src/history/Change.ts`")} A field with \`?\` may be left out. Times are
milliseconds since 1970, UTC.

## Why it waits

All that stands in its way, each by itself enough. \`since\` is since when it does, never before the run was submitted.

${table(["reason", "meaning", "fields"], tagged(Reason.members))}

Limits have the names that [admission](../concepts/admission.md) gives them.

## What would start it

Alternatives, each a list of changes that start the run if all of them come about in one turn.

${table(["change", "meaning", "fields"], tagged(Change.members))}
`

/** The comment that stands right above a field in its source. */
const commentOn = (path: string, name: string): string => {
  const text = source(path)
  const at = text.search(new RegExp(`^  ${name}:`, "m"))
  const before = text.slice(0, Math.max(0, at)).trimEnd()
  const comment = before.endsWith("*/") ? before.slice(before.lastIndexOf("/**") + 3, -2) : ""
  return comment.replace(/\s*\n\s*\*\s*/g, " ").trim()
}

const settingsPage = (): string => `# Settings

Every bound and every time of the system. ${written("`src/settings.ts`")}

${table(
  ["name", "value", "why"],
  Object.entries(settings).map(([name, value]) => [
    `\`${name}\``,
    value.toLocaleString("en-US"),
    commentOn("src/settings.ts", name)
  ])
)}
`

const descriptionOf = (schema: JsonSchema | undefined): string =>
  schema?.description ?? schema?.allOf?.find(({ description }) => description)?.description ?? ""

const runFilePage = (): string => {
  const file = jsonSchema(RunFile)
  const part = (name: string): JsonSchema => file.properties?.[name] ?? {}
  const rowsBy = (path: string) => (schema: JsonSchema) =>
    fieldsOf(schema).map(({ name, type, optional }) => [
      `\`${name}\``,
      type,
      optional ? "" : "yes",
      commentOn(path, name) || descriptionOf(schema.properties?.[name])
    ])
  const rows = rowsBy("src/config/readRunFile.ts")
  const ofRuns = new Set(fieldsOf(jsonSchema(FileRun)).map(({ name }) => name))
  const ofSchedules = rowsBy("src/config/readScheduleFile.ts")(jsonSchema(FileSchedule)).filter(
    ([name = ""]) => !ofRuns.has(name.replaceAll("`", ""))
  )
  const ofRetries = rowsBy("src/config/FileRetry.ts")(jsonSchema(FileRetry)).map(([name = "", ...rest]) => [
    name,
    ...rest.slice(0, -1),
    rest.at(-1) || commentOn("src/run/RetryRule.ts", name.replaceAll("`", ""))
  ])
  const headings = ["key", "type", "needed", "meaning"]
  return `# The run file

Runs to do, and the rules to do them under, in YAML or JSON. An unknown key or a wrong type is an error with its line, and
nothing is done. ${written("`src/config/readRunFile.ts`")} [nightly.yaml](../examples/nightly.yaml) is an example that runs.

## \`policy\`

The keys of \`concurrency.runs\` in a [signalbox.yaml](config.md). If the section is left out, the rules in force stay, or those of
\`--config\`; both together are an error.

${table(headings, rows(part("policy")))}

Each of \`tag_concurrency_limits\` has a \`key\`, a \`limit\`, and maybe a \`value\`. Without one, all runs that carry the tag
count together; with a text, those with that value; with \`{ applyLimitPerUniqueValue: true }\`, each value apart. \`where\` and
\`distinct\` are in [config.md](config.md).

## \`defaults\`

What holds for each run that does not say otherwise; \`env\` and \`tags\` are merged. The keys are those of a run, save \`id\` and
\`command\`.

## \`runs\`

${table(headings, rows(part("runs").items ?? part("runs").prefixItems?.[0] ?? {}))}

Each of \`retry\`, of which the first that fits an end counts ([how](../guides/retries.md)):

${table(headings, ofRetries)}

A length of time is \`90s\`, \`10m\`, \`2 hours\`; a moment is \`2026-12-01T02:00:00Z\`, \`2026-12-01T02:00[Europe/Berlin]\`, or a length of time from now.

## Schedule files

\`signalbox schedule apply FILE\` has a log hold the \`schedules\` of a file, by name, and no others of its \`source\`, which is the file's own
name if that key is left out. [schedules.yaml](../examples/schedules.yaml) is one. A schedule has these keys, and those of a run save \`id\` and \`notBefore\`:

${table(headings, ofSchedules)}

## Batches

Each time that \`signalbox run FILE\` begins, its runs are a new batch, and their ids in the log end in its number: \`hash.3\`.
If the last batch was cut off, the same command goes on with it. \`show\`, \`why\` and \`cancel\` find the newest run by its name in
the file.
`
}

/** The commands that a help text names, and those below them. */
const commandsIn = (helpOf: (command: string) => string, above = ""): ReadonlyArray<string> => {
  // In one section, or in groups of which each has a heading of its own.
  const listed = helpOf(above)
    .split(/\n(?=\S)/)
    .filter((section) => /^(SUBCOMMANDS|[A-Z ]+:)\n/.test(section))
    .join("\n")
  const names = [...listed.matchAll(/^ {2}([a-z]+) {2,}/gm)].map(([, name = ""]) => `${above} ${name}`.trim())
  return names.flatMap((name) => [name, ...commandsIn(helpOf, name)])
}

/** `helpOf` answers what the program prints for `--help`. */
const cliPage = (helpOf: (command: string) => string): string => `# The command line

${written("the program itself")}

## Exit codes

${table(
  ["code", "meaning"],
  Object.values(exitCodes).map(({ code, meaning }) => [String(code), meaning])
)}

\`--json\` prints JSON on stdout: one document, or one a line for \`log\`. What goes wrong is told on stderr.

${commandsIn(helpOf)
  .map((name) => `## signalbox ${name}\n\n\`\`\`text\n${helpOf(name).trim()}\n\`\`\``)
  .join("\n\n")}
`

/** Each page by its path under `docs/reference`. */
export const pages = (helpOf: (command: string) => string): Readonly<Record<string, string>> => ({
  "events.md": events(),
  "reasons.md": reasons(),
  "settings.md": settingsPage(),
  "run-file.md": runFilePage(),
  "config.md": configPage(written),
  "cli.md": cliPage(helpOf)
})

/**
 * The command that all others stand under, with the flags that all share.
 */
import { userInfo } from "node:os"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import type * as Effect from "effect/Effect"

const log = Flag.String("log").pipe(
  Flag.withAlias("l"),
  Flag.withMetavar("PATH|URL"),
  Flag.withDescription(
    "The log: an SQLite file, or a database as postgres://… (SIGNALBOX_LOG; default .signalbox/log.db)"
  ),
  Flag.withFallbackConfig(Config.String("SIGNALBOX_LOG")),
  Flag.withDefault(".signalbox/log.db")
)

const json = Flag.Boolean("json").pipe(
  Flag.withDescription("Print JSON: one document, or one a line where it is a stream"),
  Flag.withDefault(false)
)

export const root = Command.make("signalbox").pipe(
  Command.withSharedFlags({ log, json }),
  Command.withDescription(
    "Coordinates runs under limits and priorities, over a log that can prove what happened."
  ),
  Command.withExamples([
    { command: "signalbox run nightly.yaml", description: "Do the runs of a file, under its limits" },
    { command: "signalbox why load.1", description: "Why a run has not started" },
    { command: "signalbox log --follow", description: "Watch what happens, while it happens" }
  ])
)

/** Who the log says gave a command from this command line. */
export const actor = (): string => `cli:${userInfo().username}`

/** A value as JSON; whole numbers too large for JSON's readers become text. */
export const toJson = (value: unknown, indent?: number): string =>
  JSON.stringify(value, (_, part) => (typeof part === "bigint" ? String(part) : part), indent)

/** Prints the value as JSON if that was asked for, else as text. */
export const print = (asJson: boolean, value: unknown, text: () => string): Effect.Effect<void> =>
  Console.log(asJson ? toJson(value, 2) : text())

/**
 * The command line: commands in, exit codes out.
 */
import "effect/schema/SchemaJITCompiler/enable"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { software } from "../software.ts"
import { audit } from "./auditCommands.ts"
import { cancel, rerun } from "./bulkCommands.ts"
import { config } from "./configCommands.ts"
import { exitCodes } from "./exitCodes.ts"
import { list, queue, show } from "./listCommands.ts"
import { chart, log, replayCommand } from "./logCommands.ts"
import { policy } from "./policyCommands.ts"
import { pool } from "./poolCommands.ts"
import { hold, pause, priority, release, resume, top } from "./queueCommands.ts"
import { root } from "./root.ts"
import { run } from "./runCommand.ts"
import { schedule } from "./scheduleCommands.ts"
import { submit } from "./submitCommand.ts"
import { subscription } from "./subscriptionCommands.ts"
import { why } from "./whyCommand.ts"

const [, version = ""] = software.split(" ")

const program = root.pipe(
  Command.withSubcommands([
    { group: "WORK", commands: [run, submit, schedule, cancel, rerun] },
    { group: "LOOK", commands: [list, show, queue, why] },
    {
      group: "CHANGE THE QUEUE",
      commands: [priority, top, hold, release, pause, resume, pool, policy, config]
    },
    { group: "READ THE LOG", commands: [log, subscription, replayCommand, audit, chart] }
  ]),
  Command.run({ version }),
  Effect.provide(NodeServices.layer)
)

type Failure = Effect.Error<typeof program>

/** How each kind of failure ends the program; what is not here is a defect. */
const codes: Partial<Record<Failure["_tag"], number>> = {
  CommandRejected: exitCodes.failed.code,
  SubscriptionError: exitCodes.failed.code,
  InputError: exitCodes.usage.code,
  LogError: exitCodes.log.code,
  ReplayError: exitCodes.log.code,
  CoordinatorError: exitCodes.log.code
}

const complain = (message: string): void => {
  if (message !== "") process.stderr.write(`${message}\n`)
}

const codeOf = (failure: Failure): number => {
  if (failure._tag === "Exit") {
    complain(failure.message)
    return failure.code
  }
  // Help was printed, and above it what is wrong.
  if (failure._tag === "ShowHelp") return failure.errors.length > 0 ? exitCodes.usage.code : exitCodes.ok.code
  const code = codes[failure._tag]
  complain(code === undefined ? `A defect of Signalbox: ${failure.message}` : failure.message)
  return code ?? exitCodes.broken.code
}

const ended = (cause: Cause.Cause<Failure>): number => {
  const failure = Cause.findErrorOption(cause)
  if (Option.isSome(failure)) return codeOf(failure.value)
  complain(`A defect of Signalbox, please report it:\n${Cause.pretty(cause)}`)
  return exitCodes.broken.code
}

const exit = await Effect.runPromiseExit(program)
const code = exit._tag === "Success" ? exitCodes.ok.code : ended(exit.cause)
// Processes that run on must not hold us; what was printed must be out first.
process.stdout.write("", () => process.exit(code))

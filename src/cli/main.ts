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
import { exitCodes } from "./exitCodes.ts"
import { signalbox } from "./signalbox.ts"

const [, version = ""] = software.split(" ")

const program = signalbox.pipe(Command.run({ version }), Effect.provide(NodeServices.layer))

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

/**
 * What the command line answers to the shell.
 */
import * as Schema from "effect/Schema"

/** Each exit code with its meaning; `docs/reference/cli.md` prints this table. */
export const exitCodes = {
  ok: { code: 0, meaning: "done; for `run`: every run succeeded" },
  failed: { code: 1, meaning: "a run did not succeed, or a command was refused" },
  usage: { code: 2, meaning: "the command line or a file that it names is wrong" },
  log: { code: 3, meaning: "the log cannot be read or written, or someone else leads it" },
  broken: { code: 70, meaning: "a defect of Signalbox itself" },
  interrupted: {
    code: 130,
    meaning: "interrupted; what was recorded is safe, `run` again goes on from there"
  },
  terminated: { code: 143, meaning: "terminated; what runs was let go of, `run` again takes it up" }
} as const

/** Ends the program with a sentence on stderr and an exit code. */
export class Exit extends Schema.TaggedError<Exit>()("Exit", {
  code: Schema.Int,
  /** Nothing is printed if it is empty. */
  message: Schema.String
}) {}

/** The end of a program that has said already what there is to say. */
export const quietExit = ({ code }: { readonly code: number }): Exit => new Exit({ code, message: "" })

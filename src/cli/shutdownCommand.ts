/**
 * `shutdown`: has the coordinator that leads the log end.
 */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Length, parseLength } from "../config/time.ts"
import { shutDownOver } from "../http/askSocket.ts"
import { ShutdownMode, type ShutdownReport } from "../queue/Shutdown.ts"
import { describeLeft } from "./describeLeft.ts"
import { Exit, exitCodes } from "./exitCodes.ts"
import { count } from "./format.ts"
import { socketOf } from "./makeHome.ts"
import { shownNameOf } from "./openLog.ts"
import { actor, print, root } from "./root.ts"
import { present } from "./runFlags.ts"

/** What each mode does, for a flag's description. */
export const modesExplained =
  "drain: finish what runs; handover: let go of it, processes run on; immediate: cancel it"

const describe = ({ mode, ended, left }: ShutdownReport): string => {
  const whatEnded = ended.length > 0 ? [`${count(ended.length, "run")} ended meanwhile.`] : []
  const whatIsLeft =
    left === undefined
      ? ["The log failed meanwhile: what still runs is not known."]
      : left.length > 0
        ? [describeLeft(left)]
        : []
  return [`The coordinator has shut down (${mode}).`, ...whatEnded, ...whatIsLeft].join(" ")
}

export const shutdown = Command.make(
  "shutdown",
  {
    mode: Flag.Literals("mode", ShutdownMode.literals).pipe(
      Flag.withDescription(modesExplained),
      Flag.withDefault("drain")
    ),
    within: Flag.String("within").pipe(
      Flag.withDescription(
        "What still runs after so long is let go of; an hour for drain, half a minute for immediate if left out"
      ),
      Flag.withSchema(Length),
      Flag.optional
    ),
    reason: Flag.String("reason").pipe(Flag.withDescription("Why, for the record"), Flag.optional)
  },
  Effect.fn(function* ({ mode, within, reason }) {
    const { log, json } = yield* root
    const asked = present({
      mode,
      withinMs: Option.getOrUndefined(Option.map(within, parseLength)),
      reason: Option.getOrUndefined(reason)
    })
    const report = yield* shutDownOver(socketOf(log), { actor: actor(), ...asked }).pipe(
      Effect.catchTag("HttpClientError", () => {
        const message = `Nobody coordinates ${shownNameOf(log)} that could be asked on this machine.`
        return Effect.fail(new Exit({ code: exitCodes.failed.code, message }))
      })
    )
    yield* print(json, report, () => describe(report))
  })
).pipe(
  Command.withDescription("Have the coordinator of the log end, and say what became of what ran"),
  Command.withExamples([
    { command: "signalbox shutdown", description: "Finish what runs, admit nothing more" },
    {
      command: "signalbox shutdown --mode immediate --within 1m --reason 'host goes down'",
      description: "Cancel what runs"
    }
  ])
)

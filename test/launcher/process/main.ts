/**
 * A program that launches runs of one command and dies by its own hand so many moments later; with a negative
 * number it lets go of them instead, and ends when nothing keeps it.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { makeProcessLauncher } from "../../../src/launcher/ProcessLauncher.ts"
import { assignmentOf } from "../assignment.ts"

const [, , artifacts = "", cwd = "", command = "", moments = "", ...runs] = process.argv
const launcher = makeProcessLauncher(artifacts)
const fibers = runs.map((id) => Effect.runFork(launcher.launch(assignmentOf({ id, command, cwd }), () => {})))

if (Number(moments) < 0) await Effect.runPromise(Fiber.interruptAll(fibers))
else {
  for (let moment = 0; moment < Number(moments); moment++) await new Promise(setImmediate)
  process.kill(process.pid, "SIGKILL")
}

/**
 * `cancel`, `rerun`: what is asked of one run, or of many at once, in one turn.
 */
import { randomUUID } from "node:crypto"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { isFinished } from "../run/lifecycle.ts"
import type { Run } from "../run/Run.ts"
import { againSpec } from "../run/retry.ts"
import { type Commands, deliverAll } from "./deliver.ts"
import { reason, said } from "./deliverAndTell.ts"
import { Exit, exitCodes } from "./exitCodes.ts"
import { count, paintState } from "./format.ts"
import { readQueue } from "./readQueue.ts"
import { print, root } from "./root.ts"
import { selected, selectionFlags } from "./selected.ts"

interface Deed {
  readonly run: Run
  readonly command: Commands[0]
  /** What is told of it once it is done. */
  readonly told: (state: string) => string
}

/** Has all of it decided in one turn, and says of each what came of it; what was refused makes the whole fail. */
const doAll = Effect.fnUntraced(function* (deeds: ReadonlyArray<Deed>, dryRun: boolean) {
  const { log, json } = yield* root
  const [first, ...rest] = deeds.map(({ command }) => command)
  if (dryRun || !first) {
    const names = deeds.map(({ run }) => `${run.id} (${run.state})`)
    const would = deeds.length === 0 ? "No such runs." : `It would be ${count(deeds.length, "run")}:`
    return yield* print(
      json,
      deeds.map(({ run }) => run),
      () => [would, ...names].join("\n")
    )
  }
  const answers = yield* deliverAll(log, [first, ...rest])
  const refused = answers.flatMap((answer) => (Result.isFailure(answer) ? [answer.failure] : []))
  const values = answers.map((answer) =>
    Result.isFailure(answer) ? { rejection: answer.failure.rejection } : answer.success
  )
  yield* print(json, values.length === 1 && refused.length === 0 ? values[0] : values, () => {
    const lines = answers.flatMap((answer, at) =>
      Result.isFailure(answer) ? [] : [deeds[at]?.told(answer.success.run?.state ?? "") ?? ""]
    )
    return deeds.length === 1 ? lines.join("\n") : [...lines, `${count(lines.length, "run")}.`].join("\n")
  })
  if (refused.length > 0) {
    const message = refused.map((error) => error.message).join("\n")
    return yield* new Exit({ code: exitCodes.failed.code, message })
  }
})

export const cancel = Command.make(
  "cancel",
  { ...selectionFlags, reason },
  Effect.fn(function* ({ dryRun, reason: text, ...selection }) {
    const queue = yield* readQueue((yield* root).log)
    const runs = yield* selected(queue, selection, ({ state }) => !isFinished(state))
    const deed = (run: Run): Deed => ({
      run,
      command: { _tag: "CancelRun", run: run.id, ...said(text) },
      told: (state) => `${run.id} is ${paintState(state as Run["state"])}.`
    })
    yield* doAll(runs.map(deed), dryRun)
  })
).pipe(
  Command.withDescription("Cancel runs: at once while they wait, else by stopping their workers"),
  Command.withExamples([
    { command: "signalbox cancel load.1", description: "One run" },
    { command: "signalbox cancel --state queued --tag team=ml --dry-run", description: "Which would it be?" }
  ])
)

export const rerun = Command.make(
  "rerun",
  selectionFlags,
  Effect.fn(function* ({ dryRun, ...selection }) {
    const queue = yield* readQueue((yield* root).log)
    const runs = yield* selected(queue, selection, ({ state }) => isFinished(state))
    const deed = (run: Run): Deed => {
      const spec = againSpec(run, randomUUID())
      return {
        run,
        command: { _tag: "SubmitRun", spec },
        told: (state) => `${spec.id} does ${run.id} again, and is ${paintState(state as Run["state"])}.`
      }
    }
    yield* doAll(runs.map(deed), dryRun)
  })
).pipe(
  Command.withDescription("Do runs again, as new runs that know what they repeat"),
  Command.withExamples([
    { command: "signalbox rerun --state failed --tag team=data", description: "All that failed" }
  ])
)

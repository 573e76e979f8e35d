/**
 * `schedule apply`: has the schedules of a file stand in the log as the file says, and no others of that source.
 */
import { relative } from "node:path"
import * as Clock from "effect/Clock"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { planSchedules, type SchedulePlan } from "../config/planSchedules.ts"
import { readScheduleFile } from "../config/readScheduleFile.ts"
import type { KnownSchedule } from "../queue/Schedules.ts"
import { type Asked, turn } from "../queue/turn.ts"
import { sentence } from "../run/Rejection.ts"
import { deliverAll } from "./deliver.ts"
import { reason, said } from "./deliverAndTell.ts"
import { Exit, exitCodes } from "./exitCodes.ts"
import { readIfThere } from "./readQueue.ts"
import { actor, print, root } from "./root.ts"

const refuse = (messages: ReadonlyArray<string>): Exit =>
  new Exit({ code: exitCodes.failed.code, message: messages.join("\n") })

const describeTaken = ({ name, schedule: { source }, actor: by }: KnownSchedule): string => {
  const whose = source === undefined ? `was set by hand, by ${by}` : `is one of ${source}`
  return `Schedule ${name} ${whose}: remove it first, or give the one in the file another name.`
}

const describe = ({ added, changed, removed, unchanged }: SchedulePlan, done: boolean): string => {
  const lines = (mark: string, verb: string, names: ReadonlyArray<string>) =>
    names.map((name) => `${mark} ${name} ${done ? "is" : "would be"} ${verb}`)
  return [
    ...lines("+", "added", added),
    ...lines("~", "changed", changed),
    ...lines("-", "removed", removed),
    `${unchanged.length} as they were.`
  ].join("\n")
}

export const applySchedules = Command.make(
  "apply",
  {
    file: Argument.File("file", { mustExist: true }).pipe(
      Argument.withMetavar("FILE"),
      Argument.withDescription("A schedule file")
    ),
    dryRun: Flag.Boolean("dry-run").pipe(
      Flag.withDescription("Say what would change, and change nothing"),
      Flag.withDefault(false)
    ),
    reason
  },
  Effect.fn(function* ({ file, dryRun, reason: text }) {
    const { log, json } = yield* root
    const now = yield* Clock.currentTimeMillis
    const source = yield* readScheduleFile(relative("", file), now)
    const queue = yield* readIfThere(log)
    const plan = planSchedules(queue.schedules.all, source, said(text))
    if (plan.taken.length > 0) return yield* refuse(plan.taken.map(describeTaken))
    const [first, ...more] = plan.commands
    // Decided here first: all of the file holds, or none.
    const asked = plan.commands.map((command, at): Asked => ({ id: String(at), actor: actor(), command }))
    const refused = turn(queue, asked, now).replies.flatMap((reply) =>
      Result.isFailure(reply) ? [sentence(reply.failure)] : []
    )
    if (refused.length > 0) return yield* refuse(refused)
    if (first && !dryRun)
      for (const answer of yield* deliverAll(log, [first, ...more])) yield* Effect.fromResult(answer)
    const { commands: _, taken: __, ...shown } = plan
    yield* print(json, { source: source.source, dryRun, ...shown }, () => describe(plan, !dryRun))
  })
).pipe(
  Command.withDescription("Have the log hold the schedules of a file, and no others of that file"),
  Command.withExamples([
    { command: "signalbox schedule apply schedules.yaml --dry-run", description: "What would change" }
  ])
)

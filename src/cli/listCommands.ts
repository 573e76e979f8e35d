/**
 * `list`, `show`, `queue`: what the log says of runs.
 */
import { existsSync, readdirSync, statSync } from "node:fs"
import { join } from "node:path"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import type { Admission } from "../history/why.ts"
import { folderOf } from "../launcher/Artifacts.ts"
import { isWaiting } from "../run/lifecycle.ts"
import { describeCause } from "../run/Outcome.ts"
import type { Run } from "../run/Run.ts"
import { describeReason } from "./describeReason.ts"
import { describeAdmission } from "./describeRemedy.ts"
import { count, paint, paintState, showBetween, showMoment, table } from "./format.ts"
import { artifactsIn } from "./openLog.ts"
import { explainNow, findRun, readAdmission, readQueue } from "./readQueue.ts"
import { print, root } from "./root.ts"
import { filtered, filterFlags, runArgument } from "./selected.ts"

/** What there is to say of a run's end or stop, in a few words. */
export const remark = (run: Run): string => {
  if (run.end?.state === "failed" || run.end?.state === "canceled") return describeCause(run.end.cause)
  if (run.setBack && isWaiting(run.state))
    return `attempt ${run.setBack.attempt} ended: ${describeCause(run.setBack.cause)}`
  if (run.stopping) return run.end ? "was told to stop, and finished" : describeCause(run.stopping.cause)
  return run.progress?.message ?? ""
}

const row = (run: Run): ReadonlyArray<string> => [
  run.id,
  paintState(run.state),
  String(run.priority),
  showMoment(run.submittedAt),
  showBetween(run.submittedAt, run.admittedAt),
  showBetween(run.startedAt, run.endedAt),
  remark(run)
]

const headings = ["RUN", "STATE", "PRIORITY", "SUBMITTED", "WAITED", "RAN", ""]

export const list = Command.make(
  "list",
  {
    ...filterFlags,
    limit: Flag.Int("limit").pipe(Flag.withDescription("At most so many, the newest"), Flag.withDefault(100))
  },
  Effect.fn(function* ({ limit, ...filters }) {
    const { log, json } = yield* root
    const queue = yield* readQueue(log)
    const runs = filtered(queue, filters, limit)
    yield* print(json, runs, () => (runs.length === 0 ? "No such runs." : table(headings, runs.map(row))))
  })
).pipe(Command.withDescription("List runs, the newest last"))

const artifactsOf = (log: string, run: Run): ReadonlyArray<string> => {
  const root = artifactsIn(log)
  return Array.from({ length: run.attempt }, (_, at) => folderOf(root, { run: run.id, attempt: at + 1 }))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)))
    .filter((file) => !/\/(worker(\.\d+)?|exit)$/.test(file) && statSync(file).size > 0)
}

const details = (run: Run, admission: Admission | undefined, files: ReadonlyArray<string>): string => {
  const { spec } = run
  const command = typeof spec.command === "string" ? spec.command : spec.command?.join(" ")
  const tags = Object.entries(spec.tags ?? {}).map(([key, value]) => `${key}=${value}`)
  const lines: ReadonlyArray<readonly [string, string | undefined]> = [
    ["state", `${paintState(run.state)}${remark(run) === "" ? "" : `: ${remark(run)}`}`],
    ["job", spec.job],
    ["command", command],
    ["tags", tags.join(" ")],
    ["priority", String(run.priority)],
    ["by", run.actor],
    ["submitted", showMoment(run.submittedAt)],
    [
      "admitted",
      admission &&
        describeAdmission(admission)
          .join("; ")
          .replace(/^admitted at /, "")
    ],
    ["waited", run.admittedAt === undefined ? undefined : showBetween(run.submittedAt, run.admittedAt)],
    ["ran", run.endedAt === undefined ? undefined : showBetween(run.startedAt, run.endedAt)],
    ["attempt", run.attempt > 0 ? String(run.attempt) : undefined],
    [
      "before",
      run.setBack &&
        `attempt ${run.setBack.attempt} ended at ${showMoment(run.setBack.at)}: ${describeCause(run.setBack.cause)}`
    ],
    ["worker", run.worker],
    ["files", files.join(" ")]
  ]
  const shown = lines.flatMap(([name, value]) =>
    value ? [`  ${paint("dim", name.padEnd(9))}  ${value}`] : []
  )
  const tail = run.end?.state === "failed" && run.end.cause._tag === "Exited" ? run.end.cause.tail : undefined
  return [
    paint("bold", run.id),
    ...shown,
    ...(tail ? ["", paint("dim", "  the end of its output:"), tail] : [])
  ].join("\n")
}

export const show = Command.make(
  "show",
  { run: runArgument },
  Effect.fn(function* ({ run: id }) {
    const { log, json } = yield* root
    const run = yield* findRun(yield* readQueue(log), id)
    const files = artifactsOf(log, run)
    const admission = yield* readAdmission(log, run)
    const value = { ...run, files, ...(admission && { admission }) }
    yield* print(json, value, () => details(run, admission, files))
  })
).pipe(Command.withDescription("Show all that is known of a run"))

export const queue = Command.make(
  "queue",
  {},
  Effect.fn(function* () {
    const { log, json } = yield* root
    const state = yield* readQueue(log)
    const waiting = yield* Effect.forEach(state.waiting.line, (run) => explainNow(state, state.run(run.id)))
    const holders = Array.from(state.slots.entries(), ([limit, runs]) => ({
      limit,
      held: runs.size,
      runs: [...runs]
    }))
    const inFlight = Array.from(state.slots.runs(), (id) => state.run(id))
    const pauses = state.pauses.all
    const value = { policy: state.policy, pauses, inFlight, holders, waiting }
    yield* print(json, value, () => {
      const rows = waiting.map(({ run, place, reasons }) => [
        String(place),
        run,
        String(state.run(run).priority),
        reasons.map(describeReason).join("; ")
      ])
      const flying = inFlight.map((run) => [run.id, paintState(run.state), String(run.priority), remark(run)])
      return [
        `${count(inFlight.length, "run")} in flight, ${waiting.length} waiting.`,
        ...pauses.map(({ actor: by, at: since, ...pause }) =>
          describeReason({ _tag: "Paused", by, since, ...pause })
        ),
        ...(flying.length > 0 ? ["", table(["IN FLIGHT", "STATE", "PRIORITY", ""], flying)] : []),
        ...(rows.length > 0 ? ["", table(["", "WAITING", "PRIORITY", "WHY"], rows)] : [])
      ].join("\n")
    })
  })
).pipe(Command.withDescription("Show the queue in order: what is in flight, what waits and why"))

/**
 * `policy`: the rules in force, what another file would change about them, and every change there ever was.
 */
import { relative } from "node:path"
import * as Clock from "effect/Clock"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { describeProblem } from "../config/InputError.ts"
import { readConfig } from "../config/readConfig.ts"
import { type LimitChange, type Preview, previewPolicy } from "../history/previewPolicy.ts"
import { diffPolicy, type PolicyChange, termsOf } from "../queue/diffPolicy.ts"
import type { Event } from "../queue/Event.ts"
import { defaultPolicy } from "../queue/Policy.ts"
import { sentence } from "../run/Rejection.ts"
import { deliver } from "./deliver.ts"
import { reason, said } from "./deliverAndTell.ts"
import { describeReason } from "./describeReason.ts"
import { Exit, exitCodes } from "./exitCodes.ts"
import { count, showMoment, table } from "./format.ts"
import { openLog } from "./openLog.ts"
import { readQueue } from "./readQueue.ts"
import { print, root, toJson } from "./root.ts"

const file = Argument.String("file").pipe(
  Argument.withMetavar("FILE"),
  Argument.withDescription("The policy: a dagster.yaml, or a signalbox.yaml under any other name")
)

/** The policy of a file; what it says and is not heeded is told. */
const policyIn = Effect.fnUntraced(function* (path: string) {
  const { policy, notes } = yield* readConfig(relative("", path), process.env)
  for (const note of notes) process.stderr.write(`${note.kind}: ${describeProblem(path, note)}\n`)
  return policy
})

/** The rules in force; where there is no log yet, those that it will begin with. */
const inForce = (log: string) =>
  readQueue(log).pipe(
    Effect.map(({ policy }) => policy),
    Effect.catchTag("LogError", (error) =>
      error.reason._tag === "Missing" ? Effect.succeed(defaultPolicy) : Effect.fail(error)
    )
  )

const showPath = (path: ReadonlyArray<string>): string => path.join(".")
const showValue = (value: PolicyChange["before"]): string => {
  if (value === undefined) return "-"
  return typeof value === "string" ? value : toJson(value)
}

const changeTable = (changes: ReadonlyArray<PolicyChange>): string =>
  changes.length === 0
    ? "It says the same as the policy in force."
    : table(
        ["KEY", "NOW", "THEN"],
        changes.map(({ path, before, after }) => [showPath(path), showValue(before), showValue(after)])
      )

type PolicySet = Extract<Event, { readonly type: "PolicySet" }>

/** Every policy that was ever set, in order. */
const settings = Effect.fnUntraced(function* (log: string) {
  const events = yield* openLog(log)
  const isSetting = (event: Event): event is PolicySet => event.type === "PolicySet"
  const set = yield* Stream.runCollect(Stream.filter(events.read(), isSetting))
  return set.map(({ position, at, actor, data }, nth) => ({
    number: data.number,
    position,
    at,
    actor,
    ...(data.reason !== undefined && { reason: data.reason }),
    // Logs that were written before events said so are told the same way.
    changes: diffPolicy(set[nth - 1]?.data.policy ?? defaultPolicy, data.policy)
  }))
}, Effect.scoped)

const show = Command.make(
  "show",
  {},
  Effect.fn(function* () {
    const { log, json } = yield* root
    const { policy, policyNumber: number } = yield* readQueue(log)
    const last = (yield* settings(log)).find((one) => one.number === number)
    const { at, actor, reason: why } = last ?? {}
    yield* print(
      json,
      { number, policy, ...(last && { at, actor, ...(why !== undefined && { reason: why }) }) },
      () => {
        const because = why === undefined ? "" : `: ${why}`
        const when = last ? `set by ${actor} at ${showMoment(last.at)}${because}` : "which nobody has set"
        const rows = termsOf(policy).map(([path, value]) => [showPath(path), showValue(value)])
        return [`Policy ${number}, ${when}`, "", table(["KEY", "VALUE"], rows)].join("\n")
      }
    )
  })
).pipe(Command.withDescription("Show the rules in force, and who set them when and why"))

const diff = Command.make(
  "diff",
  { file },
  Effect.fn(function* ({ file: path }) {
    const { log, json } = yield* root
    const changes = diffPolicy(yield* inForce(log), yield* policyIn(path))
    yield* print(json, changes, () => changeTable(changes))
  })
).pipe(Command.withDescription("Show what a file says otherwise than the rules in force"))

const size = (slots: number | undefined): string => (slots === undefined ? "no limit" : String(slots))

const limitRow = ({ limit, before, after, held }: LimitChange): ReadonlyArray<string> => {
  const over = after === undefined ? 0 : held - after
  return [limit, size(before), size(after), String(held), over > 0 ? `${over} too many; they go on` : ""]
}

const more = (all: number, shown: number): ReadonlyArray<string> =>
  all > shown ? [`  … and ${all - shown} more`] : []

const previewed = ({ changes, starts, waits, limits }: Preview): string =>
  [
    changeTable(changes),
    "",
    starts.length === 0 ? "No run would start now." : `Would start now: ${starts.join(", ")}`,
    ...(waits.count === 0
      ? ["No run would wait for anything new."]
      : [`${count(waits.count, "run")} would wait for something new:`]),
    ...waits.first.flatMap(({ run, reasons }) => reasons.map((one) => `  ${run}: ${describeReason(one)}`)),
    ...more(waits.count, waits.first.length),
    ...(limits.count === 0
      ? []
      : ["", table(["LIMIT", "NOW", "THEN", "HELD", ""], limits.first.map(limitRow))]),
    ...more(limits.count, limits.first.length)
  ].join("\n")

const preview = Command.make(
  "preview",
  { file },
  Effect.fn(function* ({ file: path }) {
    const { log, json } = yield* root
    const policy = yield* policyIn(path)
    const now = yield* Clock.currentTimeMillis
    const result = yield* Effect.mapError(
      Effect.fromResult(previewPolicy(yield* readQueue(log), policy, now)),
      (rejection) => new Exit({ code: exitCodes.failed.code, message: sentence(rejection) })
    )
    yield* print(json, result, () => previewed(result))
  })
).pipe(
  Command.withDescription(
    "Show what a file would do if it were set now: who would start, who would wait, and why"
  )
)

const set = Command.make(
  "set",
  { file, reason },
  Effect.fn(function* ({ file: path, reason: text }) {
    const { log, json } = yield* root
    const policy = yield* policyIn(path)
    const changes = diffPolicy(yield* inForce(log), policy)
    const answer =
      changes.length === 0 ? undefined : yield* deliver(log, { _tag: "SetPolicy", policy, ...said(text) })
    yield* print(json, { position: answer?.position, changes }, () =>
      answer ? `${changeTable(changes)}\n\nIn force (position ${answer.position}).` : changeTable(changes)
    )
  })
).pipe(Command.withDescription("Put the rules of a file in force; what runs goes on"))

const showChange = ({ path, before, after }: PolicyChange): string =>
  `${showPath(path)} ${showValue(before)} → ${showValue(after)}`

const history = Command.make(
  "history",
  {},
  Effect.fn(function* () {
    const { log, json } = yield* root
    const set = yield* settings(log)
    yield* print(json, set, () => {
      if (set.length === 0) return "No policy was ever set: the default is in force."
      return set
        .map(({ number, at, actor, reason: why, changes }) => {
          const because = why === undefined ? "" : `: ${why}`
          const head = `${number}  ${showMoment(at)}  ${actor}${because}`
          return [head, ...changes.map((one) => `     ${showChange(one)}`)].join("\n")
        })
        .join("\n")
    })
  })
).pipe(Command.withDescription("List every policy that was set: when, by whom, why, and what it changed"))

export const policy = Command.make("policy").pipe(
  Command.withSubcommands([show, diff, preview, set, history]),
  Command.withDescription("Look at the rules in force, try others, and put them in force"),
  Command.withExamples([
    { command: "signalbox policy preview night.yaml", description: "What would it do now?" },
    { command: "signalbox policy set night.yaml --reason 'quiet hours'", description: "Do it" }
  ])
)

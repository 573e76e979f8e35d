/**
 * `log`, `replay`, `chart`: the events themselves, the state they make, the chart they follow.
 */
import * as Console from "effect/Console"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { mermaid } from "../../machines/mermaid.ts"
import { runMachine } from "../../machines/runMachine.ts"
import { parseMoment } from "../config/time.ts"
import { Invariants, type Violation } from "../history/Invariants.ts"
import { replay } from "../history/replay.ts"
import type { Event } from "../queue/Event.ts"
import { contents } from "../queue/RunQueue.ts"
import { runStates } from "../run/lifecycle.ts"
import { backup } from "./backupCommand.ts"
import { Exit, exitCodes, quietExit } from "./exitCodes.ts"
import { count, paint, showInstant, showMoment, table } from "./format.ts"
import { exportCommand, importCommand } from "./moveCommands.ts"
import { openLog } from "./openLog.ts"
import { print, root, toJson } from "./root.ts"
import { statsCommand } from "./statsCommand.ts"

const line = ({ position, at, type, run, actor, data }: Event): string => {
  const told = toJson(data)
  const who = actor === "signalbox" ? "" : `  ${paint("dim", `by ${actor}`)}`
  const what = told === "{}" ? "" : `  ${paint("dim", told.length > 160 ? `${told.slice(0, 159)}…` : told)}`
  return `${String(position).padStart(6)}  ${showInstant(at)}  ${type.padEnd(20)}  ${run ?? "-"}${who}${what}`
}

export const log = Command.make(
  "log",
  {
    follow: Flag.Boolean("follow").pipe(
      Flag.withAlias("f"),
      Flag.withDescription("Go on with each event as it is written"),
      Flag.withDefault(false)
    ),
    run: Flag.String("run").pipe(Flag.withDescription("Only events of this run"), Flag.optional),
    from: Flag.Int("from").pipe(Flag.withDescription("The first position to print"), Flag.withDefault(1))
  },
  Effect.fn(function* ({ follow, run, from }) {
    const { log: path, json } = yield* root
    const range = { after: Math.max(0, from - 1), run: Option.getOrUndefined(run) }
    yield* Effect.scoped(
      Effect.gen(function* () {
        const events = yield* openLog(path)
        const stream = follow ? events.changes(range) : events.read(range)
        yield* Stream.runForEach(stream, (event) => Console.log(json ? toJson(event) : line(event)))
      })
    )
  })
).pipe(
  Command.withDescription(
    "Print the events of the log; copy it, write it to a file, make a log of such a file"
  ),
  Command.withSubcommands([statsCommand, exportCommand, importCommand, backup])
)

/** A position, or a moment after which events no longer count. */
const parsePoint = (text: string): Effect.Effect<{ upTo?: number; until?: number }, Exit> => {
  if (/^\d+$/.test(text)) return Effect.succeed({ upTo: Number(text) })
  const until = /^\d{4}-/.test(text) ? parseMoment(text, 0) : undefined
  const message = `--at ${text}: expected a position such as 120, or a moment such as 2026-12-01T02:00:00Z`
  return until === undefined
    ? Effect.fail(new Exit({ code: exitCodes.usage.code, message }))
    : Effect.succeed({ until })
}

export const replayCommand = Command.make(
  "replay",
  {
    at: Flag.String("at").pipe(
      Flag.withMetavar("POSITION|TIME"),
      Flag.withDescription("The state after this position, or at this moment; the newest if left out"),
      Flag.optional
    )
  },
  Effect.fn(function* ({ at }) {
    const { log: path, json } = yield* root
    const point = Option.isSome(at) ? yield* parsePoint(at.value) : {}
    const invariants = new Invariants()
    const violations: Array<Violation> = []
    const queue = yield* Effect.scoped(
      Effect.gen(function* () {
        const events = yield* openLog(path)
        const { position } = yield* events.head
        if (point.upTo !== undefined && point.upTo > position) {
          const message = `--at ${point.upTo}: the log ends at position ${position}`
          return yield* new Exit({ code: exitCodes.usage.code, message })
        }
        const read = events.read({ upTo: point.upTo })
        const wanted = Stream.takeWhile(read, (event) => event.at <= (point.until ?? event.at))
        const checked = Stream.tap(wanted, (event) =>
          Effect.sync(() => violations.push(...invariants.take(event)))
        )
        return yield* replay(checked)
      })
    )
    const state = contents(queue)
    yield* print(json, { ...state, violations }, () => {
      const runs = [...queue.runs.values()]
      const rows = runStates.map((name) => [name, String(runs.filter((run) => run.state === name).length)])
      const when = queue.position === 0 ? "before the first event" : showMoment(queue.at)
      return [
        `After position ${queue.position} (${when}), turn ${queue.turn}, epoch ${queue.epoch}:`,
        table(["STATE", "RUNS"], rows),
        `${count(state.waiting.length, "run")} waiting, ${queue.slots.size} in flight, policy ${queue.policyNumber}.`,
        ...(violations.length === 0
          ? [`${count(queue.position, "event")} checked: every promise is kept.`]
          : violations.map(({ position, issue }) => paint("red", `position ${position}: ${issue}`)))
      ].join("\n")
    })
    if (violations.length > 0) return yield* quietExit(exitCodes.failed)
  })
).pipe(
  Command.withDescription(
    "Rebuild the state from the log, as of now or of any moment, and check the log against its promises"
  )
)

export const chart = Command.make(
  "chart",
  {},
  Effect.fn(function* () {
    const { json } = yield* root
    yield* print(json, runMachine.config, () => mermaid(runMachine))
  })
).pipe(Command.withDescription("Print the chart of a run's life as Mermaid, from the machine that decides"))

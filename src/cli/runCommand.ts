/**
 * `run`: does the runs of a file, or what waits in the log, to the end.
 */
import { relative } from "node:path"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { describeProblem } from "../config/InputError.ts"
import { readConfig } from "../config/readConfig.ts"
import { type Plan, readRunFile } from "../config/readRunFile.ts"
import { Coordinator } from "../coordinator/Coordinator.ts"
import type { CommandRejected, CoordinatorError } from "../coordinator/CoordinatorError.ts"
import { layerSocket } from "../http/layerSocket.ts"
import { EventLog } from "../log/EventLog.ts"
import type { LogError } from "../log/LogError.ts"
import type { RunQueue } from "../queue/RunQueue.ts"
import { ShutdownMode } from "../queue/Shutdown.ts"
import type { Run } from "../run/Run.ts"
import { Board } from "./Board.ts"
import { Display } from "./Display.ts"
import { ownCoordinator } from "./deliver.ts"
import { Exit, exitCodes, quietExit } from "./exitCodes.ts"
import { batchTags } from "./findBatch.ts"
import { count, showLength } from "./format.ts"
import { type Cut, handleSignals } from "./handleSignals.ts"
import { launchersIn } from "./launchersIn.ts"
import { socketOf } from "./makeHome.ts"
import { artifactsIn, shownNameOf } from "./openLog.ts"
import { root, toJson } from "./root.ts"
import { modesExplained } from "./shutdownCommand.ts"
import { beginBatch, takeUpQueue, type Work } from "./Work.ts"
import { workersAt, workersFlag } from "./workersAt.ts"

const nameOf = (run: Run): string => {
  const name = run.spec.tags?.[batchTags.name]
  if (name === undefined) return run.id
  return run.retry === undefined ? name : `${name} (retry ${run.retry})`
}

/** Whether the rules have its runs done again, which the board has not seen yet. */
const isGoingOn = (board: Board) => (queue: RunQueue) =>
  [...queue.runs.values()].some(
    ({ id, spec }) => spec.parent !== undefined && board.has(spec.parent) && !board.has(id)
  )

/** Shows what becomes of the board's runs until all have ended; for ever, if it is to stay. */
const follow: (
  board: Board,
  display: Display,
  stay: boolean
) => Effect.Effect<void, LogError | CoordinatorError, Coordinator | EventLog> = Effect.fnUntraced(
  function* (board, display, stay) {
    const log = yield* EventLog
    const coordinator = yield* Coordinator
    const watch = Effect.suspend(() =>
      Stream.runForEachWhile(log.changes({ after: board.position }), (event) =>
        Effect.sync(() => {
          display.line(board.take(event))
          return stay || !board.done
        })
      )
    )
    const draw = Effect.map(Clock.currentTimeMillis, (now) => display.live(board.live(now)))
    const redraw = Effect.forever(Effect.andThen(draw, Effect.sleep(100)))
    if (stay || !board.done) yield* display.isLive ? Effect.raceFirst(watch, redraw) : watch
    if (!(yield* coordinator.query(isGoingOn(board)))) return
    yield* Effect.andThen(watch, follow(board, display, stay))
  }
)

const finish = Effect.fnUntraced(function* (board: Board, display: Display, json: boolean, began: number) {
  const { log } = yield* root
  const events = yield* EventLog
  // What came while it was told to end.
  yield* Stream.runForEach(events.read({ after: board.position }), (event) =>
    Effect.sync(() => display.line(board.take(event)))
  )
  const { position } = yield* events.head
  const took = (yield* Clock.currentTimeMillis) - began
  display.end()
  if (json)
    return yield* Console.log(toJson({ log: shownNameOf(log), position, tookMs: took, runs: board.all }, 2))
  const tally = Object.entries(Object.groupBy(board.all, (run) => run.state)).map(
    ([state, runs]) => `${runs.length} ${state}`
  )
  yield* Console.log(`\n${board.summary()}\n`)
  yield* Console.log(`${count(board.all.length, "run")}: ${tally.join(", ")}, in ${showLength(took)}.`)
  yield* Console.log(`Recorded in ${shownNameOf(log)} up to position ${position}.`)
})

/** How it shows what it does, and when it ends. */
interface Manner {
  readonly json: boolean
  readonly plain: boolean
  readonly stay: boolean
  readonly onTerm: ShutdownMode
}

const work = Effect.fnUntraced(function* (
  begin: Effect.Effect<Work, CommandRejected | CoordinatorError | Exit, Coordinator>,
  { json, plain, stay, onTerm }: Manner
) {
  const coordinator = yield* Coordinator
  const began = yield* Clock.currentTimeMillis
  const display = new Display(!json && !plain && process.stdout.isTTY === true, json)
  let cut: Cut | undefined
  yield* handleSignals(display, onTerm, (by) => {
    cut = by
  })
  const toDo = yield* begin
  const board = new Board(toDo, nameOf)
  display.line(`${count(toDo.expected?.size ?? toDo.runs.length, "run")}: ${toDo.heading}`)
  const end = yield* Effect.raceAllFirst([
    Effect.as(follow(board, display, stay), "done" as const),
    // It was told to end, by a signal or by someone who asked; it fails where the log has failed for good.
    Effect.as(coordinator.done, "stopped" as const)
  ])
  if (end === "done") yield* coordinator.shutDown()
  yield* finish(board, display, json, began)
  if (cut) return yield* quietExit(exitCodes[cut])
  if (end === "stopped") return
  if (!board.succeeded) return yield* quietExit(exitCodes.failed)
})

/** The policy and the launchers of a configuration file; what has to be brought over by hand is told. */
const configOf = Effect.fnUntraced(function* (file: string, plan: Plan | undefined) {
  if (plan?.policy) {
    const message =
      `${plan.file} has a \`policy\` of its own, and --config ${file} gives another: ` +
      "take it out of the run file, or leave --config out."
    return yield* new Exit({ code: exitCodes.usage.code, message })
  }
  const { policy, notes, settled } = yield* readConfig(relative("", file), process.env)
  const toBring = notes.filter(({ kind }) => kind === "bring over")
  yield* Effect.forEach(toBring, (note) => Console.error(describeProblem(file, note)))
  return { policy, launchers: settled.launchers.value }
})

export const run = Command.make(
  "run",
  {
    file: Argument.String("file").pipe(
      Argument.withMetavar("FILE"),
      Argument.withDescription("A run file; if left out, what waits in the log is done"),
      Argument.optional
    ),
    env: Flag.KeyValuePair("env").pipe(
      Flag.withDescription("An environment variable for every run of the file, KEY=VALUE"),
      Flag.withDefault({})
    ),
    config: Flag.String("config").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription("The policy: a dagster.yaml, or a signalbox.yaml under any other name"),
      Flag.optional
    ),
    listen: workersFlag,
    fresh: Flag.Boolean("fresh").pipe(
      Flag.withDescription("Cancel what an earlier, unfinished go at the file has left, and begin anew"),
      Flag.withDefault(false)
    ),
    stay: Flag.Boolean("stay").pipe(
      Flag.withDescription(
        "Do not end with the last run: go on with what is submitted, and with schedules, until stopped"
      ),
      Flag.withDefault(false)
    ),
    onSigterm: Flag.Literals("on-sigterm", ShutdownMode.literals).pipe(
      Flag.withDescription(`What SIGTERM does. ${modesExplained}`),
      Flag.withDefault("handover")
    ),
    plain: Flag.Boolean("plain").pipe(
      Flag.withDescription("Plain lines, as when the output is piped"),
      Flag.withDefault(false)
    )
  },
  Effect.fn(function* ({ file, env, config, listen, fresh, stay, onSigterm, plain }) {
    const { log, json } = yield* root
    const now = yield* Clock.currentTimeMillis
    const read = Option.isSome(file) ? yield* readRunFile(relative("", file.value), now) : undefined
    const plan = read && {
      ...read,
      runs: read.runs.map((spec) => ({ ...spec, env: { ...spec.env, ...env } }))
    }
    const said = Option.isSome(config) ? yield* configOf(config.value, plan) : { launchers: null }
    const { policy } = { policy: plan?.policy, ...said }
    const address = socketOf(log)
    const { launchers: workers, served } = yield* workersAt(listen, log)
    const launchers = { ...workers, ...(yield* launchersIn(said.launchers, artifactsIn(log))) }
    const services = Layer.merge(layerSocket(address), served).pipe(
      Layer.provideMerge(ownCoordinator(log, { policy, address, launchers }))
    )
    const begin = plan ? beginBatch(plan, fresh) : Effect.succeed(yield* takeUpQueue(log, stay))
    yield* Effect.provide(Effect.scoped(work(begin, { json, plain, stay, onTerm: onSigterm })), services)
  })
).pipe(
  Command.withDescription("Do the runs of a file to the end, with progress and a summary"),
  Command.withExamples([
    {
      command: "signalbox run nightly.yaml",
      description: "Do them; again after a crash goes on where it was"
    },
    { command: "signalbox run", description: "Do what waits in the log" }
  ])
)

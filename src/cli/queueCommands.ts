/**
 * `priority`, `top`, `hold`, `release`, `pause`, `resume`: what people do about the queue.
 */
import * as Clock from "effect/Clock"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Moment, parseMoment } from "../config/time.ts"
import { type Scope, scopeName } from "../queue/Scope.ts"
import { deliverAndTell, reason, said } from "./deliverAndTell.ts"
import { Exit, exitCodes } from "./exitCodes.ts"
import { showMoment } from "./format.ts"
import { findRun, readQueue } from "./readQueue.ts"
import { root } from "./root.ts"
import { runArgument } from "./selected.ts"

/** A command about one run that waits. */
const ofRun = (
  name: "top" | "hold" | "release",
  tag: "MoveToTop" | "HoldRun" | "ReleaseRun",
  told: string,
  description: string
) =>
  Command.make(
    name,
    { run: runArgument, reason },
    Effect.fn(function* ({ run: id, reason: text }) {
      const run = yield* findRun(yield* readQueue((yield* root).log), id)
      yield* deliverAndTell({ _tag: tag, run: run.id, ...said(text) }, `${run.id} ${told}`)
    })
  ).pipe(Command.withDescription(description))

export const top = ofRun("top", "MoveToTop", "is first in line", "Put a run that waits before all others")
export const hold = ofRun("hold", "HoldRun", "is held", "Do not start a run that waits until it is released")
export const release = ofRun("release", "ReleaseRun", "is released", "Let a run that is held start again")

export const priority = Command.make(
  "priority",
  {
    run: runArgument,
    priority: Argument.Int("priority").pipe(Argument.withDescription("Higher goes first")),
    reason
  },
  Effect.fn(function* ({ run: id, priority: wanted, reason: text }) {
    const run = yield* findRun(yield* readQueue((yield* root).log), id)
    const command = { _tag: "SetPriority", run: run.id, priority: wanted, ...said(text) } as const
    yield* deliverAndTell(command, `${run.id} has priority ${wanted}`)
  })
).pipe(Command.withDescription("Give a run that waits another priority"))

const scopeFlags = {
  tag: Flag.String("tag").pipe(
    Flag.withDescription("Runs with this tag, KEY or KEY=VALUE; signalbox/job=NAME are those of a job"),
    Flag.optional
  ),
  pool: Flag.String("pool").pipe(Flag.withDescription("Runs that use this pool"), Flag.optional),
  location: Flag.String("location").pipe(
    Flag.withDescription("Runs whose tag dagster/code_location says so"),
    Flag.optional
  )
}

type Given = { readonly [K in keyof typeof scopeFlags]: Option.Option<string> }

const tagScope = (text: string): Scope => {
  const at = text.indexOf("=")
  return at === -1
    ? { _tag: "Tag", key: text }
    : { _tag: "Tag", key: text.slice(0, at), value: text.slice(at + 1) }
}

/** What the flags name; the whole queue where they name nothing. */
const scopeOf = ({ tag, pool, location }: Given): Effect.Effect<Scope, Exit> => {
  const scopes: ReadonlyArray<Scope> = [
    ...Option.toArray(tag).map(tagScope),
    ...Option.toArray(pool).map((name): Scope => ({ _tag: "Pool", pool: name })),
    ...Option.toArray(location).map((name): Scope => ({ _tag: "Location", location: name }))
  ]
  const [scope = { _tag: "Queue" }, more] = scopes
  const message = "Give one of --tag, --pool and --location, or none of them for the whole queue."
  return more ? Effect.fail(new Exit({ code: exitCodes.usage.code, message })) : Effect.succeed(scope)
}

export const pause = Command.make(
  "pause",
  {
    ...scopeFlags,
    until: Flag.String("until").pipe(
      Flag.withDescription("When it ends by itself: 2026-12-01T02:00:00Z, or 10m from now"),
      Flag.withSchema(Moment),
      Flag.optional
    ),
    reason
  },
  Effect.fn(function* ({ until, reason: text, ...given }) {
    const scope = yield* scopeOf(given)
    const now = yield* Clock.currentTimeMillis
    const at = Option.isSome(until) ? parseMoment(until.value, now) : undefined
    const ends = at === undefined ? {} : { until: at }
    const told = at === undefined ? "" : ` until ${showMoment(at)}`
    yield* deliverAndTell(
      { _tag: "PauseAdmission", scope, ...ends, ...said(text) },
      `${scopeName(scope)} is paused${told}`
    )
  })
).pipe(
  Command.withDescription("Start no more runs: of the whole queue, or of a tag, a pool or a code location"),
  Command.withExamples([
    { command: "signalbox pause --reason 'database upgrade'", description: "Everything" },
    { command: "signalbox pause --tag team=ml --until 2h", description: "A team, for two hours" }
  ])
)

export const resume = Command.make(
  "resume",
  { ...scopeFlags, reason },
  Effect.fn(function* ({ reason: text, ...given }) {
    const scope = yield* scopeOf(given)
    yield* deliverAndTell(
      { _tag: "ResumeAdmission", scope, ...said(text) },
      `${scopeName(scope)} is not paused`
    )
  })
).pipe(Command.withDescription("Start runs again of what was paused"))

/**
 * `submit`: one run, to whoever leads the log.
 */
import { randomUUID } from "node:crypto"
import { resolve } from "node:path"
import * as Clock from "effect/Clock"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Length, Moment, parseLength, parseMoment } from "../config/time.ts"
import { PoolName, RunId, type RunSpec, Unique } from "../run/RunSpec.ts"
import { deliver } from "./deliver.ts"
import { paint } from "./format.ts"
import { print, root } from "./root.ts"

const optional = <A>(option: Option.Option<A>): A | undefined => Option.getOrUndefined(option)

const flags = {
  id: Flag.String("id").pipe(
    Flag.withDescription("Its id; made up if left out"),
    Flag.withSchema(RunId),
    Flag.optional
  ),
  job: Flag.String("job").pipe(Flag.withDescription("What kind of work it is"), Flag.optional),
  tag: Flag.KeyValuePair("tag").pipe(
    Flag.withDescription("A tag, KEY=VALUE; may be given several times"),
    Flag.withDefault({})
  ),
  env: Flag.KeyValuePair("env").pipe(
    Flag.withDescription("An environment variable, KEY=VALUE; may be given several times"),
    Flag.withDefault({})
  ),
  cwd: Flag.Directory("cwd", { mustExist: true }).pipe(
    Flag.withDescription("The folder to run in; this one if left out"),
    Flag.withDefault(".")
  ),
  priority: Flag.Int("priority").pipe(
    Flag.withDescription("Higher goes first; 0 if left out"),
    Flag.optional
  ),
  notBefore: Flag.String("not-before").pipe(
    Flag.withDescription("Not admitted before: 2026-12-01T02:00:00Z, or 10m from now"),
    Flag.withSchema(Moment),
    Flag.optional
  ),
  maxRuntime: Flag.String("max-runtime").pipe(
    Flag.withDescription("Stopped and failed when it has run for so long: 90s, 10m, 2h"),
    Flag.withSchema(Length),
    Flag.optional
  ),
  maxQueued: Flag.String("max-queued").pipe(
    Flag.withDescription("Fails when it has waited in the queue for so long: 90s, 10m, 2h"),
    Flag.withSchema(Length),
    Flag.optional
  ),
  pool: Flag.String("pool").pipe(
    Flag.withDescription("A pool that it uses; may be given several times"),
    Flag.withSchema(PoolName),
    Flag.atLeast(0)
  ),
  unique: Flag.String("unique").pipe(
    Flag.withDescription("A key of which one run is in flight at a time"),
    Flag.optional
  ),
  collision: Flag.Literals("collision", Unique.fields.collision.literals).pipe(
    Flag.withDescription(
      "While another run of the key is active: queue behind it, refuse this one, replace those that wait, or cancel also what runs"
    ),
    Flag.withDefault("queue")
  ),
  command: Argument.String("command").pipe(
    Argument.withDescription("The program and its arguments, after --; a single one is a line for /bin/sh"),
    Argument.variadic({ min: 1 })
  )
}

type Given = Command.Command.Config.Infer<typeof flags>

/** The fields that were given. */
const present = <A extends Record<string, unknown>>(fields: A) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof A]: Exclude<A[K], undefined>
  }

const specOf = (given: Given, now: number): RunSpec => {
  const [program = "", ...rest] = given.command
  const length = (text: Option.Option<string>) => optional(Option.map(text, parseLength))
  const { unique, collision, pool } = given
  return {
    id: optional(given.id) ?? randomUUID(),
    command: rest.length === 0 ? program : [program, ...rest],
    cwd: resolve(given.cwd),
    tags: given.tag,
    env: given.env,
    ...present({
      job: optional(given.job),
      priority: optional(given.priority),
      notBefore: optional(Option.map(given.notBefore, (text) => parseMoment(text, now))),
      maxRuntimeMs: length(given.maxRuntime),
      maxQueuedMs: length(given.maxQueued),
      pools: pool.length > 0 ? { all: pool } : undefined,
      unique: Option.isSome(unique) ? { key: unique.value, collision } : undefined
    })
  }
}

export const submit = Command.make(
  "submit",
  flags,
  Effect.fn(function* (given) {
    const { log, json } = yield* root
    const now = yield* Clock.currentTimeMillis
    const spec = specOf(given, now)
    const answer = yield* deliver(log, { _tag: "SubmitRun", spec })
    yield* print(json, answer, () => {
      const next = answer.led
        ? ""
        : paint("dim", "\nNobody coordinates this log now: `signalbox run` starts what waits.")
      return `${spec.id} is ${answer.run?.state} (position ${answer.position}).${next}`
    })
  })
).pipe(
  Command.withDescription("Submit one run: a command to be run under the log's limits"),
  Command.withExamples([
    { command: "signalbox submit --tag team=data --priority 5 -- gzip -k big.csv", description: "A program" },
    { command: "signalbox submit 'sort in.txt > out.txt'", description: "A line for the shell" }
  ])
)

/**
 * The flags that say what a run is to do: of one that is submitted now, and of those of a schedule.
 */
import { resolve } from "node:path"
import * as Argument from "effect/cli/Argument"
import type * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Option from "effect/Option"
import { parseShortRetry, ShortRetry } from "../config/FileRetry.ts"
import { Length, parseLength } from "../config/time.ts"
import { PoolName, type ScheduledRun, Unique } from "../run/RunSpec.ts"

/** What an option holds; undefined if it was not given. */
export const optional = <A>(option: Option.Option<A>): A | undefined => Option.getOrUndefined(option)

export const runFlags = {
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
  retries: Flag.String("retries").pipe(
    Flag.withMetavar("N[:WAIT]"),
    Flag.withDescription(
      "Tried again up to N times, the first time after WAIT, which doubles each time: 3, 5:10s; 0 is never"
    ),
    Flag.withSchema(ShortRetry),
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
  )
}

/** The program to run; none where that is said otherwise. */
export const commandArgument = (min: number) =>
  Argument.String("command").pipe(
    Argument.withDescription("The program and its arguments, after --; a single one is a line for /bin/sh"),
    Argument.variadic({ min })
  )

type Given = Command.Command.Config.Infer<typeof runFlags> & { readonly command: ReadonlyArray<string> }

/** The fields that were given. */
export const present = <A extends Record<string, unknown>>(fields: A) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof A]: Exclude<A[K], undefined>
  }

/** What the flags ask for. */
export const runOf = (given: Given): typeof ScheduledRun.Type => {
  const [program = "", ...rest] = given.command
  const length = (text: Option.Option<string>) => optional(Option.map(text, parseLength))
  const { unique, collision, pool } = given
  return {
    command: rest.length === 0 ? program : [program, ...rest],
    cwd: resolve(given.cwd),
    tags: given.tag,
    env: given.env,
    ...present({
      job: optional(given.job),
      priority: optional(given.priority),
      maxRuntimeMs: length(given.maxRuntime),
      maxQueuedMs: length(given.maxQueued),
      pools: pool.length > 0 ? { all: pool } : undefined,
      retry: optional(Option.map(given.retries, parseShortRetry)),
      unique: Option.isSome(unique) ? { key: unique.value, collision } : undefined
    })
  }
}

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
import { RunId, type RunSpec } from "../run/RunSpec.ts"
import { deliver } from "./deliver.ts"
import { paint } from "./format.ts"
import { print, root } from "./root.ts"

const given = <A>(option: Option.Option<A>): A | undefined => Option.getOrUndefined(option)

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
  command: Argument.String("command").pipe(
    Argument.withDescription("The program and its arguments, after --; a single one is a line for /bin/sh"),
    Argument.variadic({ min: 1 })
  )
}

export const submit = Command.make(
  "submit",
  flags,
  Effect.fn(function* ({ id, job, tag, env, cwd, priority, notBefore, maxRuntime, command }) {
    const { log, json } = yield* root
    const now = yield* Clock.currentTimeMillis
    const [program = "", ...rest] = command
    const at = Option.isSome(notBefore) ? parseMoment(notBefore.value, now) : undefined
    const maxRuntimeMs = Option.isSome(maxRuntime) ? parseLength(maxRuntime.value) : undefined
    const spec: RunSpec = {
      id: given(id) ?? randomUUID(),
      command: rest.length === 0 ? program : [program, ...rest],
      cwd: resolve(cwd),
      tags: tag,
      env,
      ...(Option.isSome(job) && { job: job.value }),
      ...(Option.isSome(priority) && { priority: priority.value }),
      ...(at !== undefined && { notBefore: at }),
      ...(maxRuntimeMs !== undefined && { maxRuntimeMs })
    }
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

/**
 * What of a file is read but does nothing here, means something else than it seems, or has to be brought over by hand.
 */
import { type CoordinatorKind, kindOf } from "./coordinatorSchema.ts"
import type { Document } from "./Document.ts"
import { otherSections } from "./dagsterYaml.ts"
import { showPath } from "./decodeDocument.ts"
import type { Note } from "./Note.ts"
import type { Contents } from "./signalboxYaml.ts"
import { valueAt } from "./validateConcurrency.ts"

type Path = ReadonlyArray<PropertyKey>
type Say = (path: Path, kind: Note["kind"], message: string) => ReadonlyArray<Note>

/** Says something of what stands at a path, if anything stands there. */
const sayer =
  (document: Document): Say =>
  (path, kind, message) =>
    valueAt(document.value, path) === undefined
      ? []
      : [{ kind, ...document.locate(path, "key"), path: showPath(path), message }]

const noPoll = "there is no poll: what may start starts at once"
const sideBySide = "launches run side by side as it is"

const idleInQueue: Readonly<Record<string, string>> = {
  dequeue_interval_seconds: noPoll,
  dequeue_use_threads: sideBySide,
  dequeue_num_workers: sideBySide
}

const idleInMonitoring: Readonly<Record<string, string>> = {
  poll_interval_seconds: "there is no poll: time limits are kept to the moment",
  cancellation_thread_poll_interval_seconds: "there is no poll: workers are told at once",
  free_slots_after_run_end_seconds: "slots end with their run"
}

const idle = (path: Path, keys: Readonly<Record<string, string>>, say: Say): ReadonlyArray<Note> =>
  Object.entries(keys).flatMap(([key, why]) =>
    say([...path, key], "no effect", `has no effect here, because ${why}`)
  )

const ignored = (document: Document): ReadonlyArray<Note> => {
  const others: ReadonlyArray<string> = otherSections
  const names = Object.keys(document.value ?? {}).filter((name) => others.includes(name))
  const [first] = names
  if (first === undefined) return []
  const message = `not read, since run coordination does not depend on it: ${names.join(", ")}`
  return [{ kind: "ignored", ...document.locate([first], "key"), path: "", message }]
}

const example = "docs/examples/custom-coordinator.ts"

const coordinator = (contents: Contents, kind: CoordinatorKind, say: Say): ReadonlyArray<Note> => {
  const name = `${contents.run_coordinator?.module}.${contents.run_coordinator?.class}`
  if (kind !== "custom") return []
  const message =
    `the class ${name} is not run here; it is read as a queue. What its submit_run does becomes \`onSubmit\` of \`open\`, ` +
    `an order of its own one of \`orders\`: ${example} shows both`
  return say(["run_coordinator", "class"], "bring over", message)
}

/** Only a custom class may have them; of Dagster's own they are refused. */
const ownKeys = (
  { run_coordinator }: Contents,
  known: ReadonlyArray<string>,
  say: Say
): ReadonlyArray<Note> => {
  const own = Object.keys(run_coordinator?.config ?? {}).filter((key) => !known.includes(key))
  return own.flatMap((key) =>
    say(["run_coordinator", "config", key], "bring over", "belongs to the custom class and is not read")
  )
}

const launcher = ({ run_launcher: own }: Contents, say: Say): ReadonlyArray<Note> => {
  if (!own) return []
  const nearest =
    own.class === "DockerRunLauncher"
      ? "`launchers.docker` of a signalbox.yaml is its like"
      : "a program may bring a launcher of its own"
  const message =
    own.class === "DefaultRunLauncher"
      ? "has no effect here: `signalbox run` starts each run as a process of its own, much as that launcher does"
      : `the launcher ${own.class} is not taken over: \`signalbox run\` starts each run as a process of this machine; ${nearest}`
  return say(["run_launcher"], own.class === "DefaultRunLauncher" ? "no effect" : "bring over", message)
}

const switchedOff = (contents: Contents, say: Say): ReadonlyArray<Note> =>
  (["run_monitoring", "run_retries"] as const).flatMap((name) => {
    const section = contents[name]
    if (!section || section.enabled) return []
    return Object.keys(section)
      .filter((key) => key !== "enabled" && !Object.hasOwn(idleInMonitoring, key))
      .flatMap((key) => say([name, key], "no effect", `has no effect without \`${name}.enabled: true\``))
  })

const outOfLine = (contents: Contents, say: Say): ReadonlyArray<Note> =>
  Object.keys(contents.concurrency?.runs ?? {}).flatMap((key) =>
    say(
      ["concurrency", "runs", key],
      "no effect",
      "has no effect, because with this run_coordinator runs do not stand in line"
    )
  )

const belowZero = (value: unknown, path: Path, say: Say): ReadonlyArray<Note> => {
  if (typeof value === "number") {
    const isUnlimited = value === -1 && path.at(-1) === "max_concurrent_runs"
    if (value >= 0 || isUnlimited) return []
    return say(path, "mind", `${value} acts as 0`)
  }
  if (typeof value !== "object" || value === null) return []
  return Object.entries(value).flatMap(([key, within]) =>
    belowZero(within, [...path, Array.isArray(value) ? Number(key) : key], say)
  )
}

const oldForms = (document: Document, queuePath: Path, say: Say): ReadonlyArray<Note> => {
  const block = [...queuePath, "block_op_concurrency_limited_runs"]
  return [
    ...(typeof valueAt(document.value, block) === "boolean"
      ? say(block, "mind", "is an old form of `{ enabled: … }`, which Dagster takes no longer")
      : []),
    ...say(
      ["concurrency", "default_op_concurrency_limit"],
      "mind",
      "is an old name of `concurrency.pools.default_limit`"
    )
  ]
}

/** Keys of a custom class that `concurrency` goes before; of Dagster's own class they are refused. */
const overruled = (contents: Contents, queuePath: Path, say: Say): ReadonlyArray<Note> => {
  const { runs, pools } = contents.concurrency ?? {}
  const pairs = [
    [runs?.max_concurrent_runs, ["max_concurrent_runs"], "concurrency.runs.max_concurrent_runs"],
    [runs?.tag_concurrency_limits, ["tag_concurrency_limits"], "concurrency.runs.tag_concurrency_limits"],
    [
      pools?.op_granularity_run_buffer,
      ["block_op_concurrency_limited_runs", "op_concurrency_slot_buffer"],
      "concurrency.pools.op_granularity_run_buffer"
    ]
  ] as const
  return pairs.flatMap(([value, key, newer]) =>
    value === undefined ? [] : say([...queuePath, ...key], "dead", `is dead: ${newer} goes before it`)
  )
}

/** What is worth saying of the keys of a file; of the rules that they make `deadRules` speaks. */
export const remarks = (
  contents: Contents,
  document: Document,
  queueKeys: ReadonlyArray<string>
): ReadonlyArray<Note> => {
  const own = contents.run_coordinator
  const kind = own ? kindOf(own.module, own.class) : "queued"
  const queuePath = own ? ["run_coordinator", "config"] : ["run_queue"]
  const say = sayer(document)
  const { concurrency, run_monitoring, run_retries } = contents
  const queue = Object.entries((own ? own.config : contents.run_queue) ?? {})
  const order = "is known to a program that gives it as `orders`; the command line goes by priority"
  return [
    ...coordinator(contents, kind, say),
    ...ownKeys(contents, queueKeys, say),
    ...launcher(contents, say),
    ...idle(queuePath, idleInQueue, say),
    ...idle(["run_monitoring"], idleInMonitoring, say),
    ...(kind === "immediate" ? outOfLine(contents, say) : []),
    ...switchedOff(contents, say),
    ...overruled(contents, queuePath, say),
    ...oldForms(document, queuePath, say),
    ...queue.flatMap(([key, value]) =>
      queueKeys.includes(key) ? belowZero(value, [...queuePath, key], say) : []
    ),
    ...Object.entries({ concurrency, run_monitoring, run_retries }).flatMap(([name, section]) =>
      belowZero(section, [name], say)
    ),
    ...say(["concurrency", "runs", "order"], "mind", order),
    ...ignored(document)
  ]
}

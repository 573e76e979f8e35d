/**
 * The rules that Dagster checks before it looks at the shape of a file, in its order. They see the file as it is
 * written, so they hold whatever else is wrong with it.
 */
import { queuedClass } from "./coordinatorSchema.ts"
import type { Environment } from "./wholeNumber.ts"

type Path = ReadonlyArray<string>

/** A rule that is broken, and by what. */
export interface Breach {
  readonly path: Path
  /** Whether the key is at fault, or its value. */
  readonly at: "key" | "value"
  readonly message: string
}

type Mapping = Readonly<Record<string, unknown>>

const isMapping = (value: unknown): value is Mapping =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The value at a path; undefined where there is none. */
export const valueAt = (value: unknown, path: ReadonlyArray<PropertyKey>): unknown =>
  path.reduce<unknown>(
    (within, key) =>
      typeof within === "object" && within !== null && Object.hasOwn(within, key)
        ? (within as Readonly<Record<PropertyKey, unknown>>)[key]
        : undefined,
    value
  )

const limitMaxVariable = "DAGSTER_MAX_GLOBAL_OP_CONCURRENCY_LIMIT"

/** The most slots that a pool may have by default. */
export const poolLimitMax = (env: Environment): number => {
  const text = env[limitMaxVariable]
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : 1000
}

const coordinators = (file: unknown): ReadonlyArray<Breach> =>
  isMapping(file) && Object.hasOwn(file, "run_queue") && Object.hasOwn(file, "run_coordinator")
    ? [
        {
          path: ["run_queue"],
          at: "key",
          message: "`run_queue` is incompatible with `run_coordinator`: one of them"
        }
      ]
    : []

const range = (file: unknown, path: Path, env: Environment): ReadonlyArray<Breach> => {
  const limit = valueAt(file, path)
  const max = poolLimitMax(env)
  if (typeof limit !== "number" || (limit >= 0 && limit <= max)) return []
  return [{ path, at: "value", message: `expected 0 to ${max}, got ${limit}` }]
}

const granularity = (file: unknown): ReadonlyArray<Breach> => {
  const path = ["concurrency", "pools", "granularity"]
  const found = valueAt(file, path)
  if (found === undefined || found === "run" || found === "op") return []
  return [{ path, at: "value", message: `expected run or op, got ${JSON.stringify(found)}` }]
}

const pools = (file: unknown, env: Environment): ReadonlyArray<Breach> => {
  const old = ["concurrency", "default_op_concurrency_limit"]
  const hasPools = valueAt(file, ["concurrency", "pools"]) !== undefined
  if (!hasPools) return range(file, old, env)
  const both: ReadonlyArray<Breach> =
    (valueAt(file, old) ?? null) === null
      ? []
      : [{ path: old, at: "key", message: "is not allowed beside `pools`: use `pools > default_limit`" }]
  return [...both, ...range(file, ["concurrency", "pools", "default_limit"], env), ...granularity(file)]
}

/** Keys of the queue that have a newer place, and which. */
const moved: ReadonlyArray<readonly [old: Path, place: string]> = [
  [["max_concurrent_runs"], "concurrency.runs.max_concurrent_runs"],
  [["tag_concurrency_limits"], "concurrency.runs.tag_concurrency_limits"],
  [
    ["block_op_concurrency_limited_runs", "op_concurrency_slot_buffer"],
    "concurrency.pools.op_granularity_run_buffer"
  ]
]

const clashes = (file: unknown): ReadonlyArray<Breach> => {
  const isNew = ["runs", "pools"].some((key) => valueAt(file, ["concurrency", key]) !== undefined)
  if (!isNew) return []
  const isQueue = valueAt(file, ["run_coordinator", "class"]) === queuedClass
  const places: ReadonlyArray<Path> = [["run_queue"], ...(isQueue ? [["run_coordinator", "config"]] : [])]
  return places.flatMap((place) =>
    moved.flatMap(([key, newer]): ReadonlyArray<Breach> => {
      const path = [...place, ...key]
      if ((valueAt(file, path) ?? null) === null) return []
      const message = `clashes with the \`concurrency > runs\` config: move it to ${newer}`
      return [{ path, at: "key", message }]
    })
  )
}

/** What of Dagster's rules a file breaks, in the order in which Dagster checks them. */
export const validateConcurrency = (file: unknown, env: Environment): ReadonlyArray<Breach> => [
  ...coordinators(file),
  ...pools(file, env),
  ...clashes(file)
]

/**
 * Any policy and any history that makes sense under it. A history is drawn as moves, each with a number by which it
 * picks among what it may touch where things then stand, and is made into steps by playing them to the model: so it
 * stays legal however much of it is cut away, and shrinks to the few steps that matter.
 */
import fc from "fast-check"
import { NaiveDaemon } from "./NaiveDaemon.ts"
import type { Config, PoolUse, Scenario, Status, Step, TagLimit } from "./Scenario.ts"

/** Few values, so that runs meet; and one that every object has anyway. */
const tagValues = {
  team: ["red", "blue", ""],
  region: ["eu", "us", "Eu"],
  constructor: ["small", "large"]
}
const poolNames = ["db", "gpu", "constructor"]

/** Numbers to Python, and what only looks like one. */
const oddPriorities = [
  ...["007", "+3", "-0", " 7 ", "\t2\n", "\u00a04\u2003", "1_0", "٣", "-१२", "𝟗_0", "99999999999999999999"],
  ...["", " ", "1.5", "high", "None", "0x10", "1e3", "½", "²"],
  ...["1__0", "_1", "1_", "--1", "+ 1", "3 4", "\ufeff8"]
]

const priority = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: -3, max: 3 }).map(String) },
  { weight: 1, arbitrary: fc.constantFrom(...oddPriorities) }
)

/** A plain object with any of these keys; a key is there with a value, or not at all. */
const someOf = <A>(arbitraries: Readonly<Record<string, fc.Arbitrary<A>>>) =>
  fc.record(arbitraries, { requiredKeys: [], noNullPrototype: true }) as fc.Arbitrary<
    Readonly<Record<string, A>>
  >

const tags = someOf({
  team: fc.constantFrom(...tagValues.team),
  region: fc.constantFrom(...tagValues.region),
  constructor: fc.constantFrom(...tagValues.constructor),
  "dagster/priority": priority
})

/** One pool is in demand, so that steps get in each other's way. */
const somePool = fc.constantFrom("db", ...poolNames)

const forPools = <A>(arbitrary: fc.Arbitrary<A>) =>
  someOf(Object.fromEntries(poolNames.map((name) => [name, arbitrary])))

const poolLimit = fc.constantFrom(1, 1, 2, 3, 0)

const limitOf = (key: string, values: ReadonlyArray<string>): fc.Arbitrary<TagLimit> =>
  fc.record(
    {
      key: fc.constant(key),
      limit: fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 1, max: 3 }) }, fc.constantFrom(0, -1)),
      value: fc.oneof(fc.constantFrom(...values), fc.record({ applyLimitPerUniqueValue: fc.boolean() }))
    },
    { requiredKeys: ["key", "limit"] }
  )

const tagLimits = fc.array(
  fc.oneof(
    ...Object.entries(tagValues).map(([key, values]) => limitOf(key, [...values, "no run has this"])),
    limitOf("dagster/priority", ["0", "1", "007"])
  ),
  { maxLength: 4, size: "max" }
)

const poolConfig: fc.Arbitrary<Config> = fc.record(
  {
    block_op_concurrency_limited_runs: fc.record(
      {
        enabled: fc.constantFrom(true, true, true, false),
        op_concurrency_slot_buffer: fc.integer({ min: 0, max: 2 })
      },
      { requiredKeys: ["enabled"] }
    ),
    pools: fc.record({
      granularity: fc.constantFrom("op", "op", "run"),
      limits: fc.tuple(forPools(poolLimit), poolLimit).map(([limits, db]) => ({ db, ...limits }))
    }),
    started_run_allotment_seconds: fc.integer({ min: 0, max: 6 })
  },
  { requiredKeys: ["block_op_concurrency_limited_runs", "pools"] }
)

const runConfig: fc.Arbitrary<Config> = fc.record(
  {
    max_concurrent_runs: fc.oneof(
      { weight: 5, arbitrary: fc.integer({ min: 1, max: 8 }) },
      { weight: 5, arbitrary: fc.constant(-1) },
      fc.constant(0)
    ),
    tag_concurrency_limits: tagLimits
  },
  { requiredKeys: [] }
)

const config: fc.Arbitrary<Config> = fc
  .tuple(runConfig, fc.option(poolConfig, { freq: 3, nil: {} }))
  .map(([runs, pools]) => ({ ...runs, ...pools }))

/** The first steps of a run use pools, or do not, or it has none; later steps may use others. */
const poolUse: fc.Arbitrary<PoolUse> = fc
  .record({
    root: forPools(fc.constantFrom(1, 1, 2, 3)),
    later: fc.subarray(poolNames),
    unconstrained: fc.constantFrom(false, false, false, true)
  })
  .map(({ root, later, unconstrained }) => ({
    root,
    all: poolNames.filter((name) => Object.hasOwn(root, name) || later.includes(name)),
    unconstrained_root: unconstrained || Object.keys(root).length === 0
  }))

/** A step where things stand, or none if there is nothing to pick. */
type Move = (daemon: NaiveDaemon, config: Config) => Step | undefined

const pick = <A>(from: ReadonlyArray<A>, at: number): A | undefined => from[at % from.length]

const idIn = (daemon: NaiveDaemon, statuses: ReadonlyArray<Status>, at: number): string | undefined =>
  pick(
    daemon.runs.filter(({ status }) => statuses.includes(status)),
    at
  )?.id

const nextId = ({ runs }: NaiveDaemon): string => `r${runs.length + 1}`

const at = fc.nat({ max: 59 })

const submit = fc.record({ tags, pools: fc.option(poolUse, { freq: 4 }) }).map(({ tags, pools }): Move => {
  return (daemon, config) => ({
    submit: { id: nextId(daemon), tags, ...(config.pools && pools && { pools }) }
  })
})

const inject = fc
  .record({ tags, status: fc.constantFrom("NOT_STARTED", "STARTING", "STARTED", "CANCELING") })
  .map(
    ({ tags, status }): Move =>
      (daemon) => ({ inject: { id: nextId(daemon), tags, status } })
  )

const start = at.map((at): Move => {
  return (daemon) => {
    const id = idIn(daemon, ["STARTING"], at)
    return id === undefined ? undefined : { start: { id } }
  }
})

const finish = fc.tuple(at, fc.constantFrom("SUCCESS", "FAILURE", "CANCELED")).map(([at, status]): Move => {
  return (daemon) => {
    const id = idIn(daemon, ["STARTING", "STARTED", "CANCELING"], at)
    return id === undefined ? undefined : { finish: { id, status } }
  }
})

const cancel = at.map((at): Move => {
  return (daemon) => {
    const id = idIn(daemon, ["QUEUED", "STARTING", "STARTED"], at)
    return id === undefined ? undefined : { cancel: { id } }
  }
})

const claim = fc.tuple(at, fc.constantFrom("a", "b", "c"), somePool).map(([at, step, pool]): Move => {
  return (daemon, { pools }) => {
    const id = idIn(daemon, ["STARTED"], at)
    return id === undefined || pools === undefined ? undefined : { claim: { id, step, pool } }
  }
})

const release = at.map((at): Move => {
  return (daemon) => {
    const claim = pick(daemon.claims, at)
    return claim && { release: { id: claim.run.id, step: claim.step } }
  }
})

const setLimit = fc.tuple(somePool, fc.integer({ min: 0, max: 4 })).map(
  ([pool, limit]): Move =>
    (_, { pools }) =>
      pools && { set_limit: { pool, limit } }
)

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 12, arbitrary: submit },
  { weight: 9, arbitrary: fc.constant((): Step => ({ tick: true })) },
  { weight: 9, arbitrary: start },
  { weight: 5, arbitrary: finish },
  { weight: 10, arbitrary: claim },
  {
    weight: 3,
    arbitrary: fc.integer({ min: 1, max: 6 }).map(
      (advance): Move =>
        () => ({ advance })
    )
  },
  { weight: 4, arbitrary: release },
  { weight: 2, arbitrary: setLimit },
  { weight: 2, arbitrary: cancel },
  { weight: 1, arbitrary: inject }
)

const toScenario = (config: Config, moves: ReadonlyArray<Move>): Scenario => {
  const daemon = new NaiveDaemon(config, { leak: false })
  const steps = moves.flatMap((move) => {
    const step = move(daemon, config)
    if (step === undefined) return []
    daemon.take(step)
    return [step]
  })
  return { config, steps }
}

/** Policies of every form, each with a history of up to `maxSteps` steps. */
export const arbitraryScenario = ({ maxSteps }: { readonly maxSteps: number }): fc.Arbitrary<Scenario> =>
  fc
    .tuple(config, fc.array(move, { maxLength: maxSteps, size: "max" }))
    .map(([config, moves]) => toScenario(config, moves))

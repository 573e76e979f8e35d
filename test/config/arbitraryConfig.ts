/**
 * Random configurations: right ones in the form of signalbox.yaml, and documents that only look like one.
 */
import * as fc from "fast-check"

const size = fc.integer({ min: 0, max: 6 })
const count = fc.integer({ min: -2, max: 6 })
const atMost = fc.integer({ min: -1, max: 6 })
const tag = fc.constantFrom("team", "user")
const value = fc.constantFrom("red", "blue", "")

const some = <T>(keys: { readonly [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record<T>(keys as { [K in keyof T]: fc.Arbitrary<T[K]> }, { requiredKeys: [] })

const where = fc.dictionary(fc.constantFrom("team", "user", "tier"), value, { maxKeys: 2 })
const form = fc.oneof(
  fc.constant({}),
  fc.record({ value }),
  fc.record({ value: fc.record({ applyLimitPerUniqueValue: fc.boolean() }) }),
  fc.constant({ distinct: true })
)

/** A limit by tag. */
export const arbitraryLimit = fc
  .tuple(fc.record({ key: tag, limit: fc.integer({ min: -1, max: 4 }) }), form, some({ where }))
  .map(([limit, of, among]) => ({ ...limit, ...of, ...among }))

const limits = fc.array(arbitraryLimit, { maxLength: 5 })

const runs = some({
  max_concurrent_runs: count,
  tag_concurrency_limits: limits,
  max_queued_runs: size,
  idempotency_window_seconds: fc.integer({ min: 1, max: 600 }),
  order: fc.constantFrom("shortest first", "by age")
})

const pools = some({
  default_limit: size,
  granularity: fc.constantFrom("run", "op"),
  op_granularity_run_buffer: size,
  limits: fc.dictionary(fc.constantFrom("gpu", "team", "a/b.c", "__proto__"), size),
  settle_seconds: size
})

const queue = some({
  dequeue_interval_seconds: count,
  dequeue_use_threads: fc.boolean(),
  max_user_code_failure_retries: count,
  user_code_failure_retry_delay: count,
  block_op_concurrency_limited_runs: some({ enabled: fc.boolean() })
})

const oldQueue = some({
  max_concurrent_runs: atMost,
  tag_concurrency_limits: limits,
  block_op_concurrency_limited_runs: some({ enabled: fc.boolean(), op_concurrency_slot_buffer: size })
})

const under = fc.constantFrom("run_queue", "run_coordinator")

const placed = (place: string, config: object): Record<string, unknown> =>
  place === "run_queue"
    ? { run_queue: config }
    : { run_coordinator: { module: "dagster", class: "QueuedRunCoordinator", config } }

const immediate = fc
  .constantFrom("DefaultRunCoordinator", "SyncInMemoryRunCoordinator")
  .map((name): Record<string, unknown> => ({ run_coordinator: { module: "dagster", class: name } }))

const coordination = fc.oneof(
  fc.tuple(under, queue, some({ runs, pools })).map(([place, config, concurrency]) => ({
    ...placed(place, config),
    concurrency
  })),
  fc.tuple(under, oldQueue).map(([place, config]) => placed(place, config)),
  fc.tuple(immediate, some({ runs, pools })).map(([own, concurrency]) => ({ ...own, concurrency }))
)

const route = fc
  .tuple(fc.constantFrom("workers", "process"), some({ where, kind: fc.constantFrom("command", "job") }))
  .map(([launcher, when]) => ({ launcher, ...when }))

const retryRule = fc.record(
  {
    causes: fc.constantFrom(["Exited"], ["WorkerLost", "StartTimeout"]),
    max: fc.integer({ min: 1, max: 9 }),
    delay_seconds: fc.nat(600),
    factor: fc.constantFrom(1, 2.5),
    max_delay_seconds: fc.nat(600),
    jitter: fc.constantFrom(0, 0.5, 1),
    as: fc.constantFrom("attempt", "run"),
    place: fc.constantFrom("end", "same")
  },
  { requiredKeys: ["max"] }
)

const others = some({
  routes: fc.array(route, { minLength: 1, maxLength: 3 }),
  launchers: some({
    docker: some({
      image: fc.constantFrom("busybox", "bread:2"),
      pull: fc.constantFrom("missing", "always", "never"),
      host_config: fc.constant({ Binds: ["/a:/b"] }),
      terminate_grace_seconds: fc.nat(60)
    })
  }),
  run_monitoring: some({
    enabled: fc.boolean(),
    start_timeout_seconds: count,
    cancel_timeout_seconds: count,
    max_runtime_seconds: count,
    queue_timeout_seconds: count,
    max_resume_run_attempts: count
  }),
  run_retries: some({
    enabled: fc.boolean(),
    max_retries: count,
    retry_on_asset_or_op_failure: fc.boolean(),
    rules: fc.array(retryRule, { maxLength: 2 }),
    max_crashes: fc.integer({ min: 1, max: 5 })
  }),
  telemetry: fc.constant({ enabled: false })
})

/** What stands in a right signalbox.yaml. */
export const arbitraryConfig: fc.Arbitrary<Record<string, unknown>> = fc
  .tuple(coordination, others)
  .map(([first, second]) => ({ ...first, ...second }))

const word = fc.constantFrom(
  ...["concurrency", "runs", "pools", "run_queue", "run_coordinator", "run_monitoring", "run_retries"],
  ...["max_concurrent_runs", "tag_concurrency_limits", "block_op_concurrency_limited_runs", "limits", "key"],
  ...[
    "granularity",
    "default_limit",
    "class",
    "module",
    "config",
    "enabled",
    "value",
    "env",
    "where",
    "limit"
  ],
  ...["QueuedRunCoordinator", "DefaultRunCoordinator", "dagster", "__proto__", "constructor", "<<", ""]
)

const leaf = fc.oneof(
  word,
  fc.string(),
  fc.integer(),
  fc.double(),
  fc.boolean(),
  fc.constantFrom(null, [], {}, 1e21, -1)
)

/** Nested mappings and lists out of the words of configurations. */
export const configLike = fc.letrec<{ node: unknown }>((tie) => ({
  node: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc.dictionary(word, tie("node"), { maxKeys: 6 }),
    fc.array(tie("node"), { maxLength: 4 })
  )
})).node

/** Lines of pieces of YAML. */
export const yamlLike = fc
  .array(
    fc.oneof(
      word.map((text) => `${text}: `),
      fc.constantFrom(
        "\n",
        "\n  ",
        "\n    ",
        "- ",
        "{",
        "}",
        "[",
        "]",
        ", ",
        "&a ",
        "*a",
        "<<: ",
        "!!set ",
        "? "
      ),
      fc.constantFrom(
        "'",
        '"',
        "---\n",
        "|\n",
        ">",
        "2026-01-01",
        "1:30",
        "0o7",
        "~",
        "yes",
        ".nan",
        "#",
        "%YAML 1.2\n"
      ),
      fc.integer().map(String)
    ),
    { maxLength: 40 }
  )
  .map((pieces) => pieces.join(""))

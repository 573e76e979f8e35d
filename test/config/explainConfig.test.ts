import { describe, expect, it } from "vitest"
import { explainConfig } from "../../src/config/explainConfig.ts"
import { rightConfig } from "./configFile.ts"

const fromOf = (text: string, env: Record<string, string> = {}): Readonly<Record<string, string>> =>
  Object.fromEntries(explainConfig(rightConfig(text, undefined, env)).map(({ key, from }) => [key, from]))

describe("what a configuration stands for is explained:", () => {
  it("a value by its line, and by its path where that is another", () => {
    const from = fromOf(`run_coordinator:
  module: dagster
  class: QueuedRunCoordinator
  config:
    max_user_code_failure_retries: 3
    block_op_concurrency_limited_runs: { enabled: false }
concurrency:
  runs: { max_concurrent_runs: 5 }
  default_op_concurrency_limit: 2
`)
    expect(from).toMatchObject({
      "run_coordinator.class": "line 3",
      "concurrency.runs.max_concurrent_runs": "line 8",
      "concurrency.pools.default_limit": "line 9, concurrency.default_op_concurrency_limit",
      "run_queue.max_user_code_failure_retries":
        "line 5, run_coordinator.config.max_user_code_failure_retries",
      "run_queue.block_op_concurrency_limited_runs.enabled":
        "line 6, run_coordinator.config.block_op_concurrency_limited_runs.enabled"
    })
  })

  it("a value out of the environment by its variable", () => {
    const from = fromOf("concurrency: { runs: { max_concurrent_runs: { env: MAX } } }", { MAX: "4" })
    expect(from["concurrency.runs.max_concurrent_runs"]).toBe("line 1, environment variable MAX")
  })

  it("what nobody says, by whose default it is and since when", () => {
    expect(fromOf("")).toMatchObject({
      "run_coordinator.class": "default of Dagster since 1.10",
      "concurrency.runs.max_concurrent_runs": "default of Dagster",
      "concurrency.runs.max_queued_runs": "default of Signalbox",
      "run_queue.block_op_concurrency_limited_runs.enabled": "default of Dagster since 1.10",
      "run_monitoring.start_timeout_seconds": "run_monitoring is not enabled",
      "run_retries.max_retries": "run_retries is not enabled"
    })
  })

  it("limits of runs that do not stand in line, as none", () => {
    const from = fromOf("run_coordinator: { module: dagster, class: DefaultRunCoordinator }")
    expect(from["concurrency.runs.max_concurrent_runs"]).toBe("runs do not stand in line")
  })

  it("each limit by its own line", () => {
    const from = fromOf(`concurrency:
  runs:
    tag_concurrency_limits:
      - { key: a, limit: 1 }
      - { key: b, limit: 1 }
  pools:
    limits:
      gpu: 1
      a/b: 2
`)
    expect(from).toMatchObject({
      "concurrency.runs.tag_concurrency_limits[0]": "line 4",
      "concurrency.runs.tag_concurrency_limits[1]": "line 5",
      "concurrency.pools.limits.gpu": "line 8",
      'concurrency.pools.limits["a/b"]': "line 9"
    })
  })
})

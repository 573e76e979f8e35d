/**
 * Configuration files by the real program: checked, explained, and in force for a run.
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { signalbox, start, temporaryFolder } from "./signalbox.ts"

const folderWith = (files: Readonly<Record<string, string>>): string => {
  const folder = temporaryFolder()
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

const dagster = `run_queue:
  max_concurrent_runs: { env: MAX_RUNS }
  dequeue_interval_seconds: 5
  tag_concurrency_limits:
    - { key: team, limit: 1 }
    - { key: team, limit: 2 }
telemetry: { enabled: false }
`

const check = (folder: string, ...args: ReadonlyArray<string>) =>
  start(folder, ["config", "check", ...args], { MAX_RUNS: "3" }).ended

describe("config check", () => {
  it("says ok, and what of the file does nothing here", async () => {
    const { code, stdout, stderr } = await check(folderWith({ "dagster.yaml": dagster }), "dagster.yaml")
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    expect(stdout.split("\n")).toEqual([
      "dagster.yaml: ok",
      "no effect   dagster.yaml:3:3: run_queue.dequeue_interval_seconds: has no effect here, because there is no poll: what may start starts at once",
      "ignored     dagster.yaml:7:1: not read, since run coordination does not depend on it: telemetry",
      "dead        dagster.yaml:5:7: run_queue.tag_concurrency_limits[0]: is dead: the same limit stands in line 6, and the last one counts",
      ""
    ])
  })

  it("tells all that is wrong on stderr, each with its place", async () => {
    const folder = folderWith({ "dagster.yaml": "run_queue: { max_concurrent_runs: -2 }\nrun_retry: {}\n" })
    const { code, stdout, stderr } = await check(folder, "dagster.yaml")
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" })
    expect(stderr).toMatch(/^dagster.yaml:1:35: run_queue.max_concurrent_runs: expected -1 \(no limit\), 0/)
    expect(stderr).toMatch(/\ndagster.yaml:2:1: run_retry: is not known here; did you mean run_retries\?/)
  })

  it("answers in JSON with the same exit codes", async () => {
    const folder = folderWith({ "dagster.yaml": dagster, "wrong.yaml": "run_queue: 7\n" })
    const right = await check(folder, "dagster.yaml", "--json")
    expect(right.code).toBe(0)
    expect(JSON.parse(right.stdout)).toMatchObject({ file: "dagster.yaml", ok: true, form: "dagster" })
    const wrong = await check(folder, "wrong.yaml", "--json")
    expect({ code: wrong.code, stderr: wrong.stderr }).toEqual({ code: 2, stderr: "" })
    expect(JSON.parse(wrong.stdout)).toEqual({
      file: "wrong.yaml",
      ok: false,
      problems: [{ line: 1, column: 12, path: "run_queue", message: "expected object, got 7" }]
    })
  })

  it("takes a file for a dagster.yaml if told so", async () => {
    const folder = folderWith({ "a.yaml": "concurrency: { pools: { limits: { gpu: 1 } } }\n" })
    expect((await check(folder, "a.yaml")).code).toBe(0)
    expect((await check(folder, "a.yaml", "--form", "dagster")).code).toBe(2)
  })
})

describe("config explain", () => {
  it("shows each value with its place, its variable or its default", async () => {
    const folder = folderWith({ "dagster.yaml": dagster })
    const { code, stdout } = await start(folder, ["config", "explain", "dagster.yaml"], { MAX_RUNS: "3" })
      .ended
    expect(code).toBe(0)
    const rows = stdout.split("\n").map((line) => line.split(/ {2,}/))
    expect(rows).toContainEqual([
      "concurrency.runs.max_concurrent_runs",
      "3",
      "line 2, run_queue.max_concurrent_runs, environment variable MAX_RUNS"
    ])
    expect(rows).toContainEqual(["concurrency.pools.granularity", "op", "default of Dagster"])
    expect(rows).toContainEqual([
      "concurrency.runs.tag_concurrency_limits[1]",
      '{"key":"team","limit":2}',
      "line 6, run_queue.tag_concurrency_limits[1]"
    ])
    expect(rows).toContainEqual([
      "run_monitoring.start_timeout_seconds",
      "-",
      "run_monitoring is not enabled"
    ])
    expect(stdout).toContain("is dead: the same limit stands in line 6")
  })

  it("in JSON has the policy and a file that says the same", async () => {
    const folder = folderWith({ "dagster.yaml": dagster })
    const explain = (file: string) =>
      start(folder, ["config", "explain", file, "--json"], { MAX_RUNS: "3" }).ended
    const said = JSON.parse((await explain("dagster.yaml")).stdout)
    expect(said.policy).toMatchObject({ mode: "queued", maxConcurrentRuns: 3 })
    writeFileSync(join(folder, "same.json"), JSON.stringify(said.effective))
    expect(JSON.parse((await explain("same.json")).stdout).policy).toEqual(said.policy)
  })
})

const two = "runs: [{ id: a, command: 'true' }, { id: b, command: 'true' }]\n"

describe("run --config", () => {
  it("puts the policy of the file in force", async () => {
    const folder = folderWith({
      "dagster.yaml":
        "run_queue: { max_concurrent_runs: 1 }\nrun_retries: { enabled: true, max_retries: 2 }\n",
      "work.yaml": two
    })
    expect((await signalbox(folder, "run", "work.yaml", "--config", "dagster.yaml")).code).toBe(0)
    const { policy } = JSON.parse((await signalbox(folder, "queue", "--json")).stdout)
    expect(policy).toMatchObject({ maxConcurrentRuns: 1, retries: { runs: 2, launches: 0 } })
  })

  it("beside a run file with a policy of its own is refused", async () => {
    const folder = folderWith({ "c.yaml": "", "work.yaml": `policy: { max_concurrent_runs: 1 }\n${two}` })
    const { code, stderr } = await signalbox(folder, "run", "work.yaml", "--config", "c.yaml")
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr:
        "work.yaml has a `policy` of its own, and --config c.yaml gives another: " +
        "take it out of the run file, or leave --config out.\n"
    })
  })

  it("with a file that is wrong starts nothing, and makes no log", async () => {
    const folder = folderWith({ "c.yaml": "run_que: {}\n", "work.yaml": two })
    const { code, stderr } = await signalbox(folder, "run", "work.yaml", "--config", "c.yaml")
    expect(code).toBe(2)
    expect(stderr).toMatch(/^c.yaml:1:1: run_que: is not known here; did you mean run_queue\?/)
    expect((await signalbox(folder, "list")).stderr).toBe("there is no log at log.db\n")
  })

  it("tells what of a custom coordinator has to be brought over, and goes on", async () => {
    const folder = folderWith({
      "dagster.yaml": "run_coordinator: { module: ours, class: EmailCoordinator }\n",
      "work.yaml": two
    })
    const { code, stderr } = await signalbox(folder, "run", "work.yaml", "--config", "dagster.yaml")
    expect(code).toBe(0)
    expect(stderr).toMatch(
      /^dagster.yaml:1:34: run_coordinator.class: the class ours.EmailCoordinator is not run here/
    )
  })
})

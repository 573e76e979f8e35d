/**
 * `signalbox run`, as a person or a script meets it.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { signalbox, start, temporaryFolder } from "./signalbox.ts"

const runFile = (folder: string, contents: unknown): void =>
  writeFileSync(join(folder, "work.json"), JSON.stringify(contents))

const states = (stdout: string): Record<string, string> =>
  Object.fromEntries(JSON.parse(stdout).runs.map((run: { id: string; state: string }) => [run.id, run.state]))

describe("signalbox run FILE", () => {
  it("does the runs in the order of their priority, prints a line for each and a summary, and exits with 0", async () => {
    const folder = temporaryFolder()
    runFile(folder, {
      policy: { max_concurrent_runs: 1 },
      runs: [
        { id: "low", command: "echo low >> order.txt", priority: -1 },
        { id: "plain", command: "echo plain >> order.txt" },
        { id: "high", command: ["sh", "-c", "echo high >> order.txt"], priority: 5 }
      ]
    })
    const { code, stdout, stderr } = await signalbox(folder, "run", "work.json")
    expect(stderr).toBe("")
    expect(code).toBe(0)
    expect(readFileSync(join(folder, "order.txt"), "utf8")).toBe("high\nplain\nlow\n")
    expect(stdout).toMatch(
      /^3 runs: work.json, batch 1\n✔ high .*\n✔ plain .*\n✔ low .*\n\nRUN +OUTCOME +WAITED +RAN\n/
    )
    expect(stdout).toMatch(/3 runs: 3 succeeded, in [\d.]+s\.\nRecorded in log\.db up to position \d+\.\n$/)
  })

  it("exits with 1 where a run fails, and shows why", async () => {
    const folder = temporaryFolder()
    runFile(folder, {
      runs: [
        { id: "good", command: "true" },
        { id: "bad", command: "echo oh no >&2; exit 7" },
        { id: "unheard-of", command: ["no-such-program-anywhere"] }
      ]
    })
    const { code, stdout } = await signalbox(folder, "run", "work.json")
    expect(code).toBe(1)
    expect(stdout).toMatch(/✖ bad .* exited with code 7/)
    const shown = await signalbox(folder, "show", "bad")
    expect(shown.stdout).toContain("oh no")
    expect((await signalbox(folder, "show", "unheard-of")).stdout).toMatch(/exited with code 127.*not found/s)
  })

  it("prints one JSON document with --json", async () => {
    const folder = temporaryFolder()
    runFile(folder, {
      runs: [{ id: "one", command: "true", tags: { "dagster/priority": "99999999999999999999" } }]
    })
    const { code, stdout } = await signalbox(folder, "run", "work.json", "--json")
    expect(code).toBe(0)
    expect(states(stdout)).toEqual({ "one.1": "succeeded" })
    expect(JSON.parse(stdout).runs[0].priority).toBe("99999999999999999999")
  })

  it("begins a new batch when the last one is over, and goes on with one that was cut off", async () => {
    const folder = temporaryFolder()
    runFile(folder, { runs: [{ id: "one", command: "true" }] })
    await signalbox(folder, "run", "work.json")
    const second = start(folder, ["run", "work.json"])
    await second.says("batch 2")
    expect((await second.ended).code).toBe(0)

    runFile(folder, {
      runs: [
        { id: "long", command: "until [ -e go ]; do sleep 0.05; done" },
        { id: "one", command: "true" }
      ]
    })
    const cut = start(folder, ["run", "work.json"])
    await cut.says("✔ one")
    cut.child.kill("SIGKILL")
    await cut.ended
    const again = start(folder, ["run", "work.json"])
    await again.says("batch 3, going on: 1 of 2 done")
    writeFileSync(join(folder, "go"), "")
    expect((await again.ended).code).toBe(0)
  })

  it("refuses to go on with a batch whose file has changed, and begins anew with --fresh", async () => {
    const folder = temporaryFolder()
    runFile(folder, { runs: [{ id: "long", command: "sleep 60" }] })
    const cut = start(folder, ["run", "work.json"])
    await cut.says("1 run")
    cut.child.kill("SIGKILL")
    await cut.ended
    runFile(folder, { runs: [{ id: "long", command: "true" }] })
    const refused = await signalbox(folder, "run", "work.json")
    expect(refused.code).toBe(2)
    expect(refused.stderr).toMatch(
      /The last batch of work.json was cut off, and the file has changed since: long\..*--fresh/
    )
    const fresh = await signalbox(folder, "run", "work.json", "--fresh", "--json")
    expect(fresh.code).toBe(0)
    expect(states(fresh.stdout)).toEqual({ "long.2": "succeeded" })
    expect(
      states((await signalbox(folder, "list", "--json")).stdout.replace(/^/, '{"runs":').concat("}"))
    ).toMatchObject({
      "long.1": "canceled"
    })
  })

  it("gives --env to every run", async () => {
    const folder = temporaryFolder()
    runFile(folder, {
      runs: [{ id: "one", command: 'echo "$WHO $SELF" > out', env: { SELF: "one", WHO: "nobody" } }]
    })
    await signalbox(folder, "run", "work.json", "--env", "WHO=ann")
    expect(readFileSync(join(folder, "out"), "utf8")).toBe("ann one\n")
  })
})

describe("signalbox run, whose output nobody reads any more", () => {
  it("does its work to the end", async () => {
    const folder = temporaryFolder()
    runFile(folder, {
      policy: { max_concurrent_runs: 1 },
      runs: [
        { id: "a", command: "true" },
        { id: "b", command: "true" }
      ]
    })
    const program = start(folder, ["run", "work.json"])
    program.child.stdout?.destroy()
    expect((await program.ended).code).toBe(0)
    expect(
      (await signalbox(folder, "list", "--state", "succeeded", "--json")).stdout.match(/"succeeded"/g)
    ).toHaveLength(4)
  })
})

describe("signalbox run, interrupted", () => {
  const work = {
    policy: { max_concurrent_runs: 1 },
    runs: [
      { id: "first", command: "echo begun > begun; until [ -e go ]; do sleep 0.05; done" },
      { id: "second", command: "true" }
    ]
  }

  it("finishes what runs at the first Ctrl-C, leaves the rest queued and exits with 130", async () => {
    const folder = temporaryFolder()
    runFile(folder, work)
    const program = start(folder, ["run", "work.json"])
    await program.says("2 runs")
    program.child.kill("SIGINT")
    await program.says("Draining: 1 run in flight to finish, 1 stay queued")
    writeFileSync(join(folder, "go"), "")
    const { code, stdout } = await program.ended
    expect(code).toBe(130)
    expect(stdout).toMatch(/first +succeeded/)
    expect(stdout).toMatch(/second +queued/)
    expect((await signalbox(folder, "run", "work.json")).code).toBe(0)
  })

  it("stops what runs at the second Ctrl-C", async () => {
    const folder = temporaryFolder()
    runFile(folder, work)
    const program = start(folder, ["run", "work.json"])
    await program.says("2 runs")
    program.child.kill("SIGINT")
    await program.says("Draining")
    program.child.kill("SIGINT")
    const { code, stdout } = await program.ended
    expect(code).toBe(130)
    expect(stdout).toMatch(/first +canceled .*interrupted/)
  })

  it("lets go of what runs at SIGTERM, exits with 143, and takes it up again", async () => {
    const folder = temporaryFolder()
    runFile(folder, work)
    const program = start(folder, ["run", "work.json"])
    await program.says("2 runs")
    program.child.kill("SIGTERM")
    expect((await program.ended).code).toBe(143)
    const again = start(folder, ["run", "work.json", "--json"])
    writeFileSync(join(folder, "go"), "")
    const { code, stdout } = await again.ended
    expect(code).toBe(0)
    expect(JSON.parse(stdout).runs.map((run: { attempt: number }) => run.attempt)).toEqual([1, 1])
  })
})

describe("signalbox run without a file", () => {
  it("that is to stay begins a log where there is none, and tells of what is submitted then", async () => {
    const folder = temporaryFolder()
    const program = start(folder, ["run", "--stay"])
    await program.says("0 runs: what waits in the log")
    await signalbox(folder, "submit", "--id", "first", "--", "true")
    await program.says("✔ first")
    await signalbox(folder, "submit", "--id", "second", "--", "true")
    await program.says("✔ second")
    program.child.kill("SIGINT")
    expect((await program.ended).code).toBe(130)
  })

  it("does what waits in the log, and what is submitted meanwhile", async () => {
    const folder = temporaryFolder()
    await signalbox(folder, "submit", "--id", "early", "--", "until [ -e go ]; do sleep 0.05; done")
    const program = start(folder, ["run"])
    await program.says("1 run: what waits in the log")
    const submitted = await signalbox(folder, "submit", "--id", "late", "--json", "--", "true")
    expect(JSON.parse(submitted.stdout)).toMatchObject({ led: true, run: { id: "late" } })
    writeFileSync(join(folder, "go"), "")
    const { code, stdout } = await program.ended
    expect(code).toBe(0)
    expect(stdout).toMatch(/early +succeeded/)
    expect(stdout).toMatch(/late +succeeded/)
  })
})

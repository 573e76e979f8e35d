/**
 * What people do about a queue from the command line, while nobody leads and while someone does.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { signalbox, start, temporaryFolder } from "./signalbox.ts"

/** A folder with a log in which these runs wait. */
const withQueued = async (...ids: ReadonlyArray<string>): Promise<string> => {
  const folder = temporaryFolder()
  for (const id of ids) await signalbox(folder, "submit", "--id", id, "--tag", `kind=${id[0]}`, "true")
  return folder
}

const orderIn = async (folder: string): Promise<ReadonlyArray<string>> => {
  const { stdout } = await signalbox(folder, "queue", "--json")
  return JSON.parse(stdout).waiting.map(({ run }: { readonly run: string }) => run)
}

const why = async (folder: string, run: string) => (await signalbox(folder, "why", run)).stdout

describe("the place of a run", () => {
  it("is changed by its priority, and by moving it to the top", async () => {
    const folder = await withQueued("a", "b", "c")
    expect((await signalbox(folder, "priority", "c", "5")).stdout).toMatch(
      /^c has priority 5 \(position \d+\)/
    )
    expect(await orderIn(folder)).toEqual(["c", "a", "b"])
    expect((await signalbox(folder, "top", "b")).stdout).toMatch(/^b is first in line/)
    expect(await orderIn(folder)).toEqual(["b", "c", "a"])
  })

  it("is kept while it is held, and everyone is told by whom and why", async () => {
    const folder = await withQueued("a", "b")
    await signalbox(folder, "hold", "a", "--reason", "ask ann first")
    expect(await why(folder, "a")).toMatch(/a is queued, 1 of 2 in line.*held by cli:\w+: ask ann first/s)
    const running = start(folder, ["run"])
    await running.says("✔ b")
    expect(await orderIn(folder)).toEqual(["a"])
    expect((await signalbox(folder, "release", "a")).stdout).toMatch(/^a is released/)
    expect((await running.ended).code).toBe(0)
  })

  it("cannot be changed once it does not wait", async () => {
    const folder = await withQueued("a")
    await signalbox(folder, "cancel", "a")
    expect(await signalbox(folder, "hold", "a")).toMatchObject({
      code: 1,
      stderr: "HoldRun refused: run a is canceled; a finished run takes no more commands.\n"
    })
  })
})

describe("a pause", () => {
  it("holds back what it names, until it is resumed", async () => {
    const folder = await withQueued("a", "b")
    await signalbox(folder, "pause", "--tag", "kind=a", "--reason", "upgrade")
    expect(await why(folder, "a")).toMatch(/tag kind=a is paused by cli:\w+: upgrade/)
    const running = start(folder, ["run"])
    await running.says("✔ b")
    expect(await orderIn(folder)).toEqual(["a"])
    await signalbox(folder, "resume", "--tag", "kind=a")
    expect((await running.ended).code).toBe(0)
  })

  it("names one thing at a time", async () => {
    const both = await signalbox(temporaryFolder(), "pause", "--tag", "a", "--pool", "b")
    expect(both).toMatchObject({ code: 2 })
    expect(both.stderr).toContain("Give one of --tag, --pool and --location")
  })
})

describe("many runs at once", () => {
  it("cancels all that meet a filter, in one turn", async () => {
    const folder = await withQueued("a1", "a2", "b1")
    const dry = await signalbox(folder, "cancel", "--tag", "kind=a", "--dry-run")
    expect(dry.stdout).toBe("It would be 2 runs:\na1 (queued)\na2 (queued)\n")
    expect(await orderIn(folder)).toEqual(["a1", "a2", "b1"])
    const done = await signalbox(folder, "cancel", "--tag", "kind=a", "--reason", "not needed")
    expect(done.stdout).toBe("a1 is canceled.\na2 is canceled.\n2 runs.\n")
    const { stdout } = await signalbox(folder, "log", "--json")
    const events = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
    const canceled = events.filter(({ type }) => type === "RunCanceled")
    expect(new Set(canceled.map(({ turn }) => turn)).size).toBe(1)
    expect(canceled.map(({ data }) => data.cause.reason)).toEqual(["not needed", "not needed"])
  })

  it("does runs again that have failed, as runs that know what they repeat", async () => {
    const folder = temporaryFolder()
    await signalbox(folder, "submit", "--id", "bad", "exit 3")
    await signalbox(folder, "run")
    expect((await signalbox(folder, "rerun", "--state", "failed")).stdout).toMatch(
      /^\S+ does bad again, and is queued\.\n$/
    )
    const { stdout } = await signalbox(folder, "list", "--state", "queued", "--json")
    expect(JSON.parse(stdout)).toMatchObject([{ root: "bad", spec: { parent: "bad", command: "exit 3" } }])
  })

  it("must be named or filtered, not both and not neither", async () => {
    const folder = await withQueued("a")
    expect(await signalbox(folder, "cancel")).toMatchObject({
      code: 2,
      stderr: "Which runs? Name them, or give --state, --tag or --job.\n"
    })
    expect((await signalbox(folder, "cancel", "a", "--state", "queued")).code).toBe(2)
    expect((await signalbox(folder, "cancel", "--state", "failed")).stdout).toContain("No such runs.")
  })
})

describe("work that is done again by the rules", () => {
  it("has succeeded where its second go has, and is waited for", async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, "signalbox.yaml"), "run_retries: { enabled: true, max_retries: 2 }")
    const runs = [
      { id: "flaky", command: "test -e once || { touch once; exit 1; }" },
      { id: "steady", command: "true" }
    ]
    writeFileSync(join(folder, "runs.json"), JSON.stringify({ runs }))
    const { code, stdout } = await signalbox(folder, "run", "runs.json", "--config", "signalbox.yaml")
    expect(stdout).toMatch(/flaky +failed.*flaky \(retry 1\) +succeeded/s)
    expect(code).toBe(0)
  })

  it("has failed where none of its goes has succeeded; the next batch begins anew", async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, "signalbox.yaml"), "run_retries: { enabled: true, max_retries: 2 }")
    writeFileSync(join(folder, "runs.json"), JSON.stringify({ runs: [{ id: "bad", command: "exit 3" }] }))
    const once = () => signalbox(folder, "run", "runs.json", "--config", "signalbox.yaml")
    const { code, stdout } = await once()
    expect(stdout).toMatch(/bad +failed.*bad \(retry 1\) +failed.*bad \(retry 2\) +failed.*3 runs: 3 failed/s)
    expect(code).toBe(1)
    expect((await once()).stdout).toContain("batch 2")
  })
})

describe("a run with a key", () => {
  it("is refused while another of its key is active, or takes its place", async () => {
    const folder = temporaryFolder()
    const daily = (id: string, collision: string) =>
      signalbox(folder, "submit", "--id", id, "--unique", "daily", "--collision", collision, "true")
    await daily("a", "queue")
    expect(await daily("b", "refuse")).toMatchObject({
      code: 1,
      stderr: "SubmitRun refused: run a of key daily is active.\n"
    })
    expect((await daily("c", "replace")).code).toBe(0)
    expect(await orderIn(folder)).toEqual(["c"])
    expect((await signalbox(folder, "list")).stdout).toMatch(/a +canceled.*replaced by c/)
  })

  it("fails where it has waited for longer than it may", async () => {
    const folder = temporaryFolder()
    await signalbox(folder, "submit", "--id", "a", "--max-queued", "1ms", "true")
    expect((await signalbox(folder, "show", "a", "--json")).stdout).toContain('"queueMs": 1')
    await signalbox(folder, "run")
    expect((await signalbox(folder, "list")).stdout).toMatch(/a +failed.*waited for longer than 1 ms/)
  })
})

describe("a pool", () => {
  it("has as many slots as were set, and tells so", async () => {
    const folder = temporaryFolder()
    await signalbox(folder, "submit", "true")
    await signalbox(folder, "pool", "set", "db", "2", "--reason", "a new disk")
    expect(JSON.parse((await signalbox(folder, "pool", "list", "--json")).stdout)).toEqual([
      { pool: "db", limit: 2, granted: 0, claimed: 0, waiting: [] }
    ])
    await signalbox(folder, "pool", "unset", "db")
    expect((await signalbox(folder, "pool", "list")).stdout).toBe("No pools.\n")
    expect((await signalbox(folder, "pool", "set", "db", "-1")).code).toBe(2)
  })

  it("lets the steps of real processes in one after the other", async () => {
    const folder = temporaryFolder()
    await signalbox(folder, "submit", "--id", "first", "true")
    await signalbox(folder, "pool", "set", "db", "1")
    const signal = `"${process.execPath}" "$SIGNALBOX_PROGRAM"`
    const step = `${signal} pool claim db && echo in >> steps && ${signal} queue && echo out >> steps && ${signal} pool release db`
    const runs = ["a", "b", "c"].map((id) => ({ id, command: step }))
    writeFileSync(join(folder, "runs.json"), JSON.stringify({ runs }))
    const { code, stdout, stderr } = await start(folder, ["run", "runs.json"]).ended
    expect({ code, stderr, stdout: code === 0 ? "" : stdout }).toEqual({ code: 0, stderr: "", stdout: "" })
    const steps = readFileSync(join(folder, "steps"), "utf8").trim().split("\n")
    expect(steps).toEqual(["in", "out", "in", "out", "in", "out"])
  })
})

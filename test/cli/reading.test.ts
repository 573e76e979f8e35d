/**
 * The commands that read, over one log that holds every kind of run.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { signalbox, start } from "./signalbox.ts"

const folder = mkdtempSync(join(tmpdir(), "signalbox-test-"))

beforeAll(async () => {
  await signalbox(
    folder,
    "submit",
    "--id",
    "good",
    "--tag",
    "team=red",
    "--job",
    "greet",
    "--",
    "echo",
    "hello"
  )
  await signalbox(folder, "submit", "--id", "bad", "--tag", "team=blue", "exit 4")
  await signalbox(folder, "run")
  await signalbox(folder, "submit", "--id", "waits", "--priority", "3", "true")
  await signalbox(folder, "submit", "--id", "later", "--not-before", "2099-01-01T00:00:00Z", "true")
  await signalbox(folder, "submit", "--id", "gone", "true")
  await signalbox(folder, "cancel", "gone", "--reason", "a mistake")
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

const text = async (...args: ReadonlyArray<string>): Promise<string> =>
  (await signalbox(folder, ...args)).stdout
const json = async (...args: ReadonlyArray<string>) => JSON.parse(await text(...args, "--json"))

describe("signalbox list", () => {
  it("lists runs in the order of their submission", async () => {
    const rows = (await text("list")).trim().split("\n")
    expect(rows.map((row) => row.split(/ +/).slice(0, 2).join(" "))).toEqual([
      "RUN STATE",
      "good succeeded",
      "bad failed",
      "waits queued",
      "later queued",
      "gone canceled"
    ])
  })

  it("picks by state, tag, job and number", async () => {
    const ids = async (...args: ReadonlyArray<string>) =>
      (await json("list", ...args)).map((run: { id: string }) => run.id)
    expect(await ids("--state", "queued")).toEqual(["waits", "later"])
    expect(await ids("--state", "failed", "--state", "canceled")).toEqual(["bad", "gone"])
    expect(await ids("--tag", "team=red")).toEqual(["good"])
    expect(await ids("--job", "greet")).toEqual(["good"])
    expect(await ids("--limit", "1")).toEqual(["gone"])
    expect(await text("list", "--job", "none")).toBe("No such runs.\n")
  })
})

describe("signalbox show", () => {
  it("shows what is known of a run, and where its output is", async () => {
    const shown = await text("show", "good")
    for (const part of ["succeeded", "greet", "echo hello", "team=red", "by         cli:", "stdout"])
      expect(shown).toContain(part)
    expect(await text("show", "gone")).toContain("canceled: a mistake")
    expect((await json("show", "bad")).end.cause).toMatchObject({ _tag: "Exited", code: 4 })
  })
})

describe("signalbox queue and why", () => {
  it("show who waits in order, and why", async () => {
    const { waiting, inFlight } = await json("queue")
    expect(inFlight).toEqual([])
    expect(waiting.map((one: { run: string; place: number }) => [one.place, one.run])).toEqual([
      [1, "waits"],
      [2, "later"]
    ])
    expect((await text("why", "later")).split("\n")).toEqual([
      expect.stringMatching(/^later is queued, 2 of 2 in line, since .*Z\.$/),
      "",
      "What is in its way",
      "  - no coordinator admits runs now: start one with `signalbox run`",
      "  - may not start before 2099-01-01T00:00:00Z",
      "",
      "Ahead of it",
      "  - waits",
      "",
      "What would start it now",
      "  - if a coordinator admits runs (`signalbox run`) and at 2099-01-01T00:00:00Z",
      "",
      "When it will start",
      "  - not by itself: someone has to do something first",
      ""
    ])
    expect(await json("why", "later")).toMatchObject({
      place: 2,
      front: ["waits"],
      reasons: [{ _tag: "AdmissionClosed" }, { _tag: "NotBefore" }],
      wouldStart: [[{ _tag: "CoordinatorAdmits" }, { _tag: "TimeComes" }]],
      estimate: { _tag: "NotByItself" }
    })
  })

  it("say why a run was let in, of one that was", async () => {
    expect(await text("why", "good")).toMatch(
      /^good does not wait: it is succeeded\.\n\nWhy it was admitted\n {2}- admitted at .*Z as attempt 1, under policy \d+\n {2}- with it were held: runs 1 of 10\n {2}- it was the first in line\n$/
    )
    expect(await text("show", "good")).toMatch(/admitted +.*with it were held: runs 1 of 10/)
    expect(await json("why", "good")).toMatchObject({
      state: "succeeded",
      wouldStart: [],
      admission: { attempt: 1, decision: { place: 1 } }
    })
    expect(await text("why", "gone")).toBe("gone does not wait: it is canceled.\n")
  })
})

describe("signalbox log and replay", () => {
  it("print the events, all, of one run, from a position, as text and as JSON", async () => {
    const events = (await text("log", "--json"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
    expect(events.map((event) => event.position)).toEqual(events.map((_, at) => at + 1))
    const ofGood = (await text("log", "--run", "good", "--json"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).type)
    expect(ofGood).toEqual(["RunSubmitted", "RunQueued", "RunAdmitted", "RunStarted", "RunSucceeded"])
    const last = events.length
    expect(
      (await text("log", "--from", String(last))).split("\n").filter((line) => line !== "")
    ).toHaveLength(1)
  })

  it("follow a log that another process writes", async () => {
    const follower = start(folder, ["log", "--follow", "--run", "fresh"])
    await signalbox(folder, "submit", "--id", "fresh", "--not-before", "1h", "true")
    await follower.says("RunQueued")
    follower.child.kill()
    await follower.ended
  })

  it("rebuild the state as of any position or moment", async () => {
    const events = (await text("log", "--json"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
    const end = events.find((event) => event.type === "RunSucceeded")
    const before = await json("replay", "--at", String(end.position - 1))
    const after = await json("replay", "--at", String(end.position))
    const stateOfGood = (state: { runs: ReadonlyArray<{ id: string; state: string }> }) =>
      state.runs.find((run) => run.id === "good")?.state
    expect([stateOfGood(before), stateOfGood(after)]).toEqual(["started", "succeeded"])
    const then = await json("replay", "--at", new Date(end.at - 1).toISOString())
    expect(then.position).toBeLessThan(end.position)
    expect((await signalbox(folder, "replay", "--at", "999999")).stderr).toMatch(/the log ends at position/)
  })
})

describe("signalbox", () => {
  it("helps with every command, and prints completions and the version", async () => {
    for (const command of [
      "run",
      "submit",
      "cancel",
      "list",
      "show",
      "queue",
      "why",
      "log",
      "replay",
      "chart"
    ]) {
      const help = await signalbox(folder, command, "--help")
      expect(help.code).toBe(0)
      expect(help.stdout).toMatch(/DESCRIPTION.*USAGE/s)
    }
    expect(await text("--completions", "bash")).toContain("signalbox")
    expect(await text("--version")).toMatch(/\d+\.\d+\.\d+/)
  })

  it("draws the chart that decides", async () => {
    expect(await text("chart")).toContain("queued --> launching: RunAdmitted")
  })
})

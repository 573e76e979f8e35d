import { spawn } from "node:child_process"
import { readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type OpenOptions, open } from "../../src/coordinator/open.ts"
import type { Signalbox } from "../../src/coordinator/Signalbox.ts"
import type { Event } from "../../src/queue/Event.ts"
import { temporaryFolder } from "../log/temporaryFolder.ts"
import { ManualJobs } from "./ManualJobs.ts"

const inFolder = (title: string, body: (folder: string) => Promise<void>) =>
  it.live(title, () => Effect.flatMap(temporaryFolder, (folder) => Effect.promise(() => body(folder))))

const allOf = async (events: AsyncIterable<Event>): Promise<ReadonlyArray<Event>> => {
  const all: Array<Event> = []
  for await (const event of events) all.push(event)
  return all
}

/** Follows the log until an event of that type. */
const until = async (box: Signalbox, type: Event["type"]): Promise<ReadonlyArray<string>> => {
  const seen: Array<string> = []
  for await (const event of box.events({ follow: true })) {
    seen.push(event.type)
    if (event.type === type) break
  }
  return seen
}

describe("an open Signalbox", () => {
  it("does not open under rules that make no sense, or by an order that it does not have", async () => {
    const unsound = { strict: true, fairShare: { key: "team" } }
    await expect(open({ policy: unsound })).rejects.toThrow("fairShare: has no say where `strict`")
    await expect(open({ policy: { order: "byMood" } })).rejects.toThrow("order byMood is not one of")
  })

  it("takes runs, tells of them, and ends them", async () => {
    const jobs = new ManualJobs()
    await using box = await open({ jobs: jobs.jobs, policy: { maxConcurrentRuns: 1 } })
    const a = await box.submit({ id: "a", job: "manual", tags: { team: "red" } }, { actor: "ann" })
    expect(a).toMatchObject({ id: "a", actor: "ann", state: "launching", attempt: 1 })
    const b = await box.submit({ job: "quick" })
    expect(b.id).not.toBe("")
    expect(await box.why(b.id)).toMatchObject({
      state: "queued",
      place: 1,
      reasons: [{ _tag: "LimitFull", limit: "runs", held: 1, holders: ["a"] }]
    })
    expect(await box.list({ states: ["queued"] })).toEqual([b])
    expect((await box.list({ tags: { team: "red" } })).map(({ id }) => id)).toEqual(["a"])
    const canceled = await box.cancel("a", { reason: "enough", actor: "bob" })
    expect(canceled).toMatchObject({ state: "canceling", stopping: { actor: "bob" } })
    expect(await box.ended("a")).toMatchObject({
      state: "canceled",
      end: { cause: { _tag: "Asked", reason: "enough" } }
    })
    expect(await box.ended(b.id)).toMatchObject({ state: "succeeded", end: { result: "done" } })
    expect(await box.get(b.id)).toEqual(await box.ended(b.id))
    expect([await box.get("c"), await box.why("c")]).toEqual([undefined, undefined])
  })

  it("reads its log, whole or in part", async () => {
    await using box = await open({ jobs: new ManualJobs().jobs })
    await box.submit({ id: "a", job: "quick" })
    await box.ended("a")
    const typesOf = async (events: AsyncIterable<Event>) => (await allOf(events)).map(({ type }) => type)
    const ofRun = ["RunSubmitted", "RunQueued", "RunAdmitted", "RunStarted", "RunSucceeded"]
    expect(await typesOf(box.events())).toEqual(["CoordinatorStarted", "PolicySet", ...ofRun])
    expect(await typesOf(box.events({ run: "a", after: 4, upTo: 6 }))).toEqual(["RunAdmitted", "RunStarted"])
  })

  it("lets its log be followed, until one has seen enough or it is closed", async () => {
    const box = await open({ jobs: new ManualJobs().jobs })
    const some = until(box, "RunQueued")
    const all = until(box, "RunSucceeded")
    const forEver = allOf(box.events({ follow: true }))
    await box.submit({ id: "a", job: "quick" })
    await box.ended("a")
    await box.close()
    expect((await some).at(-1)).toBe("RunQueued")
    expect(await all).toHaveLength(7)
    expect((await forEver).map(({ position }) => position).slice(0, 7)).toEqual([1, 2, 3, 4, 5, 6, 7])
  })

  it("puts other rules in force, and what they leave out is the default", async () => {
    await using box = await open({ policy: { maxConcurrentRuns: 0, mode: "immediate" } })
    await box.setPolicy({ maxConcurrentRuns: 3 }, { actor: "ann", reason: "more room" })
    const last = (await allOf(box.events())).at(-1)
    expect(last).toMatchObject({
      type: "PolicySet",
      actor: "ann",
      data: {
        number: 2,
        reason: "more room",
        policy: { mode: "queued", maxConcurrentRuns: 3, tagLimits: [] }
      }
    })
  })

  it("says what is wrong with rules, and of which of their fields", async () => {
    const wrong = { maxConcurrentRuns: -1 }
    const issue = /greater than or equal to 0[\s\S]*"maxConcurrentRuns"/
    await expect(open({ policy: wrong })).rejects.toThrow(issue)
    await expect(open({ policy: { maxRuns: 1 } as OpenOptions["policy"] })).rejects.toThrow(/"maxRuns"/)
    await using box = await open()
    await expect(box.setPolicy(wrong)).rejects.toThrow(issue)
    expect(await allOf(box.events())).toHaveLength(2)
  })

  it.each<readonly [string, object, RegExp]>([
    ["an id with a blank", { id: "a b", job: "x" }, /a run's id begins with a letter or digit[\s\S]*"id"/],
    ["neither job nor command", { id: "a" }, /a run needs a `job`[\s\S]* or a `command`/],
    ["a field that no run has", { id: "a", job: "x", prio: 1 }, /"prio"/],
    ["an input that is not JSON", { id: "a", job: "x", input: Number.NaN }, /"input"/]
  ])("refuses a run with %s, and says so", async (_, run, issue) => {
    await using box = await open()
    const refused = box.submit(run)
    await expect(refused).rejects.toThrow(issue)
    await expect(refused).rejects.toMatchObject({
      _tag: "CommandRejected",
      rejection: { _tag: "CommandInvalid", command: "SubmitRun" }
    })
    expect(await box.list()).toEqual([])
  })

  it("refuses what makes no sense where things stand", async () => {
    await using box = await open({ policy: { maxConcurrentRuns: 0 } })
    await box.submit({ id: "a", job: "quick" })
    await expect(box.submit({ id: "a", job: "quick" })).rejects.toThrow("an id is used once")
    await expect(box.cancel("b")).rejects.toThrow("CancelRun refused: run b was never submitted here.")
    await expect(box.ended("b")).rejects.toThrow("run b was never submitted here")
  })
})

describe("closing a Signalbox", () => {
  it("waits for what runs, and admits nothing more", async () => {
    const jobs = new ManualJobs()
    const box = await open({ jobs: jobs.jobs, policy: { maxConcurrentRuns: 1 } })
    await box.submit({ id: "a", job: "manual" })
    await box.submit({ id: "b", job: "manual" })
    const ended = box.ended("a")
    const closed = box.close()
    await until(box, "CoordinatorDraining")
    jobs.end("a")
    await closed
    expect(await ended).toMatchObject({ state: "succeeded" })
    expect(jobs.begun).toEqual(["a 1"])
  })

  it("answers everyone who asks later that it has stopped, and may be done twice", async () => {
    const box = await open()
    await box.close()
    await box.close()
    const asks = [
      () => box.submit({ job: "a" }),
      () => box.cancel("a"),
      () => box.get("a"),
      () => box.ended("a"),
      () => box.setPolicy({})
    ]
    for (const ask of asks) {
      await expect(ask()).rejects.toThrow("the coordinator has stopped: it was told to stop")
    }
    await allOf(box.events({ follow: true }))
  })

  it("without waiting tells those who wait for runs that they wait in vain", async () => {
    const box = await open({ jobs: new ManualJobs().jobs })
    await box.submit({ id: "a", job: "deaf" })
    const ended = expect(box.ended("a")).rejects.toThrow("the coordinator has stopped")
    await box.close({ mode: "handover" })
    await ended
  })
})

describe("a Signalbox in a file", () => {
  inFolder("goes on where it was closed", async (folder) => {
    const log = join(folder, "runs.db")
    {
      await using box = await open({ log, policy: { maxConcurrentRuns: 0 } })
      await box.submit({ id: "a", job: "quick", input: [1, { b: null }] })
    }
    const { jobs, begun } = new ManualJobs()
    await using box = await open({ log, jobs })
    expect(await box.why("a")).toMatchObject({ state: "queued", reasons: [{ limit: "runs", size: 0 }] })
    await box.setPolicy({})
    expect(await box.ended("a")).toMatchObject({ state: "succeeded", spec: { input: [1, { b: null }] } })
    expect(begun).toEqual(["a 1"])
  })

  inFolder("is led by one, and says by whom", async (folder) => {
    const log = join(folder, "runs.db")
    await using box = await open({ log, address: "runs.sock" })
    const second = open({ log })
    await expect(second).rejects.toMatchObject({ _tag: "LogError", reason: { _tag: "Led", log } })
    await expect(second).rejects.toThrow(`process ${process.pid} on`)
    await expect(second).rejects.toThrow("at runs.sock")
    expect(await box.list()).toEqual([])
  })

  inFolder("takes up a process that outlived it, and says which job did not", async (folder) => {
    const log = join(folder, "runs.db")
    const first = await open({ log, jobs: new ManualJobs().jobs })
    const command = "echo begins >> out; until [ -e go ]; do sleep 0.05; done"
    await first.submit({ id: "process", command, cwd: folder })
    await first.submit({ id: "job", job: "deaf" })
    for await (const { type, run } of first.events({ follow: true })) {
      if (type === "RunStarted" && run === "process") break
    }
    await first.close({ mode: "handover" })
    await using second = await open({ log, jobs: new ManualJobs().jobs })
    expect(await second.ended("job")).toMatchObject({ end: { cause: { _tag: "WorkerLost" } } })
    writeFileSync(join(folder, "go"), "")
    expect(await second.ended("process")).toMatchObject({ state: "succeeded", attempt: 1 })
    expect(readdirSync(join(folder, "artifacts", "process"))).toEqual(["1"])
  })
})

/** A program that uses a Signalbox, in a file of its own, and closes it. */
const program = `
import { open } from ${JSON.stringify(pathToFileURL(join(import.meta.dirname, "../../src/index.ts")).href)}
const log = process.argv[2]
const jobs = { ok: () => "done", fails: () => { throw new Error("no") }, stops: ({ signal }) =>
  new Promise((resolve) => signal.addEventListener("abort", resolve)) }
const box = await open({ ...(log && { log }), jobs, policy: { maxConcurrentRuns: 2 } })
const following = (async () => { for await (const event of box.events({ follow: true })) event.type })()
const runs = await Promise.all(["ok", "fails", "stops"].map((job) => box.submit({ job, maxRuntimeMs: 3_600_000 })))
await box.submit({ command: "true" })
await box.submit({ job: "ok", notBefore: Date.now() + 3_600_000 })
await box.ended(runs[0].id)
await box.cancel(runs[2].id)
await box.close()
await following
console.log("closed")
`

describe("a program that has closed its Signalbox", () => {
  for (const [where, args] of [
    ["in memory", []],
    ["in a file", ["runs.db"]]
  ] as const) {
    inFolder(`ends by itself: nothing of it is left behind, ${where}`, async (folder) => {
      writeFileSync(join(folder, "program.mjs"), program)
      const child = spawn(process.execPath, ["program.mjs", ...args], { cwd: folder, timeout: 20_000 })
      let said = ""
      child.stdout.on("data", (text) => {
        said += text
      })
      child.stderr.on("data", (text) => {
        said += text
      })
      const ended = await new Promise((resolve) =>
        child.on("close", (code, signal) => resolve({ code, signal, said }))
      )
      expect(ended).toEqual({ code: 0, signal: null, said: "closed\n" })
    })
  }
})

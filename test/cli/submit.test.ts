/**
 * Many runs, runs that are submitted once, and schedules, from the command line.
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { settings } from "../../src/settings.ts"
import { signalbox, start, temporaryFolder } from "./signalbox.ts"

const withFile = (...lines: ReadonlyArray<string>): string => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, "runs.ndjson"), lines.join("\n"))
  return folder
}

const line = (id: string) => JSON.stringify({ id, command: `echo ${id}`, maxRuntime: "10m" })

const waitingIn = async (folder: string): Promise<ReadonlyArray<string>> =>
  JSON.parse((await signalbox(folder, "list", "--json", "--limit", "9999")).stdout).map(
    ({ id }: { readonly id: string }) => id
  )

describe("a file of runs", () => {
  it("is submitted in chunks, whoever leads; a second time under its key it adds nothing", async () => {
    const ids = Array.from({ length: settings.submitChunkRuns + 5 }, (_, at) => `r${at}`)
    const folder = withFile(...ids.map(line))
    const submit = ["submit", "--file", "runs.ndjson", "--idempotency-key", "k", "--json"]
    const first = await signalbox(folder, ...submit)
    expect(JSON.parse(first.stdout)).toMatchObject({ submitted: ids.length, deduplicated: 0, refused: 0 })
    await signalbox(folder, "pause")
    const running = start(folder, ["run", "--stay", "--plain"])
    await running.says(`${ids.length} runs`)
    const again = await signalbox(folder, ...submit)
    expect(JSON.parse(again.stdout)).toMatchObject({ submitted: 0, deduplicated: ids.length, refused: 0 })
    running.child.kill("SIGKILL")
    await running.ended
  })

  it("with a line that is wrong is told which, and nothing of its chunk is submitted", async () => {
    const folder = withFile(line("a"), "", '{"id":"b","comand":"x"}', "{")
    const ended = await signalbox(folder, "submit", "--file", "runs.ndjson")
    expect(ended).toMatchObject({ code: 1, stdout: "0 runs submitted, 2 refused.\n" })
    expect(ended.stderr).toContain("runs.ndjson:3:1: comand: is not known here; did you mean command?")
    expect(ended.stderr).toContain("runs.ndjson:4:1: expected one run as JSON")
    expect(ended.stderr).toContain("--keep-going submits the rest")
  })

  it("is submitted as far as it can be, if it is to go on", async () => {
    const folder = withFile(line("a"), "[]", line("a"), line("b"))
    const ended = await signalbox(folder, "submit", "--file", "runs.ndjson", "--keep-going")
    expect(ended).toMatchObject({ code: 1, stdout: expect.stringMatching(/^2 runs submitted, 2 refused \(/) })
    expect(ended.stderr).toContain("runs.ndjson:3: SubmitRun refused: run a exists and is queued")
    expect(await waitingIn(folder)).toEqual(["a", "b"])
  })

  it("may be a run file, too", async () => {
    const folder = temporaryFolder()
    writeFileSync(
      join(folder, "runs.yaml"),
      "runs:\n  - { id: a, command: echo a }\n  - { id: b, command: echo b }\n"
    )
    expect((await signalbox(folder, "submit", "--file", "runs.yaml")).stdout).toMatch(/^2 runs submitted \(/)
    expect(await waitingIn(folder)).toEqual(["a", "b"])
  })

  it("that is not there is an error of the command line, and so is one beside a command", async () => {
    const folder = temporaryFolder()
    expect(await signalbox(folder, "submit", "--file", "none.ndjson")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^none\.ndjson: ENOENT/)
    })
    expect((await signalbox(folder, "submit", "--file", "none.ndjson", "true")).code).toBe(2)
    expect((await signalbox(folder, "submit")).code).toBe(2)
  })
})

describe("a schedule", () => {
  it("is set, shown, paused, triggered and removed", async () => {
    const folder = temporaryFolder()
    const schedule = (...args: ReadonlyArray<string>) => signalbox(folder, "schedule", ...args)
    const set = [
      "set",
      "n",
      "--cron",
      "0 2 1 1 *",
      "--from",
      "2090-01-01T00:00Z",
      "--until",
      "2092-01-01T00:00Z"
    ]
    expect((await schedule(...set, "--overlap", "skip", "--", "true")).stdout).toMatch(/^schedule n is set/)
    expect((await schedule("list")).stdout).toMatch(/^n +0 2 1 1 \* +UTC +2090-01-01T02:00:00Z +-$/m)
    expect((await schedule("next", "n")).stdout).toBe("2090-01-01T02:00:00Z\n2091-01-01T02:00:00Z\n")
    await schedule("pause", "n", "--reason", "holidays")
    expect((await schedule("show", "n")).stdout).toMatch(
      /next +paused\n +paused +since .* by cli:\w+: holidays/
    )
    expect((await schedule("trigger", "n")).stdout).toMatch(/^n\+\d+ is queued/)
    expect(await schedule("trigger", "n")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("active")
    })
    expect((await schedule("remove", "n")).stdout).toMatch(/^schedule n is removed/)
    expect(await schedule("show", "n")).toMatchObject({ code: 1 })
  })
})

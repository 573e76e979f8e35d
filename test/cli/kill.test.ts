/**
 * The promise that matters most: whenever the coordinator is killed, nothing is lost and nothing is done twice.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { signalbox, start, temporaryFolder } from "./signalbox.ts"

const teams = ["red", "blue"]
const runs = Array.from({ length: 80 }, (_, at) => ({
  id: `run-${at}`,
  tags: { team: teams[at % 2] },
  priority: at % 3,
  command: `echo "$SIGNALBOX_RUN begins" >> done.txt; sleep 0.${1 + (at % 4)}; echo "$SIGNALBOX_RUN ends" >> done.txt`
}))
const policy = {
  max_concurrent_runs: 4,
  tag_concurrency_limits: [{ key: "team", value: { applyLimitPerUniqueValue: true }, limit: 3 }]
}

/** Kills the program, and only it, at a moment that nobody foresees: so many milliseconds after it has begun. */
const killAfter = async (folder: string, afterMs: number): Promise<void> => {
  const program = start(folder, ["run", "work.json"])
  const killed = program.says(`${runs.length} runs`).then(
    () => new Promise((resolve) => setTimeout(resolve, afterMs)),
    () => undefined
  )
  await killed
  program.child.kill("SIGKILL")
  await program.ended
}

describe("a coordinator that is killed", () => {
  it("loses nothing, does nothing twice and passes no limit, however often it is killed", async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, "work.json"), JSON.stringify({ policy, runs }))
    const moments = fc.sample(fc.integer({ min: 0, max: 400 }), 10)
    for (const moment of moments) await killAfter(folder, moment)

    const last = await signalbox(folder, "run", "work.json", "--json")
    expect(last.stderr).toBe("")
    expect(last.code).toBe(0)
    const summary = JSON.parse(last.stdout)
    expect(summary.runs.map((run: { state: string }) => run.state)).toEqual(runs.map(() => "succeeded"))
    expect(summary.runs.every((run: { attempt: number }) => run.attempt === 1)).toBe(true)

    const { violations } = JSON.parse((await signalbox(folder, "replay", "--json")).stdout)
    expect(violations).toEqual([])

    const lines = readFileSync(join(folder, "done.txt"), "utf8").trim().split("\n").sort()
    const once = runs.flatMap(({ id }) => [`${id}.1 begins`, `${id}.1 ends`]).sort()
    expect(lines).toEqual(once)
  }, 120_000)
})

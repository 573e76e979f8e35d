/**
 * The rules in force by the real program: looked at, tried, set.
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "vitest"
import { signalbox, temporaryFolder } from "./signalbox.ts"

const limited = (runs: number, teams?: number): string =>
  JSON.stringify({
    concurrency: {
      runs: {
        max_concurrent_runs: runs,
        ...(teams !== undefined && {
          tag_concurrency_limits: [{ key: "team", value: { applyLimitPerUniqueValue: true }, limit: teams }]
        })
      }
    }
  })

it("policies are shown, compared, tried, set and remembered, with who set them and why", async () => {
  const folder = temporaryFolder()
  const run = async (...args: ReadonlyArray<string>) => (await signalbox(folder, "policy", ...args)).stdout
  const json = async (...args: ReadonlyArray<string>) => JSON.parse(await run(...args, "--json"))
  writeFileSync(join(folder, "small.yaml"), limited(1))
  writeFileSync(join(folder, "teams.yaml"), limited(5, 0))

  expect((await json("diff", "small.yaml"))[0]).toEqual({ after: 1, before: 10, path: ["maxConcurrentRuns"] })
  expect(await run("set", "small.yaml", "--reason", "quiet hours")).toMatch(
    /maxConcurrentRuns +10 +1\n.*In force \(position \d+\)/s
  )
  expect(await run("set", "small.yaml")).toBe("It says the same as the policy in force.\n")
  expect(await run("show")).toMatch(
    /^Policy \d+, set by cli:\w+ at .*Z: quiet hours\n.*maxConcurrentRuns +1\n/s
  )
  expect(await json("show")).toMatchObject({
    reason: "quiet hours",
    policy: { maxConcurrentRuns: 1 }
  })

  await signalbox(folder, "submit", "--id", "a", "--tag", "team=red", "true")
  const preview = await run("preview", "teams.yaml")
  expect(preview).toMatch(/maxConcurrentRuns +1 +5\n/)
  expect(preview).toContain("No run would start now.")
  expect(preview).toMatch(
    /1 run would wait for something new:\n {2}a: limit each:team=red is full: 0 of 0 held/
  )
  expect(preview).toMatch(/each:team=red +no limit +0 +0\n/)
  expect(await json("preview", "teams.yaml")).toMatchObject({ starts: [], waits: { count: 1 } })

  await run("set", "teams.yaml")
  expect(await run("history")).toMatch(
    /\d {2}.*Z {2}cli:\w+: quiet hours\n {5}maxConcurrentRuns 10 → 1\n.*\n\d {2}.*Z {2}cli:\w+\n {5}maxConcurrentRuns 1 → 5\n {5}tagLimits.each:team - → 0\n$/s
  )
  const numbers = (await json("history")).map(({ number }: { number: number }) => number)
  expect(numbers).toEqual(numbers.map((_: number, at: number) => at + 1))
})

it("the admissions of a log are verified", async () => {
  const folder = temporaryFolder()
  await signalbox(folder, "submit", "--id", "a", "true")
  await signalbox(folder, "run")
  const { stdout, code } = await signalbox(folder, "audit", "decisions")
  expect([code, stdout]).toEqual([
    0,
    expect.stringMatching(/^1 admission in \d+ turns: the rules explain each/)
  ])
  expect(JSON.parse((await signalbox(folder, "audit", "decisions", "--json")).stdout)).toMatchObject({
    ok: true,
    decisions: 1
  })
})

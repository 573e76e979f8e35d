import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { afterAll } from "vitest"
import { readRunFile } from "../../src/config/readRunFile.ts"

const folder = mkdtempSync(join(tmpdir(), "signalbox-test-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const now = 1_000_000
const file = join(folder, "work.yaml")

const plan = (text: string) =>
  Effect.suspend(() => {
    writeFileSync(file, text)
    return readRunFile(file, now)
  })

const complaintOf = (text: string) =>
  Effect.map(Effect.flip(plan(text)), (error) => error.message.replaceAll(file, "work.yaml"))

const files: ReadonlyArray<readonly [what: string, text: string, complaint: RegExp]> = [
  [
    "an unknown key",
    "runs: [{ id: a, comand: ls }]",
    /^work.yaml:1:17: runs\[0\].comand: is not known here; did you mean command\?/
  ],
  [
    "an unknown section",
    "polcy: {}\nruns: [{ id: a, command: ls }]",
    /^work.yaml:1:1: polcy: is not known here; did you mean policy\?/
  ],
  [
    "a wrong type",
    "runs: [{ id: a, command: ls, priority: high }]",
    /^work.yaml:1:40: runs\[0\].priority: expected number, got "high"/
  ],
  [
    "a number for a tag",
    "runs: [{ id: a, command: ls, tags: { n: 7 } }]",
    /runs\[0\].tags.n: expected string, got 7/
  ],
  ["a missing command", "runs: [{ id: a }]", /^work.yaml:1:8: runs\[0\]: a has no `command`/],
  ["no runs", "runs: []", /^work.yaml:1:7: runs\[0\]: is missing/],
  [
    "a duplicate id",
    "runs:\n  - { id: a, command: ls }\n  - { id: a, command: ls }",
    /^work.yaml:3:11: runs\[1\].id: a is the id of another run already \(line 2\)/
  ],
  [
    "an id that no file name can hold",
    "runs: [{ id: a/b, command: ls }]",
    /^work.yaml:1:14: runs\[0\].id: a run's id begins with/
  ],
  [
    "a length that is none",
    "runs: [{ id: a, command: ls, maxRuntime: soon }]",
    /maxRuntime: expected a length of time such as 90s/
  ],
  [
    "a limit that is none",
    "policy: { max_concurrent_runs: many }\nruns: [{ id: a, command: ls }]",
    /^work.yaml:1:32: policy.max_concurrent_runs: expected number, got "many"/
  ],
  ["broken YAML", "runs:\n  - id: a\n   command: ls", /^work.yaml:3:1: not well-formed: /],
  ["a file that contains itself", "&a [*a]", /^work.yaml:1:/],
  [
    "aliases that grow without bound",
    `a: &a [x,x,x,x,x,x,x,x,x,x]\n${"bcdefgh"
      .split("")
      .map((name, at) => `${name}: &${name} [${`*${"abcdefg"[at]},`.repeat(10)}]`)
      .join("\n")}`,
    /^work.yaml: Excessive alias count/
  ],
  ["an empty file", "", /^work.yaml:1:1: expected object, got null/]
]

describe("a run file", () => {
  it.effect.each(files)("with %s is refused with its place", ([, text, complaint]) =>
    Effect.map(complaintOf(text), (said) => expect(said).toMatch(complaint))
  )

  it.effect("tells all its faults at once", () =>
    Effect.map(complaintOf("runs: [{ id: a b, command: 7, x: 1 }, { id: b, cwd: 7 }]"), (said) =>
      expect(said.split("\n")).toHaveLength(4)
    )
  )

  it.effect("that is missing or a folder is refused", () =>
    Effect.gen(function* () {
      const missing = yield* Effect.flip(readRunFile(join(folder, "none.yaml"), now))
      expect(missing.message).toMatch(/none.yaml: there is no such file$/)
      mkdirSync(join(folder, "dir.yaml"))
      const directory = yield* Effect.flip(readRunFile(join(folder, "dir.yaml"), now))
      expect(directory.message).toMatch(/dir.yaml: it is no file$/)
    })
  )

  it.effect("may be JSON, and its defaults hold for each run that does not say otherwise", () =>
    Effect.gen(function* () {
      const { runs, policy } = yield* plan(
        JSON.stringify({
          defaults: {
            cwd: "..",
            env: { A: "1", B: "1" },
            tags: { team: "red" },
            priority: 2,
            maxRuntime: "1m"
          },
          runs: [
            { id: "a", command: "ls" },
            {
              id: "b",
              command: ["ls", "-l"],
              cwd: "/tmp",
              env: { B: "2" },
              tags: { k: "v" },
              priority: 0,
              maxRuntime: "5s",
              maxQueued: "2h",
              pools: { root: { gpu: 2 }, all: ["gpu", "disk"] },
              unique: { key: "daily", collision: "replace" }
            }
          ]
        })
      )
      expect(policy).toBeUndefined()
      expect(runs).toEqual([
        {
          id: "a",
          command: "ls",
          cwd: join(folder, ".."),
          env: { A: "1", B: "1" },
          tags: { team: "red" },
          priority: 2,
          maxRuntimeMs: 60_000
        },
        {
          id: "b",
          command: ["ls", "-l"],
          cwd: "/tmp",
          env: { A: "1", B: "2" },
          tags: { team: "red", k: "v" },
          priority: 0,
          maxRuntimeMs: 5_000,
          maxQueuedMs: 7_200_000,
          pools: { root: { gpu: 2 }, all: ["gpu", "disk"] },
          unique: { key: "daily", collision: "replace" }
        }
      ])
    })
  )

  it.effect("counts its lengths of time from now, and its folders from its own", () =>
    Effect.gen(function* () {
      const { runs } = yield* plan(
        'runs: [{ id: a, command: ls, notBefore: 90s }, { id: b, command: ls, notBefore: "2026-12-01T02:00:00+01:00" }]'
      )
      expect(runs.map((run) => run.notBefore)).toEqual([now + 90_000, Date.UTC(2026, 11, 1, 1)])
      expect(runs.map((run) => run.cwd)).toEqual([folder, folder])
    })
  )

  it.effect("writes limits as dagster.yaml does", () =>
    Effect.gen(function* () {
      const { policy } = yield* plan(`
policy:
  max_concurrent_runs: -1
  tag_concurrency_limits:
    - { key: a, limit: 1 }
    - { key: a, value: b, limit: 2 }
    - { key: a, value: { applyLimitPerUniqueValue: true }, limit: 3 }
    - { key: c, value: { applyLimitPerUniqueValue: false }, limit: -4 }
runs: [{ id: a, command: ls }]`)
      expect(policy?.maxConcurrentRuns).toBeNull()
      expect(policy?.tagLimits).toEqual([
        { key: "a", limit: 1 },
        { key: "a", limit: 2, value: "b" },
        { key: "a", limit: 3, each: true },
        { key: "c", limit: 0 }
      ])
    })
  )
})

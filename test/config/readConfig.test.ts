import { join } from "node:path"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { describeProblem } from "../../src/config/InputError.ts"
import { readConfig } from "../../src/config/readConfig.ts"
import { configFile, rightConfig } from "./configFile.ts"
import { corpus, corpusFiles, corpusFolder, expectedPolicy } from "./corpus.ts"

type Example = (typeof corpus)[number]

const read = ({ file, form, env = {} }: Example) => readConfig(join(corpusFolder, file), env, { form })

const named = (examples: ReadonlyArray<Example>) =>
  examples.map((example) => [[example.file, ...(example.cases ?? [])].join(" "), example] as const)

const right = corpus.filter(({ problems }) => !problems)
const wrong = corpus.filter(({ problems }) => problems)

/** Without the file's name. */
const brief = (problem: Parameters<typeof describeProblem>[1]): string =>
  describeProblem("", problem).slice(1)

describe("a configuration file of the corpus", () => {
  it.effect.each(named(right))("stands for the policy in the index: %s", ([, example]) =>
    Effect.gen(function* () {
      const { policy, notes } = yield* read(example)
      expect(policy).toEqual(expectedPolicy(example))
      expect(
        notes.map((note) => `${note.line}:${note.column} ${note.path}: ${note.kind}: ${note.message}`)
      ).toEqual(example.notes ?? [])
    })
  )

  it.effect.each(named(wrong))(
    "is refused with all its faults, Dagster's own rules first: %s",
    ([, example]) =>
      Effect.gen(function* () {
        const { problems } = yield* Effect.flip(read(example))
        expect(
          problems.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`)
        ).toEqual(example.problems)
      })
  )

  it.effect.each(named(right.filter(({ form }) => form === "dagster")))(
    "means the same where signalbox.yaml has it: %s",
    ([, example]) =>
      Effect.gen(function* () {
        const { policy } = yield* read({ ...example, form: "signalbox" })
        expect(policy).toEqual(expectedPolicy(example))
      })
  )

  it("stands in the index, and each of the index is there", () => {
    expect(corpus.map(({ file }) => file).sort()).toEqual([...corpusFiles()].sort())
  })

  it("covers each of Dagster's cases that concern configuration", () => {
    const cases = new Set(corpus.flatMap((example) => example.cases ?? []))
    const numbered = (group: string, from: number, to: number) =>
      Array.from({ length: to - from + 1 }, (_, at) => `${group}-${from + at}`)
    const wanted = [
      ...numbered("CF", 2, 15),
      ...numbered("CX", 1, 8),
      "CF-17",
      "QC-1",
      "QC-2",
      "QC-3",
      "QC-7",
      "QC-8"
    ]
    expect(wanted.filter((name) => !cases.has(name))).toEqual([])
  })
})

const limits = "concurrency: { pools: { limits: { gpu: 1 } } }"

describe("a configuration file", () => {
  it.effect("that is called dagster.yaml has no key that Dagster has not", () =>
    Effect.map(Effect.flip(readConfig(configFile(limits, "dagster.yaml"), {})), ({ problems }) =>
      expect(problems.map(({ path }) => path)).toEqual(["concurrency.pools.limits"])
    )
  )

  it("that is called otherwise may have Signalbox's", () => {
    expect(rightConfig(limits).policy.pools?.limits).toEqual({ gpu: 1 })
  })

  it.effect("that is missing is refused, since it was named (CF-1)", () =>
    Effect.map(Effect.flip(readConfig("none.yaml", {})), ({ message }) =>
      expect(message).toBe("none.yaml: there is no such file")
    )
  )

  it("reads yes and on as true, as Dagster's YAML does", () => {
    const { policy } = rightConfig(
      "run_monitoring: { enabled: yes }\nrun_retries: { enabled: on, max_retries: 2 }"
    )
    expect([policy.timeouts.startMs, policy.retries?.runs]).toEqual([180_000, 2])
  })

  it("reads retry rules, and says of a wrong one where it is and what is allowed", () => {
    const rules = `run_retries:
  enabled: true
  max_crashes: 2
  rules:
    - { causes: [Exited], exit_codes: [75], max: 5, delay_seconds: 30, max_delay_seconds: 600, jitter: 0.2 }
    - { causes: [WorkerLost], max: 1, as: run }
`
    expect(rightConfig(rules).policy.retries).toMatchObject({
      crashes: 2,
      rules: [
        { causes: ["Exited"], exitCodes: [75], max: 5, delayMs: 30_000, maxDelayMs: 600_000, jitter: 0.2 },
        { causes: ["WorkerLost"], max: 1, as: "run" }
      ]
    })
    const problems = (rule: string) =>
      Effect.runSync(
        Effect.flip(readConfig(configFile(`run_retries:\n  rules:\n    - ${rule}`), {}))
      ).problems.map(brief)
    const at = "run_retries.rules[0]"
    expect(problems("{ causes: [QueueTimeout], max: 1 }")).toEqual([
      expect.stringMatching(
        /^3:18: run_retries\.rules\[0\]\.causes\[0\]: expected "Exited" \| .*, got "QueueTimeout"$/
      )
    ])
    expect(problems("{ max: 1, delay_seconds: 2678401 }")).toEqual([
      `3:32: ${at}.delay_seconds: expected 0 to 2678400, got 2678401`
    ])
    expect(problems("{ causes: [Threw], exit_codes: [1], max: 1 }")).toEqual([
      `3:7: ${at}: \`exit_codes\` are those of \`Exited\`, which \`causes\` leaves out`
    ])
    expect(problems("{ max: 0 }")).toEqual([`3:14: ${at}.max: expected a value between 1 and 1000, got 0`])
  })

  it("takes a limit with an empty `where` for one without: the last of them counts", () => {
    const limits = "[{ key: a, limit: 1 }, { key: a, limit: 2, where: {} }]"
    const { policy, notes } = rightConfig(`concurrency: { runs: { tag_concurrency_limits: ${limits} } }`)
    expect(policy.tagLimits[1]).toEqual({ key: "a", limit: 2 })
    expect(notes.map(({ kind, path }) => [kind, path])).toEqual([
      ["dead", "concurrency.runs.tag_concurrency_limits[0]"]
    ])
  })

  it.effect("names the variable that is not set, at the place that asks for it", () =>
    Effect.map(
      Effect.flip(readConfig(configFile("run_queue:\n  max_concurrent_runs: { env: MAX }"), { max: "1" })),
      ({ problems }) =>
        expect(problems.map(brief)).toEqual([
          "2:24: run_queue.max_concurrent_runs: the environment variable MAX is not set"
        ])
    )
  )

  it("takes no variable that is only inherited", () => {
    const text = "run_queue: { max_concurrent_runs: { env: toString } }"
    expect(() => rightConfig(text)).toThrow("the environment variable toString is not set")
  })
})

/**
 * Configuration files with what they stand for, or with all that is wrong with them. `corpus/index.json` names them all.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { Config } from "../../src/config/readConfig.ts"
import type { Policy } from "../../src/queue/Policy.ts"

/** A file of the corpus. */
interface Example {
  readonly file: string
  readonly form: Config["form"]
  /** The cases of Dagster's own suites, and of those worked out from its source, that it stands for. */
  readonly cases?: ReadonlyArray<string>
  readonly env?: Readonly<Record<string, string>>
  /** What differs from Dagster's defaults, if the file is right. */
  readonly policy?: {
    readonly [K in keyof Policy]?: Policy[K] extends object ? Partial<Policy[K]> : Policy[K]
  }
  readonly notes?: ReadonlyArray<string>
  /** What is wrong, all of it and in this order, if anything is. */
  readonly problems?: ReadonlyArray<string>
}

/** Where the files stand. */
export const corpusFolder = join(import.meta.dirname, "corpus")

/** All files of the corpus. */
export const corpus: ReadonlyArray<Example> = JSON.parse(
  readFileSync(join(corpusFolder, "index.json"), "utf8")
)

/** The files that are there. */
export const corpusFiles = (): ReadonlyArray<string> =>
  readdirSync(corpusFolder).filter((name) => name.endsWith(".yaml"))

/** What an empty dagster.yaml stands for since Dagster 1.10. */
export const dagsterDefaults: Policy = {
  mode: "queued",
  maxConcurrentRuns: 10,
  tagLimits: [],
  pools: { granularity: "op", limits: {}, defaultLimit: null, blocking: true, buffer: 0, settleMs: 5000 },
  timeouts: { startMs: null, runtimeMs: null, cancelMs: null },
  retries: { launches: 0, launchDelayMs: 60_000, resumes: 0, runs: null, ofWork: true }
}

/** The policy that a file of the corpus stands for. */
export const expectedPolicy = ({ policy = {} }: Example) => ({
  ...dagsterDefaults,
  ...policy,
  pools: { ...dagsterDefaults.pools, ...policy.pools },
  timeouts: { ...dagsterDefaults.timeouts, ...policy.timeouts },
  retries: { ...dagsterDefaults.retries, ...policy.retries }
})

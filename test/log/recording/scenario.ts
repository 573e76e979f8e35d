/**
 * A history with every type of event in it, and with the oddest data that their schemas allow.
 */
import type { Policy } from "../../../src/queue/Policy.ts"
import type { Command } from "../../../src/queue/QueueCommand.ts"
import type { FailureCause } from "../../../src/run/Outcome.ts"

/** What is asked at a moment, so many milliseconds after the one before; by whom, if not by `ann`. */
interface Step {
  readonly after: number
  readonly actor?: string
  readonly asked: ReadonlyArray<Command>
}

const step = (after: number, ...asked: ReadonlyArray<Command>): Step => ({ after, asked })

const policy: Policy = {
  mode: "queued",
  maxConcurrentRuns: 4,
  tagLimits: [
    { key: "team", limit: 3 },
    { key: "team", value: "räd 🧵", limit: 2 },
    { key: "team", each: true, limit: 2, where: { "signalbox/job": "etl", __proto__x: "\ud83e" } },
    { key: "region", distinct: true, limit: 2 },
    { key: "never", limit: 0 }
  ],
  pools: {
    granularity: "op",
    limits: { db: 2, "old/name.v1": 1 },
    defaultLimit: 5,
    blocking: true,
    buffer: 1,
    settleMs: 500
  },
  maxQueuedRuns: 50,
  timeouts: { startMs: 10_000, runtimeMs: 60_000, cancelMs: 5_000, queueMs: 90_000 },
  retries: { launches: 1, launchDelayMs: 2_000, resumes: 1, runs: 1, ofWork: true }
}

/** Nested as deep as people write. */
const deep = (depth: number): Exclude<NonNullable<Parameters<typeof JSON.stringify>[0]>, undefined> =>
  depth === 0 ? { "": null } : { [`b${depth}`]: [deep(depth - 1)], a: depth }

const oddInput = {
  "z before a": "\ud83e half of a pair",
  a: ["", "\u0000\u001f\u007f\u2028", "e\u0301 is not é", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 🧵", "'); DROP TABLE event; --"],
  numbers: [0, -1, 1e21, 1e-7, 5e-324, 1.7976931348623157e308, Number.MAX_SAFE_INTEGER, 0.1, 4.35],
  "10": "keys that are indices",
  "9": true,
  deep: deep(30)
}

const start = (epoch: number, admits = true): Command => ({
  _tag: "StartCoordinator",
  epoch,
  software: "signalbox 0.1.0 ✔",
  host: "höst-\ud83e",
  pid: 4_242,
  admits
})

const submit = (id: string, more: object = {}): Command =>
  ({ _tag: "SubmitRun", spec: { id, job: "etl", ...more } }) as Command

const started = (run: string, attempt = 1): Command => ({
  _tag: "ReportStarted",
  run,
  attempt,
  worker: "pid 7"
})

const ended = (run: string, cause: FailureCause, attempt = 1): Command =>
  ({ _tag: "ReportEnded", run, attempt, outcome: cause }) as Command

const succeeded = (run: string, result: object | null, attempt = 1): Command =>
  ({ _tag: "ReportEnded", run, attempt, outcome: { _tag: "Succeeded", result } }) as Command

const once = { "dagster/max_retries": "0" }

const firstTerm: ReadonlyArray<Step> = [
  step(0, start(1)),
  step(5, submit("before-any-policy"), submit("command-of-words", { command: ["sh", "-c", "exit 3"] })),
  step(5, started("before-any-policy"), succeeded("command-of-words", null)),
  { after: 10, actor: "user:änn 🧵\u0000", asked: [{ _tag: "SetPolicy", policy, reason: "Regeln \ud83e" }] },
  step(
    1,
    {
      _tag: "SubmitRun",
      spec: { id: "odd", job: "etl", input: oddInput, tags: { "": "", "a=b": "c\nd", team: "räd 🧵" } },
      requested: { id: "odd", command: "echo 'as it came'", env: { Z: "1", A: "\ud83e" }, cwd: "/tmp" }
    },
    submit("pooled", {
      pools: { root: { db: 1 }, all: ["db", "old/name.v1"], unconstrainedRoot: false, slots: { db: 2 } },
      tags: { ...once, team: "blue", region: "north" }
    })
  ),
  step(10, started("odd"), started("pooled")),
  step(
    10,
    { _tag: "ClaimSlot", run: "pooled", attempt: 1, step: "first ✂", pool: "db", slots: 2, priority: 3 },
    { _tag: "ClaimSlot", run: "odd", attempt: 1, step: "second", pool: "db" },
    { _tag: "ClaimSlot", run: "odd", attempt: 1, step: "third", pool: "old/name.v1" }
  ),
  step(600, { _tag: "ReleaseSlot", run: "pooled", attempt: 1, step: "first ✂" }),
  step(
    10,
    { _tag: "ReportProgress", run: "odd", attempt: 1, fraction: 0.1 + 0.2, message: "½ \ud83e" },
    { _tag: "ReportHealth", run: "pooled", attempt: 1, healthy: false, transient: true, message: "a hiccup" }
  ),
  step(10, { _tag: "ReportHealth", run: "pooled", attempt: 1, healthy: true }),
  step(10, ended("pooled", { _tag: "WorkerLost", message: "gone" })),
  step(10, started("pooled", 2), succeeded("odd", { rows: [1, { deep: deep(5) }] })),
  step(10, ended("pooled", { _tag: "Exited", code: 3, tail: "last\nwörds" }, 2))
]

const place: ReadonlyArray<Step> = [
  step(
    100,
    { _tag: "PauseAdmission", scope: { _tag: "Queue" }, reason: "lunch" },
    { _tag: "PauseAdmission", scope: { _tag: "Tag", key: "team" } },
    { _tag: "PauseAdmission", scope: { _tag: "Pool", pool: "db" } },
    { _tag: "PauseAdmission", scope: { _tag: "Location", location: "höme" }, until: 1_900_000_000_000 }
  ),
  step(1, submit("a"), submit("b", { priority: -9 }), submit("c", { maxQueuedMs: 50, tags: once })),
  step(
    1,
    { _tag: "SetPriority", run: "b", priority: 9_007_199_254_740_991, reason: "now" },
    { _tag: "MoveToTop", run: "a", reason: "first of all" },
    { _tag: "HoldRun", run: "b" },
    { _tag: "CancelRun", run: "before-any-policy", reason: "not \ud83e needed" }
  ),
  step(100, { _tag: "ReleaseRun", run: "b", reason: "go" }),
  step(
    1,
    { _tag: "ResumeAdmission", scope: { _tag: "Queue" }, reason: "back" },
    { _tag: "ResumeAdmission", scope: { _tag: "Tag", key: "team" } },
    ended("before-any-policy", { _tag: "Exited", code: null, signal: "SIGTERM" })
  ),
  step(1, started("a"), started("b")),
  step(1, ended("a", { _tag: "Threw", message: "wrong", stack: "at work" }), succeeded("b", null)),
  step(1, started("a-retry1"), { _tag: "SetPoolLimit", pool: "db", limit: null, reason: "no more" }),
  step(1, succeeded("a-retry1", { "": "" }))
]

const unique = { key: "one at a time", collision: "cancel" } as const
const here = { "dagster/code_location": "hère", ...once }

const secondTerm: ReadonlyArray<Step> = [
  step(1, { _tag: "DrainCoordinator", reason: "upgrade" }),
  step(1, { _tag: "StopCoordinator" }),
  step(50, start(2, false)),
  step(1, submit("queued-only", { notBefore: 1_795_000_000_000, tags: once })),
  step(1, start(3)),
  step(1, submit("u1", { unique, tags: once })),
  step(1, started("u1"), submit("u2", { unique: { ...unique, key: "one at a time" }, tags: once })),
  step(1, ended("u1", { _tag: "Terminated", message: "by who knows" })),
  step(1, submit("unreachable", { tags: here }), submit("refused", { tags: once })),
  step(
    1,
    ended("unreachable", { _tag: "LaunchUnreachable", message: "no answer" }),
    ended("refused", { _tag: "LaunchRefused", message: "no such job" })
  ),
  step(3_000),
  step(1, ended("unreachable", { _tag: "LaunchUnreachable", message: "no answer" }, 2)),
  step(1, submit("slow", { maxRuntimeMs: 100, tags: once }), submit("late", { tags: once })),
  step(1, started("slow")),
  step(200),
  step(1, ended("slow", { _tag: "Exited", code: null, signal: "SIGKILL" })),
  step(20_000),
  step(60_000),
  step(1, { _tag: "StopCoordinator" })
]

/** Three coordinators, of whom one was killed. */
export const scenario: ReadonlyArray<Step> = [...firstTerm, ...place, ...secondTerm]

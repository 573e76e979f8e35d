/**
 * Real work, done by processes and by HTTP workers, while its coordinator is killed again and again at moments that nobody
 * foresees. What the work itself has left behind tells what was done.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import fc from "fast-check"
import { makeSqliteEventLog } from "../../../src/log/sqlite/SqliteEventLog.ts"
import { RunQueue } from "../../../src/queue/RunQueue.ts"
import { signalbox, start } from "../program.ts"

/** How much of what, and where. */
export interface Campaign {
  readonly folder: string
  readonly address: { readonly host: string; readonly port: number }
  readonly seed: number
  readonly kills: number
  /** Processes at the same time. */
  readonly processes: number
  /** Worker programs, each of which does one run at a time. */
  readonly workers: number
}

/** What came of it. */
export interface Report {
  /** Runs by how they have ended, after the last start. */
  readonly states: Readonly<Record<string, number>>
  /** Lines that the work should have left, and has not; and those that are there too often, or should not be. */
  readonly missing: ReadonlyArray<string>
  readonly surplus: ReadonlyArray<string>
  /** Promises of the log that are broken. */
  readonly violations: ReadonlyArray<unknown>
  /** What `audit verify` ended with. */
  readonly audit: number | null
  /** How many runs were in flight at each start but the first, and after the end. */
  readonly inFlight: ReadonlyArray<number>
  readonly inFlightAtEnd: number
}

const token = "token-of-the-campaign"
const done = "done.txt"

const say = (what: string): string => `echo "$SIGNALBOX_RUN/$SIGNALBOX_ATTEMPT ${what}" >> ${done}`

/** Work for so many kills: none of the hands is ever idle. */
const runsOf = ({ kills, processes, workers }: Campaign) => [
  ...Array.from({ length: kills * processes }, (_, at) => ({
    id: `process-${at}`,
    tags: { hand: "process" },
    priority: at % 3,
    command: `${say("begins")}; sleep ${(1 + (at % 4)) / 2}; ${say("ends")}`
  })),
  ...Array.from({ length: kills * workers * 2 }, (_, at) => ({
    id: `worker-${at}`,
    tags: { hand: "worker" },
    launcher: "workers",
    job: "note",
    input: 100 + 300 * (at % 4)
  }))
]

const policyOf = ({ processes, workers }: Campaign) => ({
  max_concurrent_runs: processes + workers,
  tag_concurrency_limits: [
    { key: "hand", value: "process", limit: processes },
    { key: "hand", value: "worker", limit: workers }
  ]
})

interface Moment {
  /** Whether it counts from the moment when the program has begun to work, or from its very start. */
  readonly isWorking: boolean
  readonly afterMs: number
}

const moment: fc.Arbitrary<Moment> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ isWorking: fc.constant(true), afterMs: fc.nat(1_500) }) },
  { weight: 1, arbitrary: fc.record({ isWorking: fc.constant(false), afterMs: fc.nat(1_500) }) }
)

/** How many were in flight whenever a coordinator started, and are at the end. */
const inFlightIn = (log: string): Promise<ReadonlyArray<number>> =>
  Effect.runPromise(
    Effect.scoped(
      Effect.gen(function* () {
        const { read } = yield* makeSqliteEventLog(log)
        const queue = new RunQueue()
        const seen: Array<number> = []
        yield* Stream.runForEach(read(), (event) =>
          Effect.sync(() => {
            if (event.type === "CoordinatorStarted") seen.push(queue.slots.size)
            queue.apply(event)
          })
        )
        return [...seen.slice(1), queue.slots.size]
      })
    )
  )

/** What is in the one and not in the other, each as often as it is. */
const less = (these: ReadonlyArray<string>, those: ReadonlyArray<string>): ReadonlyArray<string> => {
  const left = new Map<string, number>()
  for (const one of those) left.set(one, (left.get(one) ?? 0) + 1)
  return these.filter((one) => {
    const count = left.get(one) ?? 0
    left.set(one, count - 1)
    return count <= 0
  })
}

const countBy = (states: ReadonlyArray<string>): Readonly<Record<string, number>> =>
  Object.fromEntries([...Map.groupBy(states, (state) => state)].map(([state, all]) => [state, all.length]))

/** Runs the whole of it; `told` hears of each kill. */
export const campaign = async (given: Campaign, told: (kill: number) => void = () => {}): Promise<Report> => {
  const { folder, address, seed, kills } = given
  const listen = `${address.host}:${address.port}`
  const env = { SIGNALBOX_WORKER_TOKEN: token }
  const runs = runsOf(given)
  writeFileSync(join(folder, "work.json"), JSON.stringify({ policy: policyOf(given), runs }))
  const workers = Array.from(
    { length: given.workers },
    (): ChildProcess =>
      spawn(process.execPath, [fileURLToPath(new URL("./worker.ts", import.meta.url))], {
        env: {
          ...process.env,
          ...env,
          SIGNALBOX_URL: `http://${listen}`,
          SIGNALBOX_DONE: join(folder, done)
        },
        stdio: "inherit"
      })
  )
  try {
    for (const [at, { isWorking, afterMs }] of fc.sample(moment, { numRuns: kills, seed }).entries()) {
      const program = start(folder, ["run", "work.json", "--listen", listen], env)
      // One that has ended by itself is looked at in the end.
      if (isWorking) await program.says(`${runs.length} runs`).catch(() => undefined)
      await sleep(afterMs)
      program.child.kill("SIGKILL")
      await program.ended
      told(at + 1)
    }
    const last = await start(folder, ["run", "work.json", "--listen", listen, "--json"], env).ended
    if (last.stdout === "") throw new Error(`the last start has failed: ${last.stderr}`)
    const summary = JSON.parse(last.stdout) as { readonly runs: ReadonlyArray<{ readonly state: string }> }
    const replayed = JSON.parse((await signalbox(folder, "replay", "--json")).stdout)
    const lines = readFileSync(join(folder, done), "utf8").trim().split("\n")
    // The first run of its name, in its first attempt.
    const wanted = runs.flatMap(({ id }) => [`${id}.1/1 begins`, `${id}.1/1 ends`])
    const inFlight = await inFlightIn(join(folder, "log.db"))
    return {
      states: countBy(summary.runs.map(({ state }) => state)),
      missing: less(wanted, lines),
      surplus: less(lines, wanted),
      violations: replayed.violations,
      audit: (await signalbox(folder, "audit", "verify")).code,
      inFlight: inFlight.slice(0, -1),
      inFlightAtEnd: inFlight.at(-1) ?? 0
    }
  } finally {
    for (const worker of workers) worker.kill("SIGKILL")
  }
}

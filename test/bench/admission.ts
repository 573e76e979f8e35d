/**
 * What one admission costs while so many runs wait, with no limit and with ten: a run ends, and the next one starts.
 * Beside it, what one pass of Dagster's daemon over a queue of that length was measured to cost.
 */
import { defaultPolicy, type Policy } from "../../src/queue/Policy.ts"
import type { Command } from "../../src/queue/QueueCommand.ts"
import { RunQueue } from "../../src/queue/RunQueue.ts"
import { turn } from "../../src/queue/turn.ts"
import type { Figure } from "./Figure.ts"

/** CPU seconds of one selection by Dagster 1.7's daemon, by the number of queued runs: recorded, not measured here. */
const dagsterSeconds: Readonly<Record<number, number>> = { 100: 0.03, 1000: 0.23, 10000: 2.3 }

const admissions = 5_000

const limited: Policy["tagLimits"] = Array.from({ length: 10 }, (_, at) => ({
  key: `key-${at}`,
  each: true,
  limit: 5 + at
}))

const policyWith = (tagLimits: Policy["tagLimits"]): Policy => ({
  ...defaultPolicy,
  maxConcurrentRuns: 10,
  tagLimits,
  timeouts: { startMs: null, runtimeMs: null, cancelMs: null }
})

/** Tags under which some runs are blocked, in many different ways. */
const tagsOf = (at: number): Readonly<Record<string, string>> =>
  Object.fromEntries(limited.map(({ key }, nth) => [key, `value-${(at * (nth + 3)) % (7 + nth)}`]))

const submit = (at: number): Command => ({
  _tag: "SubmitRun",
  spec: { id: `run-${at}`, job: "noop", tags: tagsOf(at), priority: at % 5 }
})

/** Microseconds of one turn in which a run ends, another is submitted and the next one is admitted. */
const measure = (queued: number, tagLimits: Policy["tagLimits"]): number => {
  const queue = new RunQueue()
  let asked = 0
  const take = (...commands: ReadonlyArray<Command>) =>
    turn(
      queue,
      commands.map((command) => ({ id: `c${++asked}`, actor: "bench", command })),
      1
    )
  take(
    { _tag: "StartCoordinator", epoch: 1, software: "bench", host: "bench", pid: 1, admits: true },
    { _tag: "SetPolicy", policy: policyWith(tagLimits) }
  )
  take(...Array.from({ length: queued }, (_, at) => submit(at)))
  const began = performance.now()
  for (let at = 0; at < admissions; at++) {
    const [run = ""] = queue.slots.runs()
    take({ _tag: "ReportEnded", run, attempt: 1, outcome: { _tag: "Succeeded" } }, submit(queued + at))
  }
  return ((performance.now() - began) / admissions) * 1000
}

export const admission = async (): Promise<ReadonlyArray<Figure>> => {
  measure(1_000, limited)
  return Object.entries(dagsterSeconds).flatMap(([length, seconds]) =>
    [[], limited].map((tagLimits): Figure => {
      const micros = measure(Number(length), tagLimits)
      return {
        name: `an end, a submit and the next admission, ${length} queued, ${tagLimits.length} limits, against one pass of Dagster's daemon (recorded)`,
        ours: `${micros.toFixed(1)} µs`,
        baseline: `${seconds} s`,
        ratio: micros / 1e6 / seconds,
        target: { atMost: 0.01 }
      }
    })
  )
}

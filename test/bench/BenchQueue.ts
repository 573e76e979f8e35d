/**
 * A queue without a log, filled and worked off as fast as it goes.
 */
import { defaultPolicy, type Policy } from "../../src/queue/Policy.ts"
import type { Command } from "../../src/queue/QueueCommand.ts"
import { RunQueue } from "../../src/queue/RunQueue.ts"
import { turn } from "../../src/queue/turn.ts"
import type { RunSpec } from "../../src/run/RunSpec.ts"
import { collectGarbage } from "./collectGarbage.ts"

/** Bytes in use, once all that is not has been let go. */
const heapUsed = (): number => {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

export class BenchQueue {
  readonly queue = new RunQueue()
  private asked = 0

  constructor(policy: Partial<Policy>) {
    const timeouts = { startMs: null, runtimeMs: null, cancelMs: null }
    this.take(
      { _tag: "StartCoordinator", epoch: 1, software: "bench", host: "bench", pid: 1, admits: true },
      { _tag: "SetPolicy", policy: { ...defaultPolicy, timeouts, ...policy } }
    )
  }

  /** One turn; answers who was admitted. */
  take(...commands: ReadonlyArray<Command>): ReadonlyArray<string> {
    const asked = commands.map((command) => ({ id: `c${++this.asked}`, actor: "bench", command }))
    const { events } = turn(this.queue, asked, 1)
    return events.flatMap(({ type, run }) => (type === "RunAdmitted" && run !== null ? [run] : []))
  }

  /** Submits all of these; answers the bytes that each takes beside its spec. */
  fill(specs: ReadonlyArray<RunSpec>): number {
    const before = heapUsed()
    for (let at = 0; at < specs.length; at += 1_000)
      this.take(...specs.slice(at, at + 1_000).map((spec): Command => ({ _tag: "SubmitRun", spec })))
    return (heapUsed() - before) / specs.length
  }

  /** A run ends, and whoever may start does, in one turn; answers its microseconds. */
  endOne(run: string): { readonly micros: number; readonly admitted: ReadonlyArray<string> } {
    const began = performance.now()
    const admitted = this.take({ _tag: "ReportEnded", run, attempt: 1, outcome: { _tag: "Succeeded" } })
    return { micros: (performance.now() - began) * 1000, admitted }
  }

  /** The run that has held its slots for longest. */
  get oldest(): string {
    const [run = ""] = this.queue.slots.runs()
    return run
  }
}

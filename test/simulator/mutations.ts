/**
 * Faults to plant in production code: each must be found by the simulator, or the simulator looks the other way.
 */
export interface Mutation {
  readonly name: string
  readonly file: string
  /** What stands there exactly once. */
  readonly search: string
  readonly replacement: string
  /** The promises one of which it breaks. */
  readonly rules: ReadonlyArray<string>
}

export const mutations: ReadonlyArray<Mutation> = [
  {
    name: "permits are not given back",
    file: "src/coordinator/Permits.ts",
    search: "for (const slot of slots) yield* this.giveOne(slot)",
    replacement: "",
    rules: ["permits", "defect"]
  },
  {
    name: "runs of one value take a permit each",
    file: "src/coordinator/Permits.ts",
    search: "unit !== undefined && sharing.has(unit)",
    replacement: "unit !== undefined && sharing.has(unit) && unit.length > 99",
    rules: ["permits", "defect"]
  },
  {
    name: "a run that is resumed has to find room",
    file: "src/coordinator/Workers.ts",
    search: "fresh.get(run.id) === true",
    replacement: "fresh.has(run.id)",
    rules: ["defect"]
  },
  {
    name: "a cancel is lost while the run is launched",
    file: "src/coordinator/Workers.ts",
    search: 'if (wanted === "Stop" && !worker.stopping) {',
    replacement: 'if (wanted === "Stop" && !worker.stopping && run.startedAt !== undefined) {',
    rules: ["intent"]
  },
  {
    name: "a new attempt is launched as if it might run already",
    file: "src/coordinator/Workers.ts",
    search: "if (!worker || goesOn) continue",
    replacement: "if (!worker || goesOn || run.resumes > 0) continue",
    rules: ["intent", "permits", "defect"]
  },
  {
    name: "an answer comes before the commit",
    file: "src/coordinator/term.ts",
    search: "      yield* begin(decided)",
    replacement: "      answer(decided)\n      yield* begin(decided)",
    rules: ["durable"]
  },
  {
    name: "a run is launched before its admission is durable",
    file: "src/coordinator/term.ts",
    search: "      yield* begin(decided)",
    replacement: "      yield* dispatch(workers, decided.turn)\n      yield* begin(decided)",
    rules: ["ahead"]
  },
  {
    name: "an append of unknown outcome counts as done",
    file: "src/coordinator/term.ts",
    search: "yield* Effect.ensuring(appended, Semaphore.release(ahead, 1))",
    replacement: "yield* Effect.ignore(Effect.ensuring(appended, Semaphore.release(ahead, 1)))",
    rules: ["durable", "ahead", "replay", "defect"]
  },
  {
    name: "a new coordinator forgets the runs in flight",
    file: "src/coordinator/term.ts",
    search: "touched: [...inFlight, ...decided.turn.touched]",
    replacement: "touched: [...inFlight.slice(1), ...decided.turn.touched]",
    rules: ["intent", "permits"]
  },
  {
    name: "who waits for an answer hears nothing when the log fails",
    file: "src/coordinator/term.ts",
    search: "Effect.sync(() => failAll(unsettled, whyOf(cause)))",
    replacement: "Effect.sync(() => whyOf(cause))",
    rules: ["answer"]
  },
  {
    name: "the alarm is not set for something that is due sooner",
    file: "src/coordinator/term.ts",
    search: "wakesAt >= setFor",
    replacement: "setFor !== Number.POSITIVE_INFINITY",
    rules: ["alarm"]
  },
  {
    name: "who waits for an end is not told of one that a recovery finds",
    file: "src/coordinator/Waiters.ts",
    search: "if (run) this.tell(run)",
    replacement: "",
    rules: ["answer"]
  },
  {
    name: "the epoch is not checked",
    file: "src/log/MemoryEventLog.ts",
    search: 'if (mine !== epoch) return { _tag: "Fenced", epoch: mine, current: epoch }',
    replacement: "",
    rules: ["fence", "epoch", "replay", "turn", "defect"]
  },
  {
    name: "the chain of hashes skips an event",
    file: "src/log/MemoryEventLog.ts",
    search: "entries.at(-1)?.hash",
    replacement: "entries.at(-2)?.hash",
    rules: ["chain"]
  },
  {
    name: "a field is lost on the way to the store",
    file: "src/log/codec.ts",
    search: "  event.cause,",
    replacement: "  null,",
    rules: ["store"]
  },
  {
    name: "a report for an older attempt is taken",
    file: "src/run/decide.ts",
    search: "if (command.attempt !== run.attempt) return stale(run, command)",
    replacement: "",
    rules: ["word", "attempt"]
  },
  {
    name: "another attempt has the number of the one before it",
    file: "src/queue/admit.ts",
    search: "attempt: run.attempt + 1",
    replacement: "attempt: Math.max(1, run.attempt)",
    rules: ["attempt", "once", "word"]
  },
  {
    name: "time limits are those of the policy in force now",
    file: "src/queue/RunQueue.ts",
    search: "const is = deadline(after)",
    replacement: "const is = deadline({ ...after, timeouts: this.policy.timeouts })",
    rules: ["deadline", "defect", "replay", "rest", "quiet"]
  },
  {
    name: "a slot is not freed by a run that fails",
    file: "src/queue/RunQueue.ts",
    search: "if (held === holds) return",
    replacement: 'if (held === holds || after.state === "failed") return',
    rules: ["order", "permits", "slots"]
  },
  {
    name: "a pause of everything is ignored",
    file: "src/queue/RunQueue.ts",
    search: 'this.admits && !this.pauses.has({ _tag: "Queue" })',
    replacement: "this.admits",
    rules: ["admission", "order"]
  },
  {
    name: "a coordinator that drains goes on admitting",
    file: "src/queue/Facts.ts",
    search: 'case "CoordinatorDraining":\n',
    replacement: 'case "CoordinatorDraining":\n        break\n',
    rules: ["admission", "order"]
  },
  {
    name: "a new priority does not move a run",
    file: "src/queue/RunQueue.ts",
    search: "before.priority !== after.priority || ",
    replacement: "",
    rules: ["order", "defect", "quiet", "replay"]
  },
  {
    name: "a run is admitted before its time where the clock was set back",
    file: "src/queue/Waiting.ts",
    search: "if (now < this.awakeAt) {",
    replacement: "if (now < 0) {",
    rules: ["admission", "order", "defect"]
  },
  {
    name: "a retry does not wait for its time",
    file: "src/run/retry.ts",
    search: "const notBefore = now + delayOf(",
    replacement: "const notBefore = now + 0 * delayOf(",
    rules: ["retry"]
  },
  {
    name: "a retry is not counted",
    file: "src/run/evolve.ts",
    search: "[rule]: number }",
    replacement: "[rule]: 0 }",
    rules: ["retry"]
  },
  {
    name: "a deadline keeps the place of a run that was put behind the others",
    file: "src/queue/RunQueue.ts",
    search: "if (was === is && before?.order === after.order) return",
    replacement: "if (was === is) return",
    rules: ["defect"]
  },
  {
    name: "who is tried again after a time limit goes on being stopped",
    file: "src/run/evolve.ts",
    search: "const { admittedAt: _, stopping: __, ...rest } = atRest(run)",
    replacement: "const { admittedAt: _, ...rest } = atRest(run)",
    rules: ["deadline", "intent", "defect"]
  },
  {
    name: "a claim waits on when its attempt is tried again",
    file: "src/coordinator/Coordinator.ts",
    search: "now.attempt !== attempt || isWaiting(now.state)",
    replacement: "now.attempt !== attempt",
    rules: ["answer"]
  },
  {
    name: "claims outlive their run",
    file: "src/run/evolve.ts",
    search: "const { claims: __, reserved: ___, ...rest } = run",
    replacement: "const { reserved: ___, ...rest } = run",
    rules: ["order", "quiet", "answer", "defect"]
  },
  {
    name: "the log runs backwards when the clock is set back",
    file: "src/queue/Ledger.ts",
    search: "Math.max(now, queue.at)",
    replacement: "now",
    rules: ["time", "turn"]
  },
  {
    name: "two runs of one key run at the same time",
    file: "src/queue/Limits.ts",
    search: ", size: 1 })\n    return slots",
    replacement: ", size: 2 })\n    return slots",
    rules: ["limit", "order"]
  }
]

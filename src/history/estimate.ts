/**
 * When a waiting run will start, as a range: the queue is played on, many times over, by the turn that decides in production,
 * on a copy of what runs and what is ahead. How long runs take is drawn from how long others of their job took.
 *
 * What it does not know: runs that are submitted later and go before it, steps that claim slots of pools, people.
 */
import { obstacles } from "../queue/obstacles.ts"
import type { Command } from "../queue/QueueCommand.ts"
import type { RunQueue } from "../queue/RunQueue.ts"
import { SortedList } from "../queue/SortedList.ts"
import { signalbox, turn } from "../queue/turn.ts"
import { isWaiting } from "../run/lifecycle.ts"
import type { Run } from "../run/Run.ts"
import type { RunId, RunSpec } from "../run/RunSpec.ts"
import { settings } from "../settings.ts"
import { type Durations, durationsOf, kindOf } from "./durations.ts"
import { reducedCopy } from "./reducedCopy.ts"

/** When a run will start, or why that is not known. */
export type Estimate =
  /** In eight of ten rounds it started between these moments, in milliseconds since 1970. */
  | {
      readonly _tag: "Between"
      readonly from: number
      readonly to: number
      readonly rounds: number
      /** How many finished runs it draws from. */
      readonly basis: number
      /** Some of the runs are of jobs of which none has finished: it draws from all jobs for those. */
      readonly guesses?: true
    }
  /** No run has finished yet. */
  | { readonly _tag: "NoHistory" }
  /** Nothing that happens by itself starts it: someone has to release or resume it, to coordinate, to give a limit slots. */
  | { readonly _tag: "NotByItself" }
  /** More are ahead of it than are played through. */
  | { readonly _tag: "TooFarBack"; readonly ahead: number; readonly max: number }

/** Numbers from 0 up to 1, the same ones for the same seed. Idea: Tommy Ettinger, mulberry32. */
export const random = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let bits = Math.imul(state ^ (state >>> 15), state | 1)
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61)
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }
}

interface End {
  readonly at: number
  readonly nth: number
  readonly run: RunId
}

/** One way in which things may go on. */
class Round {
  private readonly queue: RunQueue
  private readonly durations: Durations
  private readonly draw: () => number
  private readonly ends = new SortedList<End>((a, b) => a.at - b.at || a.nth - b.nth)
  private readonly drawn = new Map<string, ReadonlyArray<number>>()
  private nth = 0

  constructor(queue: RunQueue, durations: Durations, draw: () => number) {
    this.queue = queue
    this.durations = durations
    this.draw = draw
  }

  private pick(from: ReadonlyArray<number>): number | undefined {
    return from[Math.floor(this.draw() * from.length)]
  }

  private known(spec: RunSpec): ReadonlyArray<number> {
    return this.durations.byKind.get(kindOf(spec)) ?? this.durations.all
  }

  /** What is known is itself drawn anew in each round, since it is little: with few runs known the range is wide. */
  private redrawn(spec: RunSpec): ReadonlyArray<number> {
    const kind = kindOf(spec)
    const known = this.known(spec)
    const drawn = this.drawn.get(kind) ?? known.map(() => this.pick(known) ?? 0)
    this.drawn.set(kind, drawn)
    return drawn
  }

  private expectEnd(run: RunId, at: number): void {
    this.ends.add({ at: Math.round(at), nth: this.nth++, run })
  }

  /** One that runs already takes as long as one of those that took longer than it has; if none did, up to as long again. */
  private goesOn({ id, spec, admittedAt = 0 }: Run, now: number): void {
    const elapsed = Math.max(0, now - admittedAt)
    const longer = [this.redrawn(spec), this.known(spec)].map((from) => from.filter((one) => one > elapsed))
    const took = this.pick(longer.find(({ length }) => length > 0) ?? []) ?? elapsed * (1 + this.draw())
    this.expectEnd(id, now + Math.max(1, took - elapsed))
  }

  /** When the run starts; undefined if nothing that happens by itself leads to that. */
  startOf(id: RunId, now: number): number | undefined {
    const { queue, ends } = this
    let begun = Array.from(queue.slots.runs())
    for (const one of begun) this.goesOn(queue.run(one), now)
    for (let at = now; ; ) {
      const commands = [...begun.map((one) => started(queue.run(one))), ...this.endedBy(at)]
      const asked = commands.map((command, nth) => ({ id: String(nth), actor: signalbox, command }))
      const { events } = turn(queue, asked, at)
      begun = events.flatMap(({ type, run }) => (type === "RunAdmitted" && run !== null ? [run] : []))
      if (begun.includes(id)) return at
      if (!isWaiting(queue.run(id).state)) return undefined
      for (const one of begun)
        this.expectEnd(one, at + Math.max(1, this.pick(this.redrawn(queue.run(one).spec)) ?? 1))
      const next = Math.min(ends.first?.at ?? never, queue.wakesAt ?? never)
      if (next === never) return undefined
      at = Math.max(at + 1, next)
    }
  }

  private *endedBy(at: number): Generator<Command, void> {
    for (let end = this.ends.first; end && end.at <= at; end = this.ends.first) {
      this.ends.remove(end)
      const { id, attempt } = this.queue.run(end.run)
      yield { _tag: "ReportEnded", run: id, attempt, outcome: { _tag: "Succeeded" } }
    }
  }
}

const never = Number.POSITIVE_INFINITY

const started = ({ id, attempt }: Run): Command => ({ _tag: "ReportStarted", run: id, attempt })

const isStuck = (queue: RunQueue, run: Run, now: number): boolean =>
  Array.from(obstacles(queue, run, now)).some(
    (found) =>
      found._tag === "AdmissionClosed" ||
      found._tag === "Held" ||
      (found._tag === "Paused" && found.pause.until === undefined) ||
      (found._tag === "LimitFull" && found.slot.size === 0)
  )

const roundsFor = (runs: number): number => {
  const { estimatedAdmissionsMax, estimateRoundsMin, estimateRoundsMax } = settings
  return Math.max(estimateRoundsMin, Math.min(estimateRoundsMax, Math.floor(estimatedAdmissionsMax / runs)))
}

/** When the run will start; undefined if it does not wait. The same queue, time and seed give the same range. */
export const estimate = (
  queue: RunQueue,
  id: RunId,
  now: number,
  seed: number = queue.position
): Estimate | undefined => {
  const run = queue.runs.get(id)
  if (!run || !isWaiting(run.state)) return undefined
  const at = Math.max(now, queue.at)
  if (isStuck(queue, run, at)) return { _tag: "NotByItself" }
  const durations = durationsOf(queue)
  if (durations.all.length === 0) return { _tag: "NoHistory" }
  const max = settings.aheadEstimatedMax
  const { copy, isWhole } = reducedCopy(queue, run, max)
  if (!isWhole) return { _tag: "TooFarBack", ahead: queue.waiting.line.rank(run), max }
  const rounds = roundsFor(copy.runs.size)
  const draw = random(seed)
  const starts: Array<number> = []
  for (let round = 0; round < rounds; round++) {
    const start = new Round(copy.copy(), durations, draw).startOf(id, at)
    if (start !== undefined) starts.push(start)
  }
  // Some may end otherwise, by a longest time to wait.
  if (starts.length < rounds * 0.9) return { _tag: "NotByItself" }
  starts.sort((a, b) => a - b)
  const last = starts.length - 1
  const from = starts[Math.floor(last * 0.1)] as number
  const to = starts[Math.ceil(last * 0.9)] as number
  return { _tag: "Between", from, to, rounds, ...basisOf(copy, id, durations) }
}

/** What the lengths of time of all runs but the one itself are drawn from. */
const basisOf = ({ runs }: RunQueue, id: RunId, { byKind, all }: Durations) => {
  const kinds = new Set(Array.from(runs.values()).flatMap((one) => (one.id === id ? [] : [kindOf(one.spec)])))
  const known = [...kinds].flatMap((kind) => byKind.get(kind) ?? [])
  const guesses = ![...kinds].every((kind) => byKind.has(kind))
  return guesses ? { basis: all.length, guesses } : { basis: known.length }
}

/**
 * What a batch looks like while it goes on: fed with events, drawn as text.
 */

import { type Event, isRunEvent, type QueueEvent } from "../queue/Event.ts"
import { evolve } from "../run/evolve.ts"
import { isFinished, isWaiting } from "../run/lifecycle.ts"
import { describeCause } from "../run/Outcome.ts"
import type { Run } from "../run/Run.ts"
import type { RunEvent } from "../run/RunEvent.ts"
import { describeLeft } from "./describeLeft.ts"
import { count, paint, paintState, showBetween, showLength, table } from "./format.ts"
import { remark } from "./listCommands.ts"
import type { Work } from "./Work.ts"

/** Runs in flight that are shown by name. */
const shownMax = 8

const marks: Readonly<Record<string, string>> = { succeeded: "✔", failed: "✖", canceled: "◼" }
const styles = { succeeded: "green", failed: "red", canceled: "yellow" } as const

export class Board {
  private readonly runs = new Map<string, Run>()
  /** The last event that it has seen. */
  position: number
  private readonly nameOf: (run: Run) => string
  private readonly expected: Work["expected"]

  constructor({ runs, expected, position }: Work, nameOf: (run: Run) => string) {
    for (const run of runs) this.runs.set(run.id, run)
    this.nameOf = nameOf
    this.expected = expected
    this.position = position
  }

  /** Whether it follows the run. A run that does one of its runs again is one of its runs. */
  private follows(event: RunEvent): boolean {
    if (this.runs.has(event.run)) return true
    if (event.type !== "RunSubmitted") return false
    const { parent } = event.data.spec
    return this.expected?.has(event.run) !== false || (parent !== undefined && this.runs.has(parent))
  }

  has(run: string): boolean {
    return this.runs.has(run)
  }

  /** Takes the next event in; answers a line about it if it is worth one. */
  take(event: Event): string | undefined {
    this.position = event.position
    return isRunEvent(event) ? this.apply(event) : this.ofShutdown(event)
  }

  private ofShutdown({ type, actor, data }: QueueEvent): string | undefined {
    if (type === "CoordinatorStopped")
      return data.inFlight === undefined ? undefined : describeLeft(data.runs ?? [], data.inFlight)
    if (type !== "CoordinatorDraining") return undefined
    const { inFlight, waiting } = this.counts
    if (inFlight.length + waiting === 0) return undefined
    const by = `(${[actor, data.reason].filter(Boolean).join(": ")})`
    return data.mode === "immediate"
      ? `Stopping ${count(inFlight.length, "run")} ${by}.`
      : `Draining: ${count(inFlight.length, "run")} in flight to finish, ${waiting} stay queued ${by}.`
  }

  private apply(event: RunEvent): string | undefined {
    if (!this.follows(event)) return undefined
    const run = evolve(this.runs.get(event.run), event)
    this.runs.set(run.id, run)
    const name = this.nameOf(run)
    if (isFinished(run.state)) {
      const style = styles[run.state as keyof typeof styles]
      const note = remark(run)
      const ran = `${showBetween(run.startedAt, run.endedAt)}, waited ${showBetween(run.submittedAt, run.admittedAt)}`
      return `${paint(style, marks[run.state] ?? "")} ${name} ${paint("dim", `(${ran})`)}${note === "" ? "" : ` ${note}`}`
    }
    if (event.type !== "RunRequeued" && event.type !== "RunResumed") return undefined
    const wait = event.type === "RunRequeued" ? event.data.notBefore - event.at : 0
    const again = `attempt ${run.setBack?.attempt} ended, another ${wait > 0 ? `in ${showLength(wait)}` : "follows"}`
    return `${paint("yellow", "↻")} ${name} ${paint("dim", `(${again})`)} ${describeCause(event.data.cause)}`
  }

  get all(): ReadonlyArray<Run> {
    return [...this.runs.values()]
  }

  /** Whether all of its runs have ended. */
  get done(): boolean {
    const here = [...(this.expected ?? [])].every((run) => this.runs.has(run))
    return here && this.all.every((run) => isFinished(run.state))
  }

  /** Whether all work has succeeded, be it at the second go. */
  get succeeded(): boolean {
    const again = new Set(this.all.map((run) => run.spec.parent))
    return this.all.every((run) => run.state === "succeeded" || again.has(run.id))
  }

  private get counts() {
    const done = this.all.filter((run) => isFinished(run.state)).length
    const waiting = this.all.filter((run) => isWaiting(run.state)).length
    return {
      done,
      waiting,
      inFlight: this.all.filter(({ state }) => !isWaiting(state) && !isFinished(state))
    }
  }

  /** What is going on at the time `now`, in a few lines. */
  live(now: number): string {
    const { inFlight, waiting, done } = this.counts
    const rows = inFlight.slice(0, shownMax).map((run) => {
      const since = run.startedAt ?? run.admittedAt ?? now
      const told = run.progress?.fraction === undefined ? "" : `${Math.round(run.progress.fraction * 100)}%`
      return `  ${paint("cyan", "▶")} ${this.nameOf(run)} ${paint("dim", showLength(Math.max(0, now - since)))} ${told} ${remark(run)}`.trimEnd()
    })
    const more =
      inFlight.length > shownMax ? [paint("dim", `  … and ${inFlight.length - shownMax} more`)] : []
    const counts = `${inFlight.length} in flight · ${waiting} waiting · ${done} of ${Math.max(this.expected?.size ?? 0, this.runs.size)} done`
    return [paint("bold", counts), ...rows, ...more].join("\n")
  }

  /** Per run its wait, its duration, its outcome. */
  summary(): string {
    const rows = this.all.map((run) => [
      this.nameOf(run),
      paintState(run.state),
      showBetween(run.submittedAt, run.admittedAt),
      showBetween(run.startedAt, run.endedAt),
      remark(run)
    ])
    return table(["RUN", "OUTCOME", "WAITED", "RAN", ""], rows)
  }
}

/**
 * A world outside of all coordinators, in memory: its work goes on when they are gone, and is found again by run
 * and attempt. Whatever a job of it does is told by its name.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { Assignment, Launcher, Tell } from "../../src/launcher/Launcher.ts"
import type { Outcome } from "../../src/run/Outcome.ts"

/**
 * - `quick`: starts, and ends well at once
 * - `manual`: starts, and ends when it is told to, or stopped
 * - `slow`: never says that it has started; ends when it is told to, or stopped
 * - `deaf`: starts, and takes no notice of being stopped
 * - `unreachable`: cannot be launched now
 */
export type OutsideJob = "quick" | "manual" | "slow" | "deaf" | "unreachable"

interface Work {
  readonly run: string
  readonly job: OutsideJob
  readonly end: Deferred.Deferred<Outcome>
}

const stopped: Outcome = { _tag: "Terminated", message: "stopped" }
const succeeded: Outcome = { _tag: "Succeeded", result: "done" }
const unreachable: Outcome = { _tag: "LaunchUnreachable", message: "no route" }

const outcomeAtOnce: Readonly<Partial<Record<OutsideJob, Outcome>>> = { quick: succeeded, unreachable }

const keyOf = ({ run, attempt }: Assignment): string => `${run} ${attempt}`

export class OutsideWorld {
  /** Each start of an attempt, as `run attempt`, in order. */
  readonly starts: Array<string> = []
  /** Each attempt that was told to stop, in order. */
  readonly stops: Array<string> = []
  /** Each attempt that may be forgotten, in order. */
  readonly forgotten: Array<string> = []
  private readonly works = new Map<string, Work>()
  /** How the work of a run ends, where that was told. */
  private readonly ends = new Map<string, Outcome>()

  private start(assignment: Assignment, tell: Tell): Work {
    const job = assignment.spec.job as OutsideJob
    const work = { run: assignment.run, job, end: Deferred.makeUnsafe<Outcome>() }
    this.starts.push(keyOf(assignment))
    this.works.set(keyOf(assignment), work)
    if (job !== "slow" && job !== "unreachable") tell({ _tag: "Started", worker: keyOf(assignment) })
    const outcome = outcomeAtOnce[job] ?? this.ends.get(assignment.run)
    if (outcome) Deferred.doneUnsafe(work.end, Effect.succeed(outcome))
    return work
  }

  /** What was stopped before it started never starts. */
  private never(assignment: Assignment): Work {
    const work = { run: assignment.run, job: "slow" as const, end: Deferred.makeUnsafe<Outcome>() }
    this.works.set(keyOf(assignment), work)
    return work
  }

  readonly launcher: Launcher["Service"] = {
    launch: (assignment, tell) =>
      Effect.suspend(() =>
        Deferred.await((this.works.get(keyOf(assignment)) ?? this.start(assignment, tell)).end)
      ),
    stop: (assignment) =>
      Effect.suspend(() => {
        this.stops.push(keyOf(assignment))
        const work = this.works.get(keyOf(assignment)) ?? this.never(assignment)
        if (work.job !== "deaf") Deferred.doneUnsafe(work.end, Effect.succeed(stopped))
        return Deferred.await(work.end)
      }),
    forget: (assignment) => {
      this.forgotten.push(keyOf(assignment))
    }
  }

  /** What goes on, as `run attempt`. */
  get working(): ReadonlyArray<string> {
    const isWorking = ([, { end }]: [string, Work]) => !Deferred.isDoneUnsafe(end)
    return [...this.works].filter(isWorking).map(([key]) => key)
  }

  /** Ends the work of a run, now or as soon as it begins. */
  end(run: string, outcome: Outcome = succeeded): void {
    this.ends.set(run, outcome)
    for (const work of this.works.values()) {
      if (work.run === run) Deferred.doneUnsafe(work.end, Effect.succeed(outcome))
    }
  }
}

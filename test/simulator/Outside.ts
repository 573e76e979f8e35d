/**
 * The world outside of all coordinators, and the launcher that reaches it. Its work is known by run and attempt, goes on
 * when coordinators are gone, and behaves as its manner says: some of it badly.
 *
 * Whatever is told of an attempt names that attempt in its text, so that it can be seen in the log whose word it was.
 */
import * as Effect from "effect/Effect"
import type { Assignment, Launcher, Report, Tell } from "../../src/launcher/Launcher.ts"
import type { Outcome } from "../../src/run/Outcome.ts"
import type { Attempt } from "../simulation/World.ts"
import type { Host } from "./Host.ts"
import { type Manner, mannerOf } from "./Manner.ts"

export const keyOf = ({ run, attempt }: Attempt): string => `${run} ${attempt}`

/** The mark that the words about an attempt bear. */
export const mark = (attempt: Attempt): string => `<${keyOf(attempt)}>`

type Ending =
  | "Succeeded"
  | "Exited"
  | "Threw"
  | "WorkerLost"
  | "Terminated"
  | "LaunchUnreachable"
  | "LaunchRefused"

/** The end of an attempt, in its own words. */
export const endingOf = (of: Attempt, _tag: Ending): Outcome => {
  switch (_tag) {
    case "Succeeded":
      return { _tag, result: mark(of) }
    case "Exited":
      return { _tag, code: 1, tail: mark(of) }
    default:
      return { _tag, message: mark(of) }
  }
}

/** Someone who waits to hear how work ends. */
interface Listener {
  readonly host: Host
  readonly hear: (outcome: Outcome) => void
}

export interface Work extends Attempt {
  readonly manner: Manner
  /** The process that it dies with, if it does. */
  readonly inside: Host | undefined
  readonly tells: Array<{ readonly host: Host; readonly tell: Tell }>
  readonly listeners: Array<Listener>
  isStarted: boolean
  outcome: Outcome | undefined
}

/** What can happen to work by itself. */
export type Happening =
  | "starts"
  | "progresses"
  | "iswell"
  | "isill"
  | "ismissed"
  | "succeeds"
  | "throws"
  | "exits"
  | "dies"
  | "isforgotten"
  | "repeats"

const endings: Readonly<Partial<Record<Happening, Ending>>> = {
  succeeds: "Succeeded",
  throws: "Threw",
  exits: "Exited",
  dies: "WorkerLost",
  isforgotten: "WorkerLost"
}

/** What is told of work when that happens to it. */
const reportsOf = (work: Work, happening: Happening): ReadonlyArray<Report> => {
  const message = mark(work)
  const started: Report = { _tag: "Started", worker: message }
  const progress = (fraction: number): Report => ({ _tag: "Progress", fraction, message })
  const health = (healthy: boolean, transient: boolean): Report => ({
    _tag: "Health",
    healthy,
    transient,
    message
  })
  const reports: Readonly<Partial<Record<Happening, ReadonlyArray<Report>>>> = {
    starts: [started],
    progresses: [progress(0.5)],
    iswell: [health(true, false)],
    isill: [health(false, true)],
    ismissed: [health(false, false)],
    repeats: work.isStarted ? [started, progress(1)] : [progress(1)]
  }
  return reports[happening] ?? []
}

/** What a process asks of the world. */
export interface Asked {
  readonly what: "launch" | "stop" | "forget"
  readonly host: Host
  readonly assignment: Assignment
}

export class Outside {
  /** All work there ever was, by run and attempt. */
  readonly works = new Map<string, Work>()
  /** What goes on. */
  readonly working = new Map<string, Work>()
  private readonly saw: (asked: Asked) => void

  constructor(saw: (asked: Asked) => void) {
    this.saw = saw
  }

  /** The launcher as that process has it. */
  launcherFor(host: Host): Launcher["Service"] {
    return {
      launch: (assignment, tell) => this.launch(host, assignment, tell),
      stop: (assignment) => this.stop(host, assignment),
      forget: (assignment) => {
        this.saw({ what: "forget", host, assignment })
        if (mannerOf(assignment).forgets === "throws") throw new Error(mark(assignment))
      }
    }
  }

  private launch(host: Host, assignment: Assignment, tell: Tell): Effect.Effect<Outcome> {
    this.saw({ what: "launch", host, assignment })
    const { launch } = mannerOf(assignment)
    const known = this.works.get(keyOf(assignment))
    if (!known && launch === "throws") throw new Error(mark(assignment))
    if (!known && launch === "dies") return Effect.die(new Error(mark(assignment)))
    if (!known && launch === "unreachable") return Effect.succeed(endingOf(assignment, "LaunchUnreachable"))
    if (!known && launch === "refuses") return Effect.succeed(endingOf(assignment, "LaunchRefused"))
    return Effect.suspend(() => {
      const work = known ?? this.begin(host, assignment)
      work.tells.push({ host, tell })
      if (work.manner.starts === "at once" || work.isStarted) this.happen(work, "starts")
      if (work.manner.floods) for (let i = 0; i < 20; i++) this.happen(work, i % 2 ? "progresses" : "iswell")
      if (work.manner.ends !== "later" && work.outcome === undefined) this.happen(work, work.manner.ends)
      return this.ended(host, work)
    })
  }

  private begin(host: Host, assignment: Assignment, isEver = true): Work {
    const { run, attempt } = assignment
    const manner = mannerOf(assignment)
    const works = { run, attempt, manner, tells: [], listeners: [], isStarted: false }
    const work: Work = { ...works, inside: manner.isInside ? host : undefined, outcome: undefined }
    // What began in a process that is gone is gone with it.
    if (isEver && manner.isInside && assignment.recovered) work.outcome = endingOf(work, "WorkerLost")
    this.works.set(keyOf(work), work)
    if (work.outcome === undefined) this.working.set(keyOf(work), work)
    return work
  }

  private ended(host: Host, work: Work): Effect.Effect<Outcome> {
    const { outcome } = work
    if (outcome) return Effect.succeed(outcome)
    return Effect.callback((resume) => {
      const listener = { host, hear: (heard: Outcome) => resume(Effect.succeed(heard)) }
      work.listeners.push(listener)
    })
  }

  private stop(host: Host, assignment: Assignment): Effect.Effect<Outcome> {
    this.saw({ what: "stop", host, assignment })
    const { stops } = mannerOf(assignment)
    if (stops === "throws") throw new Error(mark(assignment))
    const work = this.works.get(keyOf(assignment)) ?? this.begin(host, assignment, false)
    if (stops === "obeys") this.end(work, endingOf(work, "Terminated"))
    if (stops === "succeeds") this.end(work, endingOf(work, "Succeeded"))
    return this.ended(host, work)
  }

  private tell(work: Work, report: Report): void {
    for (const { host, tell } of work.tells) if (!host.isDead) tell(report)
  }

  private end(work: Work, outcome: Outcome): void {
    work.outcome ??= outcome
    this.working.delete(keyOf(work))
    const told = work.outcome
    for (const { host, hear } of work.listeners.splice(0)) if (!host.isDead) hear(told)
  }

  /** Something happens to work; to work that is over only words come, too late. */
  happen(work: Work, happening: Happening): void {
    if (happening === "starts") work.isStarted = true
    if (happening === "isforgotten") this.works.delete(keyOf(work))
    for (const report of reportsOf(work, happening)) this.tell(work, report)
    const ending = endings[happening]
    if (ending) this.end(work, endingOf(work, ending))
  }

  /** The process is gone, and with it what worked inside. */
  crash(host: Host): void {
    for (const work of this.working.values())
      if (work.inside === host) this.end(work, endingOf(work, "WorkerLost"))
  }
}

/**
 * Makes the world follow the log: for each run that a durable turn has touched, what its intent asks for. The
 * same code serves normal work and recovery.
 *
 * A run in flight has one fiber. It takes the run's permits, has the launcher do the work, tells how it ended, and
 * holds the permits until the end is recorded.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberSet from "effect/FiberSet"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as SchemaJITCompiler from "effect/schema/SchemaJITCompiler"
import type { Assignment, Launcher, Report } from "../launcher/Launcher.ts"
import type { Touched } from "../queue/turn.ts"
import { intent } from "../run/intent.ts"
import type { Outcome } from "../run/Outcome.ts"
import type { Run } from "../run/Run.ts"
import { RunCommand } from "../run/RunCommand.ts"
import type { RunId } from "../run/RunSpec.ts"
import { settings } from "../settings.ts"
import { boundedReport } from "./boundedReport.ts"
import { Permits } from "./Permits.ts"

/** Hands a report to the coordinator. */
type Post = (report: RunCommand) => void

type Progress = Extract<Report, { readonly _tag: "Progress" }>

interface Worker {
  readonly assignment: Assignment
  readonly fibers: { work?: Fiber.Fiber<void>; progress?: Fiber.Fiber<void> }
  /** Whether it was told to stop. */
  stopping: boolean
  /** Whether its end was told or recorded: a launcher that tells it twice or late is heard once. */
  ended: boolean
  /** Whether its start was told. */
  started: boolean
  /** How often in a row it was told that its worker was not found well. */
  misses: number
  /** The newest progress that was not told yet. */
  progress: Progress | undefined
  /** Whether a fiber tells of its progress now. */
  telling: boolean
}

const lostBy = (cause: Cause.Cause<never>): Outcome => ({
  _tag: "WorkerLost",
  message: `its launcher failed: ${Cause.pretty(cause)}`
})

/** Takes in what is told of the worker; answers whether it is news. One missed often enough to be lost has none. */
const takeIn = (
  worker: Worker,
  report: Exclude<Report, { readonly _tag: "Accepted" | "Progress" }>
): boolean => {
  const { started, misses } = worker
  if (report._tag === "Started") {
    worker.started = true
    return !started
  }
  worker.misses = report.healthy ? 0 : misses + 1
  return report.healthy ? misses > 0 : misses < settings.missesMax
}

const unsound: Outcome = {
  _tag: "WorkerLost",
  message: "its launcher told of an end that cannot be recorded"
}

SchemaJITCompiler.enable(RunCommand.ast)
const isSound = Schema.is(RunCommand)

export class Workers {
  readonly permits = new Permits()
  /** So many launches go on side by side; one that hangs keeps one permit until time ends it. */
  private readonly launches = Semaphore.makeUnsafe(settings.launchesMax)
  private readonly workers = new Map<RunId, Worker>()
  private readonly fibers: FiberSet.FiberSet<void, never>
  private readonly fork: (effect: Effect.Effect<void>) => Fiber.Fiber<void>
  private readonly launcher: Launcher["Service"]
  private readonly post: Post

  private constructor(
    fibers: FiberSet.FiberSet<void, never>,
    fork: (effect: Effect.Effect<void>) => Fiber.Fiber<void>,
    launcher: Launcher["Service"],
    post: Post
  ) {
    this.fibers = fibers
    this.fork = fork
    this.launcher = launcher
    this.post = post
  }

  /** Workers whose fibers end with the scope; the work itself goes on. */
  static make(launcher: Launcher["Service"], post: Post): Effect.Effect<Workers, never, Scope.Scope> {
    return Effect.gen(function* () {
      const fibers = yield* FiberSet.make<void, never>()
      const fork = yield* FiberSet.runtime(fibers)()
      return new Workers(fibers, fork, launcher, post)
    })
  }

  /** Never ends, unless one of the fibers dies of a broken promise. */
  get broken(): Effect.Effect<void> {
    return FiberSet.join(this.fibers)
  }

  /** Lets go of the runs that are over; before others begin, so that their permits are back. */
  readonly end = Effect.fnUntraced(
    { self: this },
    function* (this: Workers, touched: ReadonlyArray<Touched>) {
      const over: Array<Worker> = []
      for (const { run } of touched) {
        const worker = this.workers.get(run.id)
        const wanted = intent(run.state)
        const goesOn = (wanted === "Work" || wanted === "Stop") && worker?.assignment.attempt === run.attempt
        if (!worker || goesOn) continue
        this.workers.delete(run.id)
        worker.ended = true
        over.push(worker)
      }
      // What stops it goes on: a run that time has ended may have a worker that is not gone yet.
      yield* Fiber.interruptAll(over.flatMap(({ fibers }) => Object.values(fibers)))
      for (const { assignment } of over) this.forget(assignment)
    }
  )

  /** A launcher that fails in this keeps what it need not: no reason to stop all that runs. */
  private forget(assignment: Assignment): void {
    try {
      this.launcher.forget(assignment)
    } catch {}
  }

  /**
   * Starts the runs that are to work, stops those that are to stop. `fresh` are those whose attempt has just begun, and
   * whether there was room for it.
   */
  begin(touched: ReadonlyArray<Touched>, fresh: ReadonlyMap<RunId, boolean>): void {
    for (const { run, slots } of touched) {
      const wanted = intent(run.state)
      if (wanted !== "Work" && wanted !== "Stop") continue
      const worker = this.workers.get(run.id) ?? this.assign(run, !fresh.has(run.id))
      if (!this.workers.has(run.id)) {
        this.workers.set(run.id, worker)
        // Who has found no room holds its slots from before, whatever the rules are now.
        const hasRoom = fresh.get(run.id) === true
        const work = Effect.andThen(wanted === "Work" ? this.launch(worker) : Effect.void, Effect.never)
        const { permits } = this
        worker.fibers.work = this.fork(
          hasRoom ? permits.take(run.id, slots, work) : permits.keep(run.id, slots, work)
        )
      }
      if (wanted === "Stop" && !worker.stopping) {
        worker.stopping = true
        this.fork(this.stop(worker))
      }
    }
  }

  private assign({ id, attempt, spec, launcher, worker, misses = 0 }: Run, recovered: boolean): Worker {
    const known = { ...(launcher !== undefined && { launcher }), ...(worker !== undefined && { worker }) }
    const assignment = { run: id, attempt, spec, recovered, ...known }
    const nothingYet = { stopping: false, ended: false, started: false, misses, telling: false }
    return { assignment, fibers: {}, progress: undefined, ...nothingYet }
  }

  private launch(worker: Worker): Effect.Effect<void> {
    const tell = (report: Report): void => this.tell(worker, report)
    const launch = (started: () => void) =>
      this.launcher.launch(worker.assignment, (report) => {
        started()
        tell(report)
      })
    // What may run already is attached to, not launched.
    const { recovered } = worker.assignment
    return this.tellEnd(worker, recovered ? Effect.suspend(() => launch(() => {})) : this.launching(launch))
  }

  /** Hands a report on, unless it says what is known or comes after the end. */
  private tell(worker: Worker, report: Report): void {
    if (worker.ended || report._tag === "Accepted") return
    if (report._tag === "Progress") this.tellProgress(worker, report)
    else if (takeIn(worker, report)) {
      const { run, attempt } = worker.assignment
      const { _tag, ...told } = report
      this.report({ _tag: `Report${_tag}`, run, attempt, ...told } as RunCommand)
    }
  }

  /** Holds a launch permit until the worker has said a word, or has ended. */
  private launching(launch: (started: () => void) => Effect.Effect<Outcome>): Effect.Effect<Outcome> {
    const { launches } = this
    let held = true
    const give = () => {
      if (held) Effect.runSync(Semaphore.release(launches, 1))
      held = false
    }
    return Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(restore(Semaphore.take(launches, 1)), () =>
        Effect.ensuring(restore(Effect.suspend(() => launch(give))), Effect.sync(give))
      )
    )
  }

  private stop(worker: Worker): Effect.Effect<void> {
    return this.tellEnd(
      worker,
      Effect.suspend(() => this.launcher.stop(worker.assignment))
    )
  }

  private tellEnd(worker: Worker, work: Effect.Effect<Outcome>): Effect.Effect<void> {
    const { run, attempt } = worker.assignment
    const outcome = Effect.catchCause(work, (cause) => Effect.succeed(lostBy(cause)))
    return Effect.map(outcome, (end) => {
      if (worker.ended) return
      worker.ended = true
      this.postProgress(worker)
      const ended = { _tag: "ReportEnded", run, attempt } as const
      if (!this.report({ ...ended, outcome: end })) this.report({ ...ended, outcome: unsound })
    })
  }

  /** Tells the newest progress, but not more often than the log should bear. */
  private tellProgress(worker: Worker, progress: Progress): void {
    if (worker.ended) return
    worker.progress = progress
    if (worker.telling) return
    worker.telling = true
    const tellAndRest = Effect.andThen(
      Effect.sync(() => this.postProgress(worker)),
      Effect.sleep(settings.progressIntervalMs)
    )
    const untilQuiet = Effect.repeat(tellAndRest, { while: () => worker.progress !== undefined })
    const done = Effect.sync(() => {
      worker.telling = false
    })
    worker.fibers.progress = this.fork(Effect.andThen(untilQuiet, done))
  }

  private postProgress(worker: Worker): void {
    const { run, attempt } = worker.assignment
    if (!worker.progress) return
    const { _tag, ...told } = worker.progress
    worker.progress = undefined
    this.report({ _tag: "ReportProgress", run, attempt, ...told })
  }

  /** Hands on what can be read again; jobs and launchers are others' code, and the log is for ever. */
  private report(report: RunCommand): boolean {
    const sound = isSound(report)
    if (sound) this.post(boundedReport(report))
    return sound
  }
}

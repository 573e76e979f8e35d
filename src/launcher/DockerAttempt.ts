/**
 * One attempt as a container. The container bears the name that `tokenOf` gives the attempt, and the name is the claim: an
 * engine gives a name once, so that an attempt has one container however often it is asked for.
 *
 * A container is made, and then started by its id. One that was made and does not run may be another's who is about to
 * start it: it is removed and made anew, for under its old id nobody can start it any more. What was stopped before it
 * started is kept from it by a container that has its name and never runs.
 */
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import type { Outcome } from "../run/Outcome.ts"
import { settings } from "../settings.ts"
import { makeFolder } from "./Artifacts.ts"
import type { AskError } from "./askHttp.ts"
import { containerOf, imageOf, imageTag, isStopMark, labelsOf, stopMarkOf } from "./containerOf.ts"
import type { Container, DockerEngine } from "./DockerEngine.ts"
import type { DockerOptions } from "./DockerOptions.ts"
import { exitOutcome } from "./exitOutcome.ts"
import type { Assignment, Tell } from "./Launcher.ts"
import { neverStarted, notStarted, RemoteAttempt, refused } from "./RemoteAttempt.ts"
import { saveOutput } from "./saveOutput.ts"
import { hasStarted, isOver, reasonOf, sightOf } from "./sightOf.ts"
import { tokenOf } from "./tokenOf.ts"
import { type Sight, watch } from "./watch.ts"

const lost: Outcome = {
  _tag: "WorkerLost",
  message: "its container is not there any more, and left no word of its end"
}

/** An attempt at a container, until it is forgotten. */
export class DockerAttempt extends RemoteAttempt {
  private readonly engine: DockerEngine
  private readonly artifacts: string
  private readonly options: DockerOptions
  private readonly name: string
  /** Held by who fetches what it has printed. */
  private readonly finishing = Semaphore.makeUnsafe(1)

  constructor(assignment: Assignment, engine: DockerEngine, artifacts: string, options: DockerOptions) {
    super(assignment)
    this.engine = engine
    this.artifacts = artifacts
    this.options = options
    this.name = tokenOf({ ...assignment, box: options.box ?? "" })
  }

  /** One try; whether it needs no other. */
  protected tryToPlace(): Effect.Effect<boolean, AskError> {
    return Effect.gen({ self: this }, function* () {
      if (this.isStopped) return true
      const found = yield* this.found
      if (found) {
        if (isStopMark(found)) this.settle(neverStarted)
        if (isStopMark(found) || hasStarted(found)) return true
        yield* this.unmake(found)
        return false
      }
      // What was begun is looked for some more times, then it is lost. One that is not ours has been told.
      if (this.wasBegun || this.isOver) return true
      const image = imageOf(this.assignment, this.options)
      if (image === undefined) {
        this.settle(
          refused(`the run names no image: it needs the tag ${imageTag}, or its launcher an \`image\``)
        )
        return true
      }
      const made = yield* Effect.result(this.create(image))
      if (made._tag === "Success") return made.success !== undefined && (yield* this.start(made.success))
      if (made.failure._tag === "Unreachable") return yield* Effect.fail(made.failure)
      this.settle(notStarted(made.failure))
      return true
    })
  }

  /** The container of this attempt; one of its name that is not ours is the end of it. */
  private get found(): Effect.Effect<Container | undefined, AskError> {
    return Effect.map(this.engine.inspect(this.name), (found) => {
      const labels = Object.entries(labelsOf(this.assignment, this.options.box))
      if (!found || labels.every(([key, value]) => found.Config.Labels?.[key] === value)) return found
      this.settle(
        refused(`there is a container ${this.name} that is not of this attempt: remove or rename it`)
      )
      return undefined
    })
  }

  /** Removes a container that does not run. One that does is left; a look will show it. */
  private removeIdle(id: string): Effect.Effect<void, AskError> {
    return Effect.catchTag(this.engine.remove(id), "Refused", (error) =>
      error.status === 404 || error.status === 409 ? Effect.void : Effect.fail(error)
    )
  }

  /** Removes what was not started: then nobody can start it any more. */
  private unmake({ Id }: Container): Effect.Effect<void, AskError> {
    this.wasBegun = false
    return this.removeIdle(Id)
  }

  /** Makes the container; undefined if there is one of its name by now. */
  private create(image: string): Effect.Effect<string | undefined, AskError> {
    const { pull = "missing", registry } = this.options
    const fetch = Effect.suspend(() => {
      this.tellAll({ _tag: "Progress", message: `fetching ${image}` })
      return this.engine.pull(image, registry)
    })
    const create = this.engine.create(this.name, containerOf(this.assignment, image, this.options))
    const taken = Effect.catchTag(create, "Refused", (error) =>
      Effect.flatMap(this.engine.inspect(this.name), (there) =>
        there ? Effect.undefined : Effect.fail(error)
      )
    )
    if (pull === "always") return Effect.andThen(fetch, taken)
    return Effect.catchTag(taken, "Refused", (error) =>
      pull === "missing" && error.status === 404 ? Effect.andThen(fetch, taken) : Effect.fail(error)
    )
  }

  /** Starts what was made, and is not let go of in the middle; false where that is to be looked for. */
  private start(id: string): Effect.Effect<boolean, AskError> {
    return Effect.uninterruptible(
      Effect.suspend(() => {
        if (this.isStopped) return Effect.succeed(true)
        this.wasBegun = true
        return Effect.catchTag(Effect.as(this.engine.start(id), true), "Refused", (error) =>
          Effect.map(this.engine.inspect(id), (there) => {
            if (there && !hasStarted(there)) this.settle(notStarted(error))
            return there !== undefined
          })
        )
      })
    )
  }

  /** Looks until it has ended. */
  protected follow(tell: Tell): Effect.Effect<void> {
    let runs: string | undefined
    let last: Sight = { _tag: "Accepted" }
    const look = () =>
      Effect.gen({ self: this }, function* () {
        // Who stops it sees to its end.
        if (this.isStopped) return last
        const before = runs
        runs = undefined
        // What runs is looked for again when it has ended, or after a while.
        if (before)
          yield* Effect.raceFirst(this.engine.wait(before), Effect.sleep(settings.lookTimeoutMs / 2))
        const found = yield* this.found
        const worker = `container ${this.name}`
        const seen = sightOf(found, worker)
        // What has ended before anybody looked had started, too.
        if (seen._tag === "Ended" && last._tag !== "Running") tell({ _tag: "Started", worker })
        last = seen
        runs = last._tag === "Running" ? found?.Id : undefined
        this.wasBegun ||= runs !== undefined
        return last
      })
    return Effect.flatMap(watch(look, tell, { everyMs: settings.probeIntervalMs }), (outcome) =>
      last._tag === "Ended" ? this.finish() : Effect.sync(() => this.settle(outcome))
    )
  }

  /** Fetches what it has printed, and tells how it has ended. */
  private finish(): Effect.Effect<void> {
    const output = (id: string) =>
      this.engine.logs(id, (answer) => saveOutput(answer, makeFolder(this.artifacts, this.assignment)))
    const told = Effect.gen({ self: this }, function* () {
      if (this.isOver) return
      const found = yield* this.found
      if (!found) return this.settle(lost)
      // An end without what was printed is better than none.
      const tail = yield* Effect.orElseSucceed(output(found.Id), () => "")
      this.settle(exitOutcome(found.State.ExitCode, tail, reasonOf(found)))
    })
    return Semaphore.withPermits(this.finishing, 1)(this.patiently(told))
  }

  protected tryToStop(): Effect.Effect<void, AskError> {
    return Effect.gen({ self: this }, function* () {
      const found = yield* this.found
      if (!found) return this.wasBegun ? this.settle(lost) : yield* this.markAsStopped()
      if (isStopMark(found)) return this.settle(neverStarted)
      if (!hasStarted(found)) return yield* this.unmake(found)
      if (isOver(found)) return yield* this.finish()
      this.wasBegun = true
      const seconds = Math.round((this.options.terminateGraceMs ?? settings.terminateGraceMs) / 1_000)
      yield* this.engine.stop(found.Id, seconds)
    })
  }

  /** Gives its name to a container that never runs. Without its image there can be none, for us or for others. */
  private markAsStopped(): Effect.Effect<void, AskError> {
    const mark = stopMarkOf(this.assignment, imageOf(this.assignment, this.options) ?? "", this.options)
    return Effect.gen({ self: this }, function* () {
      const made = yield* Effect.result(this.engine.create(this.name, mark))
      if (made._tag === "Failure" && made.failure._tag === "Unreachable")
        return yield* Effect.fail(made.failure)
      // One that somebody else made meanwhile is stopped in its turn.
      if (made._tag === "Success" || !(yield* this.found)) this.settle(neverStarted)
    })
  }

  /** Removes the container, if it is not to stay. */
  protected remove(outcome: Outcome): Effect.Effect<void, AskError> {
    if (this.stays(outcome, this.options.keep)) return Effect.void
    return Effect.flatMap(this.found, (found) => (found ? this.removeIdle(found.Id) : Effect.void))
  }
}

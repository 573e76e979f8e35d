/**
 * One attempt as a job of a cluster. The job bears the name that `tokenOf` gives the attempt, and the name is the claim.
 *
 * To stop an attempt its job is suspended, not removed: then its pod is ended, and as long as the job is there, none of
 * its name can be made that would start one. What was stopped before it started is kept from it by a job that was
 * suspended from the beginning. Whether a job was made of which nobody was told is asked until that is known.
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import type { Outcome } from "../run/Outcome.ts"
import { settings } from "../settings.ts"
import { makeFolder } from "./Artifacts.ts"
import type { AskError } from "./askHttp.ts"
import type { ClusterApi, Thing } from "./ClusterApi.ts"
import { endOf } from "./exitOutcome.ts"
import { configOf, jobLabels, jobOf, podImageOf, podImageTag, stoppedLabel, tokenLabel } from "./jobOf.ts"
import type { KubernetesOptions } from "./KubernetesOptions.ts"
import type { Assignment, Tell } from "./Launcher.ts"
import type { Mirror } from "./Mirror.ts"
import { endOfJob, endOfPod, hasBegun, isSuspended, whyNotStarted, workContainer } from "./podState.ts"
import { neverStarted, notStarted, RemoteAttempt, refused } from "./RemoteAttempt.ts"
import { tokenOf } from "./tokenOf.ts"
import { type Sight, watch } from "./watch.ts"

/** A namespace of a cluster: what is asked of it, and what is known of it. */
interface Cluster {
  readonly api: ClusterApi
  readonly jobs: Mirror
  readonly pods: Mirror
}

const lost: Outcome = {
  _tag: "WorkerLost",
  message: "its job is not there any more, and left no word of its end"
}
const stopped: Outcome = { _tag: "Terminated", message: "stopped" }

const tokenOfThing = ({ metadata }: Thing) => metadata.labels?.[tokenLabel]

/** An attempt at a job, until it is forgotten. */
export class KubernetesAttempt extends RemoteAttempt {
  private readonly cluster: Cluster
  private readonly artifacts: string
  private readonly options: KubernetesOptions
  private readonly name: string
  /** Held by who fetches what it has printed. */
  private readonly finishing = Semaphore.makeUnsafe(1)
  private hasRun = false

  constructor(assignment: Assignment, cluster: Cluster, artifacts: string, options: KubernetesOptions) {
    super(assignment)
    this.cluster = cluster
    this.artifacts = artifacts
    this.options = options
    this.name = tokenOf({ ...assignment, box: options.box ?? "" })
    this.hasRun = this.wasBegun
  }

  protected tryToPlace(): Effect.Effect<boolean, AskError> {
    return Effect.gen({ self: this }, function* () {
      if (this.isStopped) return true
      const found = yield* this.found
      if (found) this.wasBegun = true
      if (found?.metadata.labels?.[stoppedLabel] === "true") this.settle(this.hasRun ? stopped : neverStarted)
      if (this.wasBegun || this.isOver) return true
      const job = this.described()
      if (typeof job === "string") {
        this.settle(refused(job))
        return true
      }
      const made = yield* Effect.result(this.create(job))
      if (made._tag === "Success") return made.success
      // Where it may be made all the same, it is looked for, and made if it is not.
      if (made.failure._tag === "Unreachable") {
        this.mayRun ||= !made.failure.unheard
        return yield* Effect.fail(made.failure)
      }
      this.settle(notStarted(made.failure))
      return true
    })
  }

  /** Its job as the cluster wants it, or why there can be none. */
  private described(isStopped = false) {
    const image = podImageOf(this.assignment, this.options)
    const config = configOf(this.assignment.spec)
    if (typeof config === "string") return config
    if (image === undefined)
      return `the run names no image: it needs the tag ${podImageTag}, or its launcher an \`image\``
    return jobOf(this.assignment, { token: this.name, image, config, isStopped }, this.options)
  }

  /** Makes the job; false if there is one of its name. */
  private create(job: unknown): Effect.Effect<boolean, AskError> {
    const made = Effect.as(this.cluster.api.createJob(job), true)
    return Effect.catchTag(made, "Refused", (error) =>
      error.status === 409 ? Effect.succeed(false) : Effect.fail(error)
    )
  }

  /** The job of this attempt; one of its name that is not ours is the end of it. */
  private get found(): Effect.Effect<Thing | undefined, AskError> {
    return Effect.map(this.cluster.api.job(this.name), (found) => {
      const labels = Object.entries(jobLabels(this.assignment, this.name, this.options.box))
      if (!found || labels.every(([key, value]) => found.metadata.labels?.[key] === value)) return found
      this.settle(refused(`there is a job ${this.name} that is not of this attempt: remove or rename it`))
      return undefined
    })
  }

  protected follow(tell: Tell): Effect.Effect<void> {
    const { jobs, pods } = this.cluster
    let last: Sight = { _tag: "Accepted" }
    let ended: Thing | undefined
    let why: string | undefined
    let seenOf: readonly [number, number] | undefined
    const sightOf = (job: Thing | undefined, pod: Thing | undefined): Sight => {
      const end = pod ? endOfPod(pod) : job && endOfJob(job)
      if (end) return { _tag: "Ended", outcome: end }
      if (pod && hasBegun(pod)) return { _tag: "Running", worker: `pod ${pod.metadata.name}` }
      return job || pod ? { _tag: "Accepted" } : { _tag: "Absent" }
    }
    const look = () =>
      Effect.gen({ self: this }, function* () {
        // What is there is looked at again when it has changed, or after a while.
        if (seenOf && last._tag !== "Absent") yield* this.changedSince(...seenOf)
        seenOf = [jobs.changes, pods.changes]
        const job =
          (yield* jobs.all).find(({ metadata }) => metadata.name === this.name) ?? (yield* this.found)
        const pod = this.podIn(yield* pods.all)
        const seen = sightOf(job, pod)
        // Who stops it sees to its end, but for what its pod has to say.
        if (this.isStopped && !(seen._tag === "Ended" && pod)) return last
        // What has ended before anybody looked had started, too.
        if (seen._tag === "Ended" && last._tag !== "Running" && pod && hasBegun(pod))
          tell({ _tag: "Started", worker: `pod ${pod.metadata.name}` })
        last = seen
        ended = pod
        const reason = pod && seen._tag === "Accepted" ? whyNotStarted(pod) : undefined
        if (reason !== undefined && reason !== why) tell({ _tag: "Progress", message: reason })
        why = reason
        return seen
      })
    const watching = watch(look, tell, { everyMs: settings.probeIntervalMs })
    const followed = Effect.flatMap(watching, (outcome) =>
      last._tag === "Ended" && ended ? this.finish(ended) : Effect.sync(() => this.settle(outcome))
    )
    return jobs.during(pods.during(followed))
  }

  private changedSince(jobs: number, pods: number): Effect.Effect<void> {
    const changed = Effect.raceFirst(
      this.cluster.jobs.changedSince(jobs),
      this.cluster.pods.changedSince(pods)
    )
    return Effect.raceFirst(changed, Effect.sleep(settings.lookTimeoutMs / 2))
  }

  /** The pod that has done most. */
  private podIn(pods: ReadonlyArray<Thing>): Thing | undefined {
    const own = pods.filter((pod) => tokenOfThing(pod) === this.name)
    const pod = own.find((one) => endOfPod(one)) ?? own.find(hasBegun) ?? own.at(-1)
    this.hasRun ||= pod !== undefined && hasBegun(pod)
    return pod
  }

  /** Fetches what a pod has printed, and tells how it has ended. */
  private finish(pod: Thing): Effect.Effect<void> {
    const { api } = this.cluster
    const { name } = pod.metadata
    const fetched = Effect.gen({ self: this }, function* () {
      if (this.isOver) return
      const limitBytes = String(settings.runLogBytesMax)
      const text = yield* api.output(name, workContainer, { limitBytes })
      yield* Effect.sync(() =>
        writeFileSync(join(makeFolder(this.artifacts, this.assignment), "stdout"), text)
      )
      const lines = Buffer.from(yield* api.output(name, workContainer, { tailLines: "100" }))
      const tail = endOf(lines.subarray(-settings.outputTailBytes), lines.length > settings.outputTailBytes)
      this.settle(endOfPod(pod, tail) ?? lost)
    })
    // An end without what was printed is better than none.
    const told = Effect.catchCause(fetched, () => Effect.sync(() => this.settle(endOfPod(pod) ?? lost)))
    return Semaphore.withPermits(this.finishing, 1)(told)
  }

  protected tryToStop(): Effect.Effect<void, AskError> {
    const { api } = this.cluster
    return Effect.gen({ self: this }, function* () {
      const job = yield* this.found
      if (this.isOver) return
      if (!job) return this.wasBegun ? this.settle(lost) : yield* this.markAsStopped()
      this.wasBegun = true
      if (job.metadata.labels?.[stoppedLabel] !== "true") {
        const mark = { metadata: { labels: { [stoppedLabel]: "true" } }, spec: { suspend: true } }
        return yield* api.patchJob(this.name, mark)
      }
      const { items } = yield* api.list("pods", `${tokenLabel}=${this.name}`)
      const pod = this.podIn(items)
      if (pod && endOfPod(pod)) return yield* this.finish(pod)
      const end = endOfJob(job)
      if (!pod && end) return this.settle(end)
      if (!pod && isSuspended(job)) return this.settle(this.hasRun ? stopped : neverStarted)
      yield* Effect.sleep(settings.probeIntervalMs)
    })
  }

  /** Gives its name to a job that never has a pod. */
  private markAsStopped(): Effect.Effect<void, AskError> {
    return Effect.suspend(() => {
      const job = this.described(true)
      // What can have no job is started by nobody.
      if (typeof job === "string") return Effect.sync(() => this.settle(neverStarted))
      return Effect.map(this.create(job), (made) => {
        if (made) this.settle(neverStarted)
      })
    })
  }

  protected remove(outcome: Outcome): Effect.Effect<void, AskError> {
    if (this.stays(outcome, this.options.keep)) return Effect.void
    return Effect.flatMap(this.found, (found) =>
      found ? this.cluster.api.removeJob(this.name) : Effect.void
    )
  }
}

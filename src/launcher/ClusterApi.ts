/**
 * What is asked of a Kubernetes cluster, by its API over HTTP. Where it is and who asks, the cluster's own client knows,
 * which reads kubeconfigs, service accounts and what clouds have for them.
 */
import type { IncomingMessage, RequestOptions } from "node:http"
import { createInterface } from "node:readline"
import type { KubeConfig } from "@kubernetes/client-node"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { settings } from "../settings.ts"
import {
  type AskError,
  askHttp,
  askJson,
  parsed,
  type Question,
  refusal,
  textOf,
  unlessThere
} from "./askHttp.ts"

const Condition = Schema.Struct({
  type: Schema.String,
  status: Schema.String,
  reason: Schema.optionalKey(Schema.String),
  message: Schema.optionalKey(Schema.String)
})

const ContainerStatus = Schema.Struct({
  name: Schema.String,
  state: Schema.optionalKey(
    Schema.Struct({
      waiting: Schema.optionalKey(
        Schema.Struct({
          reason: Schema.optionalKey(Schema.String),
          message: Schema.optionalKey(Schema.String)
        })
      ),
      running: Schema.optionalKey(Schema.Unknown),
      terminated: Schema.optionalKey(
        Schema.Struct({ exitCode: Schema.Int, reason: Schema.optionalKey(Schema.String) })
      )
    })
  )
})

/** A job or a pod, as far as it is of interest. */
const Thing = Schema.Struct({
  metadata: Schema.Struct({
    name: Schema.NonEmptyString,
    resourceVersion: Schema.NonEmptyString,
    labels: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
    annotations: Schema.optionalKey(Schema.Record(Schema.String, Schema.String))
  }),
  status: Schema.optionalKey(
    Schema.Struct({
      phase: Schema.optionalKey(Schema.String),
      reason: Schema.optionalKey(Schema.String),
      message: Schema.optionalKey(Schema.String),
      conditions: Schema.optionalKey(Schema.Array(Condition)),
      containerStatuses: Schema.optionalKey(Schema.Array(ContainerStatus))
    })
  )
})
export type Thing = typeof Thing.Type

const Listed = Schema.Struct({
  metadata: Schema.Struct({ resourceVersion: Schema.String }),
  items: Schema.Array(Thing)
})

const Seen = Schema.Struct({ type: Schema.Literals(["ADDED", "MODIFIED", "DELETED"]), object: Thing })
const Bookmark = Schema.Struct({
  type: Schema.Literal("BOOKMARK"),
  object: Schema.Struct({ metadata: Schema.Struct({ resourceVersion: Schema.NonEmptyString }) })
})
const Failed = Schema.Struct({
  type: Schema.Literal("ERROR"),
  object: Schema.Struct({ code: Schema.Int, message: Schema.optionalKey(Schema.String) })
})
const WatchEvent = Schema.Union([Seen, Bookmark, Failed])
const decodeEvent = Schema.decodeUnknownSync(WatchEvent)

/** What a watch shows. */
type Shown = typeof Seen.Type | typeof Bookmark.Type

/** Kinds of things that are looked at. */
export type Kind = "jobs" | "pods"

type ClusterQuestion = Pick<Question, "method" | "path"> & Partial<Question>

/** A namespace of a cluster, ready to be asked. */
export class ClusterApi {
  private readonly config: KubeConfig
  private readonly namespace: string

  constructor(config: KubeConfig, namespace: string) {
    this.config = config
    this.namespace = namespace
  }

  private pathOf(kind: Kind, name?: string): string {
    const group = kind === "jobs" ? "/apis/batch/v1" : "/api/v1"
    const path = `${group}/namespaces/${encodeURIComponent(this.namespace)}/${kind}`
    return name === undefined ? path : `${path}/${name}`
  }

  /** Who asks is found out each time: a token may be good for an hour only. */
  private asked(question: ClusterQuestion): Effect.Effect<Question, AskError> {
    return Effect.tryPromise({
      try: async () => {
        const { origin, hostname, port, protocol, pathname } = new URL(
          this.config.getCurrentCluster()?.server ?? ""
        )
        const known: RequestOptions = { hostname: hostname.replace(/^\[|\]$/g, ""), port, protocol }
        await this.config.applyToHTTPSOptions(known)
        const path = pathname.replace(/\/$/, "") + question.path
        return {
          whom: `the cluster at ${origin}`,
          answerMs: settings.lookTimeoutMs,
          ...question,
          connection: known,
          path
        }
      },
      catch: (error) =>
        refusal(500, `the cluster's credentials: ${error instanceof Error ? error.message : error}`)
    })
  }

  private ask<A>(
    question: ClusterQuestion,
    read: (answer: IncomingMessage) => Promise<A>
  ): Effect.Effect<A, AskError> {
    return Effect.flatMap(this.asked(question), (asked) => askHttp(asked, read))
  }

  /** The job of this name; undefined if there is none. */
  job(name: string): Effect.Effect<Thing | undefined, AskError> {
    const asked = this.asked({ method: "GET", path: this.pathOf("jobs", name) })
    return unlessThere(Effect.flatMap(asked, (question) => askJson(question, Thing)))
  }

  createJob(job: unknown): Effect.Effect<void, AskError> {
    return Effect.asVoid(this.ask({ method: "POST", path: this.pathOf("jobs"), body: job }, textOf))
  }

  /** Changes fields of a job. */
  patchJob(name: string, body: unknown): Effect.Effect<void, AskError> {
    const headers = { "content-type": "application/merge-patch+json" }
    return Effect.asVoid(
      this.ask({ method: "PATCH", path: this.pathOf("jobs", name), body, headers }, textOf)
    )
  }

  /** Removes a job, and then its pods. */
  removeJob(name: string): Effect.Effect<void, AskError> {
    const query = { propagationPolicy: "Background" }
    return Effect.asVoid(
      unlessThere(this.ask({ method: "DELETE", path: this.pathOf("jobs", name), query }, textOf))
    )
  }

  /** All of a kind with these labels, and as of when. */
  list(kind: Kind, labelSelector: string): Effect.Effect<typeof Listed.Type, AskError> {
    const asked = this.asked({ method: "GET", path: this.pathOf(kind), query: { labelSelector } })
    return Effect.flatMap(asked, (question) => askJson(question, Listed))
  }

  /** Shows what changes from then on, until the cluster has enough of it or fails. */
  watch(
    kind: Kind,
    labelSelector: string,
    resourceVersion: string,
    show: (shown: Shown) => void,
    opened: () => void
  ): Effect.Effect<void, AskError> {
    const timeoutSeconds = String(Math.round(settings.clusterWatchMs / 1_000))
    const query = {
      labelSelector,
      resourceVersion,
      watch: "true",
      allowWatchBookmarks: "true",
      timeoutSeconds
    }
    // One whose connection is dead without a word is not waited for.
    const answerMs = settings.clusterWatchMs + settings.lookTimeoutMs
    const read = async (answer: IncomingMessage) => {
      opened()
      for await (const line of createInterface({ input: answer, crlfDelay: Infinity })) {
        const event = decodeEvent(parsed(line))
        if (event.type === "ERROR") return event.object
        show(event)
      }
      return undefined
    }
    return Effect.flatMap(
      this.ask({ method: "GET", path: this.pathOf(kind), query, answerMs }, read),
      (failed) =>
        failed ? Effect.fail(refusal(failed.code, failed.message ?? "the watch has failed")) : Effect.void
    )
  }

  /** What a container of a pod has printed: the beginning up to a bound, or the last lines. */
  output(
    pod: string,
    container: string,
    part: Readonly<Record<string, string>>
  ): Effect.Effect<string, AskError> {
    const path = `${this.pathOf("pods", pod)}/log`
    const answerMs = settings.containerOutputMs
    return this.ask({ method: "GET", path, query: { container, ...part }, answerMs }, textOf)
  }
}

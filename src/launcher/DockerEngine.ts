/**
 * What is asked of a container engine, by Docker's Engine API over HTTP: Docker has it, and so has Podman. Nine
 * questions by plain HTTP need no client library.
 */
import { readFileSync } from "node:fs"
import type { IncomingMessage, RequestOptions } from "node:http"
import { join } from "node:path"
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

/** Where the engine is. */
interface EngineAddress {
  /** `unix://PATH`, `tcp://HOST:PORT`, `http://…` or `https://…`, as Docker's `DOCKER_HOST`. */
  readonly host: string
  /** The folder with `ca.pem`, `cert.pem` and `key.pem`, for an engine behind TLS. */
  readonly certificates?: string | undefined
}

/** A container as its engine shows it; what else it shows is of no interest. */
const Container = Schema.Struct({
  Id: Schema.NonEmptyString,
  State: Schema.Struct({
    Status: Schema.String,
    Running: Schema.Boolean,
    ExitCode: Schema.Int,
    OOMKilled: Schema.optionalKey(Schema.Boolean),
    StartedAt: Schema.String,
    Error: Schema.optionalKey(Schema.String)
  }),
  Config: Schema.Struct({ Labels: Schema.NullOr(Schema.Record(Schema.String, Schema.String)) })
})
export type Container = typeof Container.Type

const Created = Schema.Struct({ Id: Schema.NonEmptyString })
const PullLine = Schema.Struct({ error: Schema.NonEmptyString })

type EngineQuestion = Pick<Question, "method" | "path" | "query" | "body" | "headers"> & Partial<Question>

const connectionOf = ({ host, certificates }: EngineAddress): RequestOptions => {
  const [, scheme = "", rest = ""] = /^(unix|tcp|http|https):\/\/(.+)$/.exec(host) ?? []
  if (scheme === "unix") return { socketPath: rest }
  const url = URL.parse(`${scheme === "https" ? scheme : "http"}://${rest}`)
  if (scheme === "" || url === null)
    throw new Error(`a container engine at ${host}: allowed are unix://PATH, tcp://HOST:PORT, http and https`)
  const file = (name: string) => readFileSync(join(certificates ?? "", name))
  const isSecure = scheme === "https" || certificates !== undefined
  return {
    hostname: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port || (isSecure ? 2376 : 2375),
    protocol: isSecure ? "https:" : "http:",
    ...(certificates !== undefined && { ca: file("ca.pem"), cert: file("cert.pem"), key: file("key.pem") })
  }
}

/** As Docker wants it: Node leaves out the padding. */
const urlSafe = (text: string): string =>
  Buffer.from(text).toString("base64").replaceAll("+", "-").replaceAll("/", "_")

const isPullLine = Schema.is(PullLine)

/** An engine, ready to be asked. Throws where its address makes no sense. */
export class DockerEngine {
  private readonly connection: RequestOptions

  constructor(address: EngineAddress) {
    this.connection = connectionOf(address)
  }

  private asked(question: EngineQuestion): Question {
    const usual = {
      connection: this.connection,
      whom: "the container engine",
      answerMs: settings.lookTimeoutMs
    }
    return { ...usual, ...question }
  }

  private do(question: EngineQuestion): Effect.Effect<void, AskError> {
    return Effect.asVoid(askHttp(this.asked(question), textOf))
  }

  /** The container of this name or id; undefined if there is none. */
  inspect(name: string): Effect.Effect<Container | undefined, AskError> {
    const question = { method: "GET", path: `/containers/${name}/json` } as const
    return unlessThere(askJson(this.asked(question), Container))
  }

  /** Makes a container that does not run yet; answers its id. */
  create(name: string, container: unknown): Effect.Effect<string, AskError> {
    const question = { method: "POST", path: "/containers/create", query: { name }, body: container } as const
    return Effect.map(askJson(this.asked(question), Created), ({ Id }) => Id)
  }

  start(id: string): Effect.Effect<void, AskError> {
    return this.do({ method: "POST", path: `/containers/${id}/start` })
  }

  /** Answers when it has ended. */
  wait(id: string): Effect.Effect<void, AskError> {
    const query = { condition: "not-running" }
    const question = { method: "POST", path: `/containers/${id}/wait`, query, answerMs: Infinity } as const
    return this.do(question)
  }

  /** Asks it to end, and kills it when these seconds are over; answers when it has ended. */
  stop(id: string, seconds: number): Effect.Effect<void, AskError> {
    const query = { t: String(seconds) }
    const answerMs = seconds * 1_000 + settings.lookTimeoutMs
    return this.do({ method: "POST", path: `/containers/${id}/stop`, query, answerMs })
  }

  /** Removes what does not run; refused for what does. */
  remove(id: string): Effect.Effect<void, AskError> {
    const query = { v: "true" }
    return this.do({ method: "DELETE", path: `/containers/${id}`, query })
  }

  /** All that it has printed, in frames, to be read by `read`. */
  logs<A>(id: string, read: (answer: IncomingMessage) => Promise<A>): Effect.Effect<A, AskError> {
    const query = { stdout: "true", stderr: "true" }
    const answerMs = settings.containerOutputMs
    return askHttp(this.asked({ method: "GET", path: `/containers/${id}/logs`, query, answerMs }), read)
  }

  /** Fetches an image. What goes wrong after the engine has begun is in the last lines of its answer. */
  pull(image: string, access?: object): Effect.Effect<void, AskError> {
    const headers: Record<string, string> = access
      ? { "x-registry-auth": urlSafe(JSON.stringify(access)) }
      : {}
    const question = {
      method: "POST",
      path: "/images/create",
      query: { fromImage: image },
      headers,
      answerMs: Infinity
    } as const
    return Effect.flatMap(askHttp(this.asked(question), textOf), (text) => {
      const failed = text.split("\n").map(parsed).find(isPullLine)
      return failed ? Effect.fail(refusal(500, failed.error)) : Effect.void
    })
  }
}

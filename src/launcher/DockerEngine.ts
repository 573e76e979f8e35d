/**
 * What is asked of a container engine, by Docker's Engine API over HTTP: Docker has it, and so has Podman. Nine
 * questions by plain HTTP need no client library.
 */
import { readFileSync } from "node:fs"
import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http"
import { request as httpsRequest } from "node:https"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Outcome } from "../run/Outcome.ts"
import { settings } from "../settings.ts"

/** Nobody answered, or the answer was not understood: what was asked for may be done or not. */
class EngineUnreachable extends Schema.TaggedError<EngineUnreachable>()("EngineUnreachable", {
  message: Schema.String
}) {}

/** The engine has answered that it does not do it. */
class EngineRefused extends Schema.TaggedError<EngineRefused>()("EngineRefused", {
  status: Schema.Int,
  message: Schema.String
}) {}

/** How a question to the engine can go wrong. */
export type EngineError = EngineUnreachable | EngineRefused

/** How an attempt ends whose container was not started. A request that makes no sense will make none later; what the engine itself has trouble with may be over then. */
export const notStarted = (error: EngineError): Outcome => {
  const isFinal = error._tag === "EngineRefused" && error.status < 500
  return { _tag: isFinal ? "LaunchRefused" : "LaunchUnreachable", message: error.message }
}

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
const Said = Schema.Struct({ message: Schema.NonEmptyString })
const PullLine = Schema.Struct({ error: Schema.NonEmptyString })

interface Question {
  readonly method: "GET" | "POST" | "DELETE"
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** How long the answer may take, in milliseconds. */
  readonly answerMs?: number
}

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

const textOf = async (answer: IncomingMessage): Promise<string> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of answer) chunks.push(chunk)
  return Buffer.concat(chunks).toString("utf8")
}

const unreachable = (error: unknown): EngineUnreachable => {
  const [message, code] = error instanceof Error ? [error.message, "code" in error && error.code] : [error]
  return new EngineUnreachable({ message: `the container engine does not answer: ${message || code}` })
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** As Docker wants it: Node leaves out the padding. */
const urlSafe = (text: string): string =>
  Buffer.from(text).toString("base64").replaceAll("+", "-").replaceAll("/", "_")

const isSaid = Schema.is(Said)
const isPullLine = Schema.is(PullLine)

/** An engine, ready to be asked. Throws where its address makes no sense. */
export class DockerEngine {
  private readonly connection: RequestOptions

  constructor(address: EngineAddress) {
    this.connection = connectionOf(address)
  }

  /** Asks, and hands the answer to who reads it; both end when nobody waits for them any more. */
  private ask<A>(
    question: Question,
    read: (answer: IncomingMessage) => Promise<A>
  ): Effect.Effect<A, EngineError> {
    const { method, path, query = {}, body, headers, answerMs = settings.lookTimeoutMs } = question
    const search = new URLSearchParams(query).toString()
    const json = body === undefined ? "" : JSON.stringify(body)
    const options: RequestOptions = {
      ...this.connection,
      agent: false,
      method,
      path: search === "" ? path : `${path}?${search}`,
      headers: {
        host: this.connection.hostname ?? "engine",
        "content-length": Buffer.byteLength(json),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers
      }
    }
    const asked = Effect.callback<A, EngineError>((resume) => {
      const send = this.connection.protocol === "https:" ? httpsRequest : httpRequest
      const taken = async (answer: IncomingMessage) => {
        const status = answer.statusCode ?? 0
        if (status < 400) return Effect.succeed(await read(answer))
        const text = await textOf(answer)
        const said = parsed(text)
        const message = isSaid(said) ? said.message : text.trim() || `HTTP ${status}`
        return Effect.fail(new EngineRefused({ status, message }))
      }
      const outgoing = send(options, (answer) => {
        taken(answer).then(resume, (error) => resume(Effect.fail(unreachable(error))))
      })
      outgoing.on("error", (error) => resume(Effect.fail(unreachable(error)))).end(json)
      return Effect.sync(() => outgoing.destroy())
    })
    return Effect.flatMap(Effect.timeoutOption(asked, answerMs), (answer) =>
      answer._tag === "Some"
        ? Effect.succeed(answer.value)
        : Effect.fail(unreachable(`${method} ${path} took more than ${answerMs} ms`))
    )
  }

  private answer<A>(question: Question, schema: Schema.Codec<A, unknown>): Effect.Effect<A, EngineError> {
    const decode = Schema.decodeUnknownEffect(schema)
    return Effect.flatMap(this.ask(question, textOf), (text) =>
      Effect.mapError(
        decode(parsed(text)),
        (error) => new EngineUnreachable({ message: `the container engine's answer: ${error.message}` })
      )
    )
  }

  /** The container of this name or id; undefined if there is none. */
  inspect(name: string): Effect.Effect<Container | undefined, EngineError> {
    const found = this.answer({ method: "GET", path: `/containers/${name}/json` }, Container)
    return Effect.catchIf(
      found,
      (error) => error._tag === "EngineRefused" && error.status === 404,
      () => Effect.undefined
    )
  }

  /** Makes a container that does not run yet; answers its id. */
  create(name: string, container: unknown): Effect.Effect<string, EngineError> {
    const question = { method: "POST", path: "/containers/create", query: { name }, body: container } as const
    return Effect.map(this.answer(question, Created), ({ Id }) => Id)
  }

  start(id: string): Effect.Effect<void, EngineError> {
    return Effect.asVoid(this.ask({ method: "POST", path: `/containers/${id}/start` }, textOf))
  }

  /** Answers when it has ended. */
  wait(id: string): Effect.Effect<void, EngineError> {
    const query = { condition: "not-running" }
    const question = { method: "POST", path: `/containers/${id}/wait`, query, answerMs: Infinity } as const
    return Effect.asVoid(this.ask(question, textOf))
  }

  /** Asks it to end, and kills it when these seconds are over; answers when it has ended. */
  stop(id: string, seconds: number): Effect.Effect<void, EngineError> {
    const query = { t: String(seconds) }
    const answerMs = seconds * 1_000 + settings.lookTimeoutMs
    return Effect.asVoid(
      this.ask({ method: "POST", path: `/containers/${id}/stop`, query, answerMs }, textOf)
    )
  }

  /** Removes what does not run; refused for what does. */
  remove(id: string): Effect.Effect<void, EngineError> {
    const query = { v: "true" }
    return Effect.asVoid(this.ask({ method: "DELETE", path: `/containers/${id}`, query }, textOf))
  }

  /** All that it has printed, in frames, to be read by `read`. */
  logs<A>(id: string, read: (answer: IncomingMessage) => Promise<A>): Effect.Effect<A, EngineError> {
    const query = { stdout: "true", stderr: "true" }
    const answerMs = settings.containerOutputMs
    return this.ask({ method: "GET", path: `/containers/${id}/logs`, query, answerMs }, read)
  }

  /** Fetches an image. What goes wrong after the engine has begun is in the last lines of its answer. */
  pull(image: string, access?: object): Effect.Effect<void, EngineError> {
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
    return Effect.flatMap(this.ask(question, textOf), (text) => {
      const failed = text.split("\n").map(parsed).find(isPullLine)
      return failed ? Effect.fail(new EngineRefused({ status: 500, message: failed.error })) : Effect.void
    })
  }
}

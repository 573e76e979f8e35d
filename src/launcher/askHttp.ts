/**
 * One question by HTTP to what runs attempts elsewhere: an engine, a cluster. It makes a difference whether nobody has
 * heard it, nobody knows what became of it, or the answer is no.
 */
import { request as httpRequest, type IncomingMessage, type RequestOptions } from "node:http"
import { request as httpsRequest } from "node:https"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** Nobody answered, or the answer was not understood: what was asked for may be done, unless it was `unheard`. */
class Unreachable extends Schema.TaggedError<Unreachable>()("Unreachable", {
  message: Schema.String,
  unheard: Schema.Boolean
}) {}

/** The answer is that it is not done. */
class Refused extends Schema.TaggedError<Refused>()("Refused", {
  status: Schema.Int,
  message: Schema.String
}) {}

/** How a question can go wrong. */
export type AskError = Unreachable | Refused

/** What is asked, of whom. */
export interface Question {
  readonly connection: RequestOptions
  /** Who is asked, for people. */
  readonly whom: string
  readonly method: "GET" | "POST" | "PATCH" | "DELETE"
  readonly path: string
  readonly query?: Readonly<Record<string, string>> | undefined
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** How long the answer may take, in milliseconds. */
  readonly answerMs: number
}

const Said = Schema.Struct({ message: Schema.NonEmptyString })
const isSaid = Schema.is(Said)

/** The whole of an answer. */
export const textOf = async (answer: IncomingMessage): Promise<string> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of answer) chunks.push(chunk)
  return Buffer.concat(chunks).toString("utf8")
}

/** A text as JSON; undefined if it is none. */
export const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Where a connection was not made, nothing was heard. */
const unheardCodes: ReadonlyArray<unknown> = ["ECONNREFUSED", "ENOENT", "ENOTFOUND", "EAI_AGAIN", "EACCES"]

const unreachable = (whom: string, error: unknown): Unreachable => {
  const code = error instanceof Error && "code" in error ? error.code : undefined
  const message = error instanceof Error ? error.message || code : error
  return new Unreachable({
    message: `${whom} does not answer: ${message}`,
    unheard: unheardCodes.includes(code)
  })
}

const sent = ({ connection, method, path, query = {}, body, headers }: Question) => {
  const search = new URLSearchParams(query).toString()
  const json = body === undefined ? "" : JSON.stringify(body)
  const options: RequestOptions = {
    agent: false,
    ...connection,
    method,
    path: search === "" ? path : `${path}?${search}`,
    headers: {
      host: connection.hostname ?? "engine",
      ...connection.headers,
      "content-length": Buffer.byteLength(json),
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers
    }
  }
  return { options, json }
}

/** Asks, and hands the answer to who reads it; both end when nobody waits for them any more. */
export const askHttp = <A>(
  question: Question,
  read: (answer: IncomingMessage) => Promise<A>
): Effect.Effect<A, AskError> => {
  const { connection, whom, method, path, answerMs } = question
  const { options, json } = sent(question)
  const asked = Effect.callback<A, AskError>((resume) => {
    const send = connection.protocol === "https:" ? httpsRequest : httpRequest
    const taken = async (answer: IncomingMessage) => {
      const status = answer.statusCode ?? 0
      if (status < 400) return Effect.succeed(await read(answer))
      const text = await textOf(answer)
      const said = parsed(text)
      const message = isSaid(said) ? said.message : text.trim() || `HTTP ${status}`
      return Effect.fail(new Refused({ status, message }))
    }
    const outgoing = send(options, (answer) => {
      taken(answer).then(resume, (error) => resume(Effect.fail(unreachable(whom, error))))
    })
    outgoing.on("error", (error) => resume(Effect.fail(unreachable(whom, error)))).end(json)
    return Effect.sync(() => outgoing.destroy())
  })
  return Effect.flatMap(Effect.timeoutOption(asked, answerMs), (answer) =>
    answer._tag === "Some"
      ? Effect.succeed(answer.value)
      : Effect.fail(unreachable(whom, `${method} ${path} took more than ${answerMs} ms`))
  )
}

/** Asks, and reads the answer by a schema. */
export const askJson = <A>(
  question: Question,
  schema: Schema.Codec<A, unknown>
): Effect.Effect<A, AskError> => {
  const decode = Schema.decodeUnknownEffect(schema)
  return Effect.flatMap(askHttp(question, textOf), (text) =>
    Effect.mapError(decode(parsed(text)), (error) =>
      unreachable(question.whom, `its answer: ${error.message}`)
    )
  )
}

/** No failure where there is nothing of that name. */
export const unlessThere = <A>(asked: Effect.Effect<A, AskError>): Effect.Effect<A | undefined, AskError> =>
  Effect.catchTag(asked, "Refused", (error) => (error.status === 404 ? Effect.undefined : Effect.fail(error)))

/** What was asked for in vain, as the answer that it is not done. */
export const refusal = (status: number, message: string): AskError => new Refused({ status, message })

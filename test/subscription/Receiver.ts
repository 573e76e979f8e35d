/**
 * A real server that takes webhooks, and answers each as the test says.
 */
import { once } from "node:events"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"

/** A request as it came. */
export interface Received {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly method: string | undefined
  readonly url: string | undefined
}

export type Answer = (response: ServerResponse, request: IncomingMessage) => void

/** Answers this status, with these headers and this text. */
export const status =
  (code: number, headers: Readonly<Record<string, string>> = {}, text = ""): Answer =>
  (response) =>
    response.writeHead(code, headers).end(text)

/** Takes the request and says nothing. */
export const silence: Answer = () => undefined
/** Hangs up. */
export const hangUp: Answer = (response) => response.socket?.destroy()

const textOf = async (request: IncomingMessage): Promise<string> => {
  const parts: Array<Buffer> = []
  for await (const part of request) parts.push(part)
  return Buffer.concat(parts).toString()
}

/** A server for as long as the scope; it answers as told, one after the other, then 204. */
export const makeReceiver = (
  answers: Array<Answer>
): Effect.Effect<
  { readonly url: string; readonly received: Queue.Dequeue<Received>; readonly aborted: Queue.Dequeue<void> },
  never,
  Scope.Scope
> =>
  Effect.gen(function* () {
    const received = yield* Queue.unbounded<Received>()
    const aborted = yield* Queue.unbounded<void>()
    const server = createServer((request, response) => {
      response.once("close", () => response.writableFinished || Queue.offerUnsafe(aborted, undefined))
      void textOf(request).then((body) => {
        const { method, url } = request
        const headers = request.headers as Record<string, string>
        const answer = answers.shift() ?? status(204)
        answer(response, request)
        Queue.offerUnsafe(received, { headers, body, method, url })
      })
    })
    yield* Effect.acquireRelease(
      Effect.promise(() => once(server.listen(0, "127.0.0.1"), "listening")),
      () =>
        Effect.sync(() => {
          server.closeAllConnections()
          server.close()
        })
    )
    const address = server.address()
    const port = typeof address === "object" && address !== null ? address.port : 0
    return { url: `http://127.0.0.1:${port}/hook`, received, aborted }
  })

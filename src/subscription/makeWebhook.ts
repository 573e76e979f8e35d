/**
 * Posts events to a URL, signed as Standard Webhooks (https://www.standardwebhooks.com) has it, so that any of its
 * libraries can check them. The body is the event as JSON, or a list of events where several may come at a time.
 */
import { createHmac } from "node:crypto"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { settings } from "../settings.ts"
import { type Batch, DeliveryError, type Handler } from "./Handler.ts"
import type { Webhook } from "./Subscription.ts"

/** Each secret's signature over what is sent, its id and its time. */
const signatures = (secrets: ReadonlyArray<string>, id: string, seconds: number, body: string): string =>
  secrets
    .map((secret) => {
      const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64")
      return `v1,${createHmac("sha256", key).update(`${id}.${seconds}.${body}`).digest("base64")}`
    })
    .join(" ")

/** How long a `Retry-After` asks to wait: seconds, or a date. */
const retryAfterMs = (header: string | null, now: number): number | undefined => {
  if (header === null) return undefined
  const wait = /^\d+$/.test(header) ? Number(header) * 1_000 : Date.parse(header) - now
  return Number.isFinite(wait) && wait >= 0 ? Math.min(Math.ceil(wait), Number.MAX_SAFE_INTEGER) : undefined
}

/** The beginning of an answer. Not more is read, however much there is. */
const beginningOf = async (response: Response): Promise<string> => {
  const parts: Array<Uint8Array> = []
  let length = 0
  for await (const part of response.body ?? []) {
    parts.push(part)
    length += part.length
    if (length >= settings.webhookAnswerBytesMax) break
  }
  return Buffer.concat(parts).toString("utf8", 0, settings.webhookAnswerBytesMax).trim()
}

interface Answer {
  readonly status: number
  readonly retryAfter: string | null
  readonly said: string
}

const post = async (url: string, body: string, headers: Record<string, string>, signal: AbortSignal) => {
  const response = await fetch(url, { method: "POST", body, headers, signal, redirect: "manual" })
  if (response.ok) {
    await response.body?.cancel()
    return { status: response.status, retryAfter: null, said: "" }
  }
  const retryAfter = response.headers.get("retry-after")
  return { status: response.status, retryAfter, said: await beginningOf(response) }
}

const unreached = (error: unknown): DeliveryError => {
  const { message, cause } = error instanceof Error ? error : new Error(String(error))
  const why = cause instanceof Error ? cause.message || cause.name : message
  return new DeliveryError({ message: `no answer: ${why}` })
}

/** What an answer means; nothing where it is a success. */
const problemIn = ({ status, retryAfter, said }: Answer, now: number): DeliveryError | undefined => {
  if (status >= 200 && status < 300) return undefined
  if (status === 410) {
    return new DeliveryError({ message: "its webhook answered 410 Gone", isFinal: true })
  }
  const wait = retryAfterMs(retryAfter, now)
  const message = `its webhook answered ${status}${said === "" ? "" : `: ${said}`}`
  return new DeliveryError({ message, ...(wait !== undefined && { retryAfterMs: wait }) })
}

const bodyOf = (batch: Batch, asList: boolean): string => JSON.stringify(asList ? batch : batch[0])

/**
 * Makes the handler that posts to a webhook. Answers of 2xx are success; 410 stops the subscription; all else, no
 * answer in time and redirects included, is tried again, not before `Retry-After` if that is said. With `asList` the
 * body is a list of events, also if there is only one.
 */
export const makeWebhook =
  ({ url, secrets, timeoutMs }: Webhook, { asList = false }: { readonly asList?: boolean } = {}): Handler =>
  (batch, { id }) =>
    Effect.gen(function* () {
      const now = yield* Clock.currentTimeMillis
      const seconds = Math.floor(now / 1_000)
      const body = bodyOf(batch, asList)
      const headers = {
        "content-type": "application/json",
        "user-agent": "signalbox",
        "webhook-id": id,
        "webhook-timestamp": String(seconds),
        "webhook-signature": signatures(secrets, id, seconds, body)
      }
      const answer = yield* Effect.tryPromise({
        try: (signal) => post(url, body, headers, signal),
        catch: unreached
      }).pipe(
        Effect.timeoutOrElse({
          duration: timeoutMs,
          orElse: () => Effect.fail(new DeliveryError({ message: `no answer: none in ${timeoutMs} ms` }))
        })
      )
      const problem = problemIn(answer, yield* Clock.currentTimeMillis)
      if (problem) return yield* problem
    })

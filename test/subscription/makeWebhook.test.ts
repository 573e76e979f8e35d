import { randomBytes } from "node:crypto"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import fc from "fast-check"
import { Webhook as Verifier } from "standardwebhooks"
import type { Event } from "../../src/queue/Event.ts"
import { type Batch, DeliveryError } from "../../src/subscription/Handler.ts"
import { makeWebhook } from "../../src/subscription/makeWebhook.ts"
import { notes } from "../log/contract/Contract.ts"
import { type Answer, hangUp, makeReceiver, silence, status } from "./Receiver.ts"

const secretOf = (bytes: Uint8Array): string => `whsec_${Buffer.from(bytes).toString("base64")}`
const secret = secretOf(randomBytes(32))
const timeoutMs = 20_000

const batchOf = (events: ReadonlyArray<Event>): Batch => events as unknown as Batch
const one = batchOf(notes(4, 1))
const delivery = { subscription: "a", id: "x_5", attempt: 1, signal: new AbortController().signal }

interface Posting {
  readonly secrets?: readonly [string, ...ReadonlyArray<string>]
  readonly events?: Batch
  readonly asList?: boolean
}

/** Posts to a server that answers so; what comes of it, and what the server has had. */
const posting = (
  answers: Array<Answer>,
  { secrets = [secret], events = one, asList = false }: Posting = {}
) =>
  Effect.gen(function* () {
    const receiver = yield* makeReceiver(answers)
    const handler = makeWebhook({ url: receiver.url, secrets, timeoutMs }, { asList })
    const post = handler(events, delivery) as Effect.Effect<void, DeliveryError>
    return { ...receiver, post }
  })

/** Why it is no success. */
const failing = (answer: Answer): Effect.Effect<DeliveryError, unknown, Scope.Scope> =>
  Effect.flatMap(posting([answer]), ({ post }) => Effect.flip(post))

describe("a webhook", () => {
  it.live("is posted as JSON, and signed as the verifier of Standard Webhooks has it", () =>
    Effect.gen(function* () {
      const { post, received } = yield* posting([])
      yield* post
      const { headers, body, method, url } = yield* Queue.take(received)
      expect({ method, url, type: headers["content-type"], id: headers["webhook-id"] }).toEqual({
        method: "POST",
        url: "/hook",
        type: "application/json",
        id: "x_5"
      })
      expect(new Verifier(secret).verify(body, headers)).toEqual(one[0])
      expect(() => new Verifier(secretOf(randomBytes(32))).verify(body, headers)).toThrow()
      expect(() => new Verifier(secret).verify(`${body} `, headers)).toThrow()
    })
  )

  it("is verified by each of its secrets, whatever it holds", async () => {
    const bytes = fc.uint8Array({ minLength: 24, maxLength: 64 })
    const property = fc.asyncProperty(
      bytes,
      bytes,
      fc.string({ unit: "binary" }),
      fc.boolean(),
      async (a, b, actor, asList) => {
        const events = batchOf(notes(0, 3).map((event) => ({ ...event, actor })))
        const secrets = [secretOf(a), secretOf(b)] as const
        const program = Effect.gen(function* () {
          const { post, received } = yield* posting([], { secrets, events, asList })
          yield* post
          return yield* Queue.take(received)
        })
        const { headers, body } = await Effect.runPromise(Effect.scoped(program))
        for (const each of secrets)
          expect(new Verifier(each).verify(body, headers)).toEqual(
            JSON.parse(JSON.stringify(asList ? events : events[0]))
          )
      }
    )
    await fc.assert(property, { numRuns: 30 })
  })

  it.live("any 2xx is success; all else is a failure that says what came", () =>
    Effect.gen(function* () {
      for (const code of [200, 201, 202, 204, 299]) yield* (yield* posting([status(code)])).post
      for (const code of [400, 401, 404, 429, 500, 502, 503]) {
        const error = yield* failing(status(code, {}, "not like that"))
        expect(error).toMatchObject({ message: `its webhook answered ${code}: not like that` })
        expect(error.isFinal).toBeUndefined()
      }
    })
  )

  it.live("410 says that nothing more is wanted", () =>
    Effect.gen(function* () {
      expect(yield* failing(status(410))).toMatchObject({ isFinal: true })
    })
  )

  it.live("follows no redirect", () =>
    Effect.gen(function* () {
      const { url, received, post } = yield* posting([
        (response, request) =>
          status(307, { location: `http://${request.headers.host}/elsewhere` })(response, request)
      ])
      expect(yield* Effect.flip(post)).toMatchObject({ message: "its webhook answered 307" })
      expect((yield* Queue.takeAll(received)).map((request) => request.url)).toEqual([new URL(url).pathname])
    })
  )

  it.effect("heeds Retry-After, in seconds or as a date", () =>
    Effect.gen(function* () {
      const now = Date.UTC(2026, 10, 25, 12)
      yield* TestClock.setTime(now)
      const waitOf = (text: string) =>
        Effect.map(failing(status(503, { "retry-after": text })), ({ retryAfterMs }) => retryAfterMs)
      expect(yield* waitOf("120")).toBe(120_000)
      expect(yield* waitOf("Wed, 25 Nov 2026 12:01:30 GMT")).toBe(90_000)
      expect(yield* waitOf("Wed, 25 Nov 2026 11:00:00 GMT")).toBeUndefined()
      expect(yield* waitOf("soon")).toBeUndefined()
      expect(yield* waitOf("9".repeat(40))).toBe(Number.MAX_SAFE_INTEGER)
    })
  )

  it.effect("is let go of when there is no answer in time", () =>
    Effect.gen(function* () {
      const { post, received, aborted } = yield* posting([silence])
      const fiber = yield* Effect.forkChild(Effect.flip(post))
      yield* Queue.take(received)
      yield* TestClock.adjust(timeoutMs - 1)
      expect(fiber.pollUnsafe()).toBeUndefined()
      yield* TestClock.adjust(1)
      expect(yield* Fiber.join(fiber)).toMatchObject({ message: "no answer: none in 20000 ms" })
      yield* Queue.take(aborted)
    })
  )

  it.effect("an answer that begins and does not end is none, and one that never ends is cut off", () =>
    Effect.gen(function* () {
      const begun = yield* posting([(response) => response.writeHead(500).write("wait")])
      const fiber = yield* Effect.forkChild(Effect.flip(begun.post))
      yield* Queue.take(begun.received)
      yield* TestClock.adjust(timeoutMs)
      expect(yield* Fiber.join(fiber)).toMatchObject({ message: expect.stringContaining("no answer") })

      const flood: Answer = (response) => {
        const more = () => {
          while (!response.destroyed && response.write("x".repeat(65_536)));
        }
        response.writeHead(500).on("drain", more)
        more()
      }
      const { message } = yield* failing(flood)
      expect(message).toBe(`its webhook answered 500: ${"x".repeat(1_024)}`)
      const good = yield* posting([
        (response) => {
          response.writeHead(200).write("x")
        }
      ])
      yield* good.post
      yield* Queue.take(good.aborted)
    })
  )

  it.live("a connection that is dropped, or that is not to be had, is a failure", () =>
    Effect.gen(function* () {
      expect((yield* failing(hangUp)).message).toMatch(/^no answer: /)
      // A port that no user may have and no service has.
      const nobody = makeWebhook({ url: "http://127.0.0.1:2/hook", secrets: [secret], timeoutMs })
      const error = yield* Effect.flip(nobody(one, delivery) as Effect.Effect<void, DeliveryError>)
      expect(error).toBeInstanceOf(DeliveryError)
      expect(error.message).toMatch(/^no answer: .*ECONNREFUSED/)
    })
  )
})

import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { OnSubmit, Request } from "../../src/coordinator/OnSubmit.ts"
import { makeMemoryEventLog } from "../../src/log/MemoryEventLog.ts"
import type { RunSpec } from "../../src/run/RunSpec.ts"
import { ManualJobs } from "./ManualJobs.ts"
import { cancel, eventsOf, quiet, rules, startCoordinator, submit } from "./startCoordinator.ts"

const nobodyRuns = rules({ maxConcurrentRuns: 0 })

/** What a custom coordinator makes of one run, and what stands in the log of it. */
const reviewed = (onSubmit: OnSubmit, spec: Partial<RunSpec> = {}, request?: Partial<Request>) =>
  Effect.gen(function* () {
    const log = makeMemoryEventLog()
    const coordinator = yield* startCoordinator({ log, onSubmit, policy: nobodyRuns })
    const { position } = yield* log.head
    const reply = yield* Effect.result(coordinator.ask(submit("a", "manual", spec), request))
    const events = (yield* eventsOf(log)).slice(position)
    return { reply, events, submitted: events.find(({ type }) => type === "RunSubmitted") }
  })

const refusal = (onSubmit: OnSubmit) =>
  Effect.map(reviewed(onSubmit), ({ reply, events }) => ({
    said: Result.isFailure(reply) ? reply.failure.message : undefined,
    events
  }))

/** What a program without types may answer. */
const anything = (answer: unknown): OnSubmit => (() => answer) as OnSubmit

describe("a custom coordinator", () => {
  it.effect("may add tags, and they count for the limits", () =>
    Effect.gen(function* () {
      const { jobs, begun } = new ManualJobs()
      const coordinator = yield* startCoordinator({
        jobs,
        policy: rules({ tagLimits: [{ key: "team", value: "red", limit: 1 }] }),
        onSubmit: (spec) => ({ ...spec, tags: { ...spec.tags, team: "red" } })
      })
      yield* coordinator.askAll([submit("a", "manual"), submit("b", "manual", { tags: { team: "blue" } })])
      expect(yield* coordinator.query((queue) => queue.run("b").state)).toBe("queued")
      expect(begun).toEqual(["a 1"])
      yield* coordinator.askAll([cancel("a")])
      yield* coordinator.ended("a")
      yield* quiet
      expect(begun).toEqual(["a 1", "b 1"])
    })
  )

  it.effect("may change the priority, and it counts for the order", () =>
    Effect.gen(function* () {
      const coordinator = yield* startCoordinator({
        policy: nobodyRuns,
        onSubmit: (spec) => (spec.id === "c" ? { ...spec, priority: 9 } : undefined)
      })
      yield* coordinator.askAll(["a", "b", "c"].map((id) => submit(id, "manual")))
      const line = yield* coordinator.query(({ waiting }) => Array.from(waiting.line, ({ id }) => id))
      expect(line).toEqual(["c", "a", "b"])
    })
  )

  it.effect("may refuse, with a reason for the one who asked", () =>
    Effect.gen(function* () {
      const { said, events } = yield* refusal(() => ({ refuse: "no runs on sundays" }))
      expect(said).toBe("SubmitRun refused: no runs on sundays.")
      expect(events).toEqual([])
    })
  )

  it.effect("sees who asks and what came with the request", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const onSubmit: OnSubmit = (spec, request) => {
        seen.push(spec, request)
        return undefined
      }
      const request = { actor: "ann", headers: { "x-team": "red" } }
      const { submitted } = yield* reviewed(onSubmit, { priority: 3 }, request)
      yield* reviewed(onSubmit)
      const spec = { id: "a", job: "manual" }
      expect(seen).toEqual([{ ...spec, priority: 3 }, request, spec, { actor: "signalbox", headers: {} }])
      expect(submitted?.actor).toBe("ann")
    })
  )

  it.effect("has what came and what became of it recorded both", () =>
    Effect.gen(function* () {
      const { submitted } = yield* reviewed((spec) => ({ ...spec, priority: 7 }), { input: [1] })
      const came = { id: "a", job: "manual", input: [1] }
      expect(submitted?.data).toMatchObject({ spec: { ...came, priority: 7 }, requested: came })
    })
  )

  it.effect.each([
    ["nothing", () => undefined],
    ["the run itself", (spec: RunSpec) => spec]
  ] as const)("that answers %s leaves the run as it came", ([, onSubmit]) =>
    Effect.gen(function* () {
      const { submitted } = yield* reviewed(onSubmit, { priority: 3 })
      expect(submitted?.data).toMatchObject({ spec: { id: "a", job: "manual", priority: 3 } })
      expect(submitted?.data).not.toHaveProperty("requested")
    })
  )

  const changed = (spec: RunSpec): RunSpec => ({ ...spec, priority: 7 })
  it.effect.each([
    ["a function", changed],
    ["a function that answers later", async (spec: RunSpec) => changed(await Promise.resolve(spec))],
    ["an Effect", (spec: RunSpec) => Effect.as(Effect.yieldNow, changed(spec))]
  ] as const)("may be %s", ([, onSubmit]) =>
    Effect.gen(function* () {
      const { submitted } = yield* reviewed(onSubmit)
      expect(submitted?.data).toMatchObject({ spec: { priority: 7 } })
    })
  )

  it.effect("cannot give the run another id", () =>
    Effect.gen(function* () {
      const { events } = yield* reviewed((spec) => ({ ...spec, id: "b", priority: 7 }))
      expect(events.map(({ run }) => run)).toEqual(["a", "a"])
    })
  )

  it.effect("has no say over other commands", () =>
    Effect.gen(function* () {
      const coordinator = yield* startCoordinator({
        policy: nobodyRuns,
        onSubmit: (spec) => (spec.id === "a" ? undefined : { refuse: "only a" })
      })
      const replies = yield* coordinator.askAll([submit("b", "manual"), submit("a", "manual"), cancel("a")])
      expect(replies.map(Result.isSuccess)).toEqual([false, true, true])
      expect(yield* coordinator.query((queue) => queue.run("a").state)).toBe("canceled")
    })
  )
})

describe("a custom coordinator that fails refuses the run, and leaves nothing of it", () => {
  const wrong = new Error("the directory is down")
  const failed = "SubmitRun refused: the custom coordinator failed: Error: the directory is down."
  const isInvalid = /^SubmitRun refused: the custom coordinator made it invalid: /

  it.effect.each<readonly [string, OnSubmit, string | RegExp]>([
    [
      "by throwing",
      () => {
        throw wrong
      },
      failed
    ],
    ["by rejecting", () => Promise.reject(wrong), failed],
    ["by an Effect that fails", () => Effect.fail(wrong), failed],
    ["by an Effect that dies", () => Effect.die(wrong), failed],
    ["by a run with neither job nor command", ({ id }) => ({ id }), isInvalid],
    ["by a priority that is none", (spec) => ({ ...spec, priority: 0.5 }), isInvalid],
    ["by a field that no run has", anything({ id: "a", job: "manual", prio: 1 }), isInvalid],
    ["by null", anything(null), isInvalid],
    ["by a text", anything("no"), isInvalid],
    ["by a reason that is no text", anything({ refuse: 7 }), isInvalid]
  ])("%s", ([, onSubmit, sentence]) =>
    Effect.gen(function* () {
      const { said, events } = yield* refusal(onSubmit)
      expect(said).toMatch(sentence)
      expect(events).toEqual([])
    })
  )
})

describe("an order of one's own", () => {
  it.effect("is called for by its name in the rules", () =>
    Effect.gen(function* () {
      const coordinator = yield* startCoordinator({
        orders: { shortest: (a, b) => Number(a.spec.input) - Number(b.spec.input) },
        policy: rules({ maxConcurrentRuns: 0, order: "shortest" })
      })
      const runs = { a: 5, b: 1, c: 5, d: 3 }
      yield* coordinator.askAll(Object.entries(runs).map(([id, input]) => submit(id, "manual", { input })))
      const line = coordinator.query(({ waiting }) => Array.from(waiting.line, ({ id }) => id))
      expect(yield* line).toEqual(["b", "d", "a", "c"])
      yield* coordinator.ask({ _tag: "SetPolicy", policy: rules({ maxConcurrentRuns: 0 }) })
      expect(yield* line).toEqual(["a", "b", "c", "d"])
    })
  )
})

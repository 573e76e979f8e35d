import * as Result from "effect/Result"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { previewPolicy } from "../../src/history/previewPolicy.ts"
import { explain } from "../../src/queue/explain.ts"
import { defaultPolicy, type Policy } from "../../src/queue/Policy.ts"
import { contents } from "../../src/queue/RunQueue.ts"
import { isHoldingSlot, isWaiting } from "../../src/run/lifecycle.ts"
import { settings } from "../../src/settings.ts"
import { admittedIn, submit, tagged, under } from "../queue/commands.ts"
import { play } from "../simulation/History.ts"
import { history } from "../simulation/histories.ts"
import { policy } from "../simulation/policies.ts"
import type { World } from "../simulation/World.ts"

const preview = ({ queue, now }: World, rules: Partial<Policy>) =>
  Result.getOrThrow(previewPolicy(queue, { ...defaultPolicy, ...rules }, now))

describe("what a policy would do", () => {
  it("comes so if it is then set: those start, all that runs runs on, and each that waits has its reasons", () => {
    fc.assert(
      fc.property(history, policy, (steps, rules) => {
        const world = play(steps)
        const before = contents(world.queue)
        const running = [...world.queue.runs.values()].filter(({ state }) => isHoldingSlot(state))
        const waiting = Array.from(world.queue.waiting.line, ({ id }) => id)
        const inTheWay = new Map(
          waiting.map((id) => [id, explain(world.queue, id, world.now)?.reasons.map(codeOf)])
        )
        const said = preview(world, rules)
        expect(contents(world.queue)).toEqual(before)

        const moment = world.turn({ _tag: "SetPolicy", policy: rules })
        expect(said.starts).toEqual(admittedIn(moment))
        expect(moment.turn.events.find(({ type }) => type === "PolicySet")?.data).toMatchObject({
          changes: said.changes
        })
        const { queue, now } = world
        const touched = new Set(moment.turn.events.map(({ run }) => run))
        for (const { id, state } of running) if (!touched.has(id)) expect(queue.run(id).state).toBe(state)
        const worse = waiting.flatMap((id) => {
          const reasons = isWaiting(queue.run(id).state) ? (explain(queue, id, now)?.reasons ?? []) : []
          const fresh = reasons.filter((reason) => !inTheWay.get(id)?.includes(codeOf(reason)))
          return fresh.length > 0 ? [{ run: id, reasons: fresh }] : []
        })
        expect(said.waits.count).toBe(worse.length)
        expect(new Set(said.waits.first)).toEqual(new Set(worse.slice(0, settings.previewShown)))
        for (const { limit, held } of said.limits.first) expect(held).toBe(queue.slots.taken(limit))
      }),
      { numRuns: 300 }
    )
  })

  const codeOf = (reason: {
    readonly _tag: string
    readonly limit?: string
    readonly sequence?: string
  }): string => [reason._tag, reason.limit ?? reason.sequence ?? ""].join(" ")

  it("is told: who starts, who waits for something new, and which limits change", () => {
    const world = under({ maxConcurrentRuns: 1 })
    const red = tagged("team", "red")
    world.turn(submit("a", red), submit("b", red), submit("c"))
    expect(
      preview(world, { maxConcurrentRuns: 3, tagLimits: [{ key: "team", each: true, limit: 1 }] })
    ).toEqual({
      changes: [
        { after: 3, before: 1, path: ["maxConcurrentRuns"] },
        { after: 1, path: ["tagLimits", "each:team"] }
      ],
      starts: ["c"],
      waits: {
        count: 1,
        first: [{ run: "b", reasons: [expect.objectContaining({ limit: "each:team=red", holders: ["a"] })] }]
      },
      limits: {
        count: 2,
        first: [
          { limit: "runs", before: 1, after: 3, held: 2 },
          { limit: "each:team=red", after: 1, held: 1 }
        ]
      }
    })
  })

  it("names only so many of those that wait, and counts all", () => {
    const world = under({ maxConcurrentRuns: 0 })
    const many = settings.previewShown + 5
    world.turn(...Array.from({ length: many }, (_, at) => submit(`r${at}`, tagged("db", "x"))))
    const { waits } = preview(world, { maxConcurrentRuns: 0, tagLimits: [{ key: "db", limit: 0 }] })
    expect(waits.count).toBe(many)
    expect(waits.first).toHaveLength(settings.previewShown)
  })

  it("is refused where setting it would be", () => {
    const { queue, now } = under({})
    expect(previewPolicy(queue, { ...defaultPolicy, order: "unheard of" }, now)).toMatchObject({
      failure: { _tag: "OrderUnknown", order: "unheard of" }
    })
  })
})

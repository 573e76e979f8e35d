import * as Result from "effect/Result"
import { describe, expect, it } from "vitest"
import type { Command } from "../../src/queue/QueueCommand.ts"
import { contents } from "../../src/queue/RunQueue.ts"
import type { Reply } from "../../src/queue/turn.ts"
import type { RunSpec } from "../../src/run/RunSpec.ts"
import { settings } from "../../src/settings.ts"
import { fold, type World } from "../simulation/World.ts"
import { ended, factsOf, started, under } from "./commands.ts"

const wish = (id: string, key: string, spec: Partial<RunSpec> = {}, requested?: RunSpec): Command => ({
  _tag: "SubmitRun",
  spec: { id, job: "work", ...spec },
  idempotencyKey: key,
  ...(requested && { requested })
})

const ask = (world: World, ...commands: ReadonlyArray<Command>): ReadonlyArray<Reply> =>
  world.turn(...commands).turn.replies

/** Which run each reply is about, and whether it was there already. */
const runsIn = (replies: ReadonlyArray<Reply>) =>
  replies.map((reply) =>
    Result.match(reply, {
      onFailure: ({ _tag }) => _tag,
      onSuccess: ({ run, deduplicated }) => (deduplicated ? `${run?.id} again` : run?.id)
    })
  )

describe("a submission that comes again under its idempotency key", () => {
  it("is answered with its run, as that is now, and leaves no event", () => {
    const world = under({})
    world.turn(wish("a", "k"))
    world.turn(started("a"))
    const { replies, events } = world.turn(wish("a", "k")).turn
    expect(events).toEqual([])
    expect(replies).toMatchObject([
      { success: { position: world.queue.position, deduplicated: true, run: { id: "a", state: "started" } } }
    ])
  })

  it("is known in the very turn of the first one, after a restart, and when its run has ended", () => {
    const world = under({})
    expect(runsIn(ask(world, wish("a", "k"), wish("a", "k")))).toEqual(["a", "a again"])
    world.restart()
    expect(runsIn(ask(world, wish("a", "k")))).toEqual(["a again"])
    world.turn(started("a"), ended("a"))
    expect(runsIn(ask(world, wish("a", "k")))).toEqual(["a again"])
  })

  it("may name another run, since ids are made up: the first one counts", () => {
    const world = under({})
    expect(runsIn(ask(world, wish("a", "k"), wish("b", "k")))).toEqual(["a", "a again"])
    expect(world.queue.runs.has("b")).toBe(false)
  })

  it("is compared as it came, not as a custom coordinator has changed it", () => {
    const world = under({})
    const came = { id: "a", job: "work" }
    world.turn(wish("a", "k", { tags: { at: "9" } }, came))
    expect(runsIn(ask(world, wish("a", "k", { tags: { at: "10" } }, came)))).toEqual(["a again"])
    expect(runsIn(ask(world, wish("a", "k", {}, { ...came, priority: 1 })))).toEqual(["KeyReused"])
  })

  it("is refused if it asks for something else, and told which run it is and what differs", () => {
    const world = under({})
    world.turn(wish("a", "k", { tags: { team: "red", env: "prod" }, input: { rows: [1, { x: 2 }] } }))
    const same = wish("a", "k", { input: { rows: [1, { x: 2 }] }, tags: { env: "prod", team: "red" } })
    expect(runsIn(ask(world, same))).toEqual(["a again"])
    const other = wish("b", "k", { tags: { team: "blue", env: "prod" }, input: { rows: [] }, priority: 1 })
    expect(ask(world, other)).toEqual([
      Result.fail({
        _tag: "KeyReused",
        command: "SubmitRun",
        run: "b",
        key: "k",
        first: "a",
        differs: ["input", "priority", "tags"]
      })
    ])
  })

  it("is a new one when its time is over, for a day if the policy says nothing else", () => {
    for (const [policy, windowMs] of [
      [{}, settings.idempotencyWindowMs],
      [{ idempotencyWindowMs: 500 }, 500]
    ] as const) {
      const world = under(policy)
      world.turn(wish("a", "k"))
      world.now += windowMs - 1
      expect(runsIn(ask(world, wish("b", "k")))).toEqual(["a again"])
      world.now += 1
      expect(runsIn(ask(world, wish("b", "k", { priority: 1 }), wish("c", "k")))).toEqual(["b", "KeyReused"])
    }
  })

  it("is known for as long as was said when it came first, whatever the policy says later", () => {
    const world = under({ idempotencyWindowMs: 500 })
    world.turn(wish("a", "k"))
    world.turn({ _tag: "SetPolicy", policy: { ...world.queue.policy, idempotencyWindowMs: 5 } })
    world.now += 400
    expect(runsIn(ask(world, wish("b", "k")))).toEqual(["a again"])
  })

  it("is another one without the key: the id is taken", () => {
    const world = under({})
    world.turn(wish("a", "k"))
    expect(runsIn(ask(world, { _tag: "SubmitRun", spec: { id: "a", job: "work" } }))).toEqual(["RunExists"])
    expect(runsIn(ask(world, wish("a", "other")))).toEqual(["RunExists"])
  })

  it("that was refused may be tried again: nothing of it was kept", () => {
    const world = under({ maxConcurrentRuns: 0, maxQueuedRuns: 0 })
    expect(runsIn(ask(world, wish("a", "k")))).toEqual(["QueueFull"])
    world.turn({ _tag: "SetPolicy", policy: { ...world.queue.policy, maxQueuedRuns: 1 } })
    expect(runsIn(ask(world, wish("a", "k", { priority: 1 })))).toEqual(["a"])
  })

  it("replaces nobody of its key, and is refused by none: it is there already", () => {
    const world = under({})
    for (const collision of ["refuse", "cancel"] as const) {
      const unique = { key: collision, collision }
      world.turn(wish(collision, collision, { unique }))
      const again = world.turn(wish("new", collision, { unique }))
      expect(factsOf(again)).toEqual([])
      expect(runsIn(again.turn.replies)).toEqual([`${collision} again`])
    }
  })
})

describe("keys whose time is over", () => {
  it("are forgotten with the next event, and the log makes the same memory", () => {
    const world = under({ idempotencyWindowMs: 100 })
    for (let at = 0; at < 50; at++) {
      world.turn(wish(`r${at}`, `k${at}`))
      world.now += 10
    }
    expect(world.queue.keys.all.map(({ key }) => key)).toEqual(
      [40, 41, 42, 43, 44, 45, 46, 47, 48, 49].map((n) => `k${n}`)
    )
    expect(contents(fold(world.log))).toEqual(contents(world.queue))
  })
})

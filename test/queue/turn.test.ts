import * as Result from "effect/Result"
import { describe, expect, it } from "vitest"
import { contents } from "../../src/queue/RunQueue.ts"
import { signalbox } from "../../src/queue/turn.ts"
import { type Moment, World } from "../simulation/World.ts"
import { cancel, ended, rules, started, submit, tagged, under } from "./commands.ts"

const timeouts = { startMs: 1_000, runtimeMs: 5_000, cancelMs: 2_000 }

const typesOf = ({ turn }: Moment) => turn.events.map(({ type }) => type)

describe("a turn", () => {
  it("is one list of events: what was asked, then what time decides, then who may start", () => {
    const world = under({ maxConcurrentRuns: 1, timeouts: { ...timeouts, cancelMs: 1 } })
    world.turn(submit("a"), submit("b"))
    world.turn(cancel("a"))
    world.now += 1
    expect(
      world.turn(submit("c", { priority: 1 })).turn.events.map(({ type, run }) => `${type} ${run}`)
    ).toEqual(["RunSubmitted c", "RunQueued c", "RunCanceled a", "RunAdmitted c"])
  })

  it("stamps its events with its number, its time and its epoch, and counts positions on", () => {
    const world = new World()
    world.now += 7
    const { turn } = world.turn(submit("a"), submit("b"))
    expect(turn.events.map(({ position }) => position)).toEqual([2, 3, 4, 5, 6, 7])
    for (const event of turn.events)
      expect(event).toMatchObject({ turn: 2, at: world.now, epoch: 1, version: 1 })
  })

  it("names who asked and by which command; what the rules decided is nobody's wish", () => {
    const world = new World()
    const { asked, turn } = world.turn(submit("a"))
    const made = turn.events.map(({ actor, cause }) => ({ actor, cause }))
    const wish = { actor: "ann", cause: asked[0]?.id }
    expect(made).toEqual([wish, wish, { actor: signalbox, cause: null }])
  })

  it("in which nothing follows leaves no trace, not even in the numbers of turns", () => {
    const world = under({})
    world.turn(submit("a"))
    const before = contents(world.queue)
    world.now += 1
    expect(world.turn().turn.events).toEqual([])
    expect(world.turn(cancel("nobody")).turn.events).toEqual([])
    expect(contents(world.queue)).toEqual(before)
    expect(world.turn(started("a")).turn.events[0]?.turn).toBe(before.turn + 1)
  })

  it("does not let the time of the log fall where the clock was set back", () => {
    const world = under({})
    const at = world.now
    world.now -= 60_000
    expect(world.turn(submit("a")).turn.events.map((event) => event.at)).toEqual([at, at, at])
    expect(world.queue.run("a").submittedAt).toBe(at)
  })

  it("stands under the epoch of the coordinator that took over last, however many wrote nothing in between", () => {
    const world = under({})
    const taken = {
      _tag: "StartCoordinator",
      epoch: 7,
      software: "test",
      host: "here",
      pid: 1,
      admits: true
    } as const
    const { turn } = world.turn(taken, submit("a"))
    expect(turn.events[0]?.type).toBe("CoordinatorStarted")
    expect(new Set(turn.events.map(({ epoch }) => epoch))).toEqual(new Set([7]))
    expect(world.turn(started("a")).turn.events[0]?.epoch).toBe(7)
  })
})

describe("a reply", () => {
  it("comes for each command, in their order, and tells the run as it is at the turn's end", () => {
    const world = under({ maxConcurrentRuns: 1 })
    const { replies, events } = world.turn(
      submit("a"),
      cancel("nobody"),
      rules({}),
      submit("b"),
      submit("a")
    ).turn
    const position = events.at(-1)?.position
    expect(
      replies.map(Result.map(({ run, ...rest }) => ({ ...rest, run: run && [run.id, run.state] })))
    ).toEqual([
      Result.succeed({ position, run: ["a", "launching"] }),
      Result.fail({ _tag: "RunUnknown", command: "CancelRun", run: "nobody" }),
      Result.succeed({ position, run: undefined }),
      Result.succeed({ position, run: ["b", "launching"] }),
      Result.fail({ _tag: "RunExists", command: "SubmitRun", run: "a", state: "queued" })
    ])
  })

  it("takes account of the commands before it in the same turn", () => {
    const { turn } = under({ maxConcurrentRuns: 0 }).turn(submit("a"), cancel("a"), cancel("a"))
    expect(turn.events.map(({ type }) => type)).toEqual(["RunSubmitted", "RunQueued", "RunCanceled"])
    expect(turn.replies.map(Result.isSuccess)).toEqual([true, true, false])
  })

  it("is yes, with no event, for what is so already", () => {
    const world = under({})
    world.turn(submit("a"))
    world.turn(cancel("a"))
    const { replies, events } = world.turn(cancel("a")).turn
    expect([replies.map(Result.isSuccess), events]).toEqual([[true], []])
  })
})

describe("a report that arrives together with its deadline", () => {
  it("wins over it: a start over the start timeout", () => {
    const world = under({ timeouts })
    world.turn(submit("a"))
    world.now += timeouts.startMs
    expect(typesOf(world.turn(started("a")))).toEqual(["RunStarted"])
  })

  it("wins over it: an end over the limit on its runtime", () => {
    const world = under({ timeouts })
    world.turn(submit("a"))
    world.turn(started("a"))
    world.now += timeouts.runtimeMs + 9_999
    expect(typesOf(world.turn(ended("a")))).toEqual(["RunSucceeded"])
  })

  it("loses against it a turn later", () => {
    const world = under({ timeouts })
    world.turn(submit("a"))
    world.now += timeouts.startMs
    expect(typesOf(world.turn())).toEqual(["RunCancelRequested"])
    expect(typesOf(world.turn(started("a")))).toEqual([])
    expect(world.queue.run("a").state).toBe("canceling")
  })
})

describe("what a turn has touched", () => {
  it("is each run that an event befell, once, as it is at the end, with the slots that it holds then", () => {
    const world = under({ maxConcurrentRuns: 1, tagLimits: [{ key: "team", limit: 5 }] })
    const first = world.turn(submit("a", tagged("team", "red")), submit("b"))
    const seen = ({ turn }: Moment) =>
      turn.touched.map(({ run, slots }) => [run.id, run.state, slots.map(({ limit }) => limit).join()])
    expect(seen(first)).toEqual([
      ["a", "launching", "runs,tag:team"],
      ["b", "queued", ""]
    ])
    expect(seen(world.turn(ended("a")))).toEqual([
      ["a", "succeeded", ""],
      ["b", "launching", "runs"]
    ])
  })

  it("goes with what every run in progress holds, where other rules came into force", () => {
    const world = under({ maxConcurrentRuns: 2 })
    world.turn(submit("a", tagged("team", "red")), submit("b"), submit("c"))
    const { rearranged } = world.turn(
      rules({ maxConcurrentRuns: 3, tagLimits: [{ key: "team", limit: 1 }] })
    ).turn
    expect(rearranged).toEqual(
      new Map([
        [
          "a",
          [
            { limit: "runs", size: 3 },
            { limit: "tag:team", size: 1 }
          ]
        ],
        ["b", [{ limit: "runs", size: 3 }]],
        ["c", [{ limit: "runs", size: 3 }]]
      ])
    )
    expect(world.turn(started("a")).turn.rearranged).toBeUndefined()
  })
})

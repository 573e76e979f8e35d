import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Change } from "../../src/history/Change.ts"
import { type Remedy, whatStarts } from "../../src/history/whatStarts.ts"
import { formOf } from "../../src/queue/Limits.ts"
import { defaultPolicy, type Policy } from "../../src/queue/Policy.ts"
import type { Command } from "../../src/queue/QueueCommand.ts"
import { contents } from "../../src/queue/RunQueue.ts"
import { turn } from "../../src/queue/turn.ts"
import { settings } from "../../src/settings.ts"
import {
  drain,
  ended,
  hold,
  pause,
  poolRules,
  rules,
  started,
  submit,
  tagged,
  under,
  using
} from "../queue/commands.ts"
import { type History, orders, play } from "../simulation/History.ts"
import { history } from "../simulation/histories.ts"
import { fold, type World } from "../simulation/World.ts"

const what = ({ queue, now }: World, run: string) => whatStarts(queue, run, now)

/** The policy with another size of a limit, by the names that limits have in docs. */
const sized = (policy: Policy, limit: string, size: number): Policy => {
  if (limit === "runs") return { ...policy, maxConcurrentRuns: size }
  const { pools } = policy
  if (limit.startsWith("pool:") && pools)
    return {
      ...policy,
      pools: { ...pools, limits: { ...pools.limits, [limit.slice(5)]: Math.max(0, size - pools.buffer) } }
    }
  const tagLimits = policy.tagLimits.map((one) =>
    formOf(one) === limit || (one.each && limit.startsWith(`${formOf(one)}=`)) ? { ...one, limit: size } : one
  )
  return { ...policy, tagLimits }
}

/** What someone has to ask of a coordinator so that all of the changes come about. */
const commandsFor = ({ queue }: World, run: string, remedy: Remedy): ReadonlyArray<Command> => {
  const policy = remedy.reduce(
    (rules, change) => (change._tag === "LimitIs" ? sized(rules, change.limit, change.size) : rules),
    queue.policy
  )
  const commandOf = (change: Change): ReadonlyArray<Command> => {
    switch (change._tag) {
      case "RunEnds":
        return [ended(change.run, { _tag: "Succeeded" }, queue.run(change.run).attempt)]
      case "Resumed":
        return [{ _tag: "ResumeAdmission", scope: change.scope }]
      case "Released":
        return [{ _tag: "ReleaseRun", run }]
      case "MovedToTop":
        return [{ _tag: "MoveToTop", run }]
      case "CoordinatorAdmits":
        return [
          { _tag: "StartCoordinator", epoch: queue.epoch + 1, software: "s", host: "h", pid: 1, admits: true }
        ]
      default:
        return []
    }
  }
  return [...(policy === queue.policy ? [] : [rules(policy)]), ...remedy.flatMap(commandOf)]
}

const startsWith = (world: World, run: string, remedy: Remedy): boolean => {
  const moments = remedy.flatMap((change) => (change._tag === "TimeComes" ? [change.at] : []))
  const asked = commandsFor(world, run, remedy).map((command, nth) => ({
    id: `n${nth}`,
    actor: "ann",
    command
  }))
  const { events } = turn(fold(world.log, orders), asked, Math.max(world.now, ...moments))
  return events.some((event) => event.type === "RunAdmitted" && event.run === run)
}

describe("what would start a run", () => {
  const inHistories = (
    look: (world: World, run: string, remedies: ReadonlyArray<Remedy>) => void,
    seed?: number
  ) =>
    fc.assert(
      fc.property(history, (steps: History) => {
        const world = play(steps)
        const before = contents(world.queue)
        for (const { id } of world.queue.waiting.line) look(world, id, what(world, id))
        expect(contents(world.queue)).toEqual(before)
      }),
      { numRuns: 200, ...(seed !== undefined && { seed }) }
    )

  it("does so, if all of it comes about in one turn", () => {
    inHistories((world, run, remedies) => {
      for (const remedy of remedies) expect([remedy, startsWith(world, run, remedy)]).toEqual([remedy, true])
    })
  })

  it("is not less than that: no change of it can be left out", () => {
    inHistories((world, run, remedies) => {
      for (const remedy of remedies)
        for (const left of remedy)
          expect([
            remedy,
            startsWith(
              world,
              run,
              remedy.filter((one) => one !== left)
            )
          ]).toEqual([remedy, false])
    })
  })

  it("is known of nearly every run, and comes in every kind", () => {
    const kinds = new Set<string>()
    let [known, all] = [0, 0]
    inHistories((_, __, remedies) => {
      all++
      if (remedies.length > 0) known++
      for (const { _tag } of remedies.flat()) kinds.add(_tag)
    }, 1)
    expect(known / all).toBeGreaterThan(0.8)
    expect([...kinds].toSorted()).toEqual([
      "CoordinatorAdmits",
      "LimitIs",
      "MovedToTop",
      "Released",
      "Resumed",
      "RunEnds",
      "TimeComes"
    ])
  })
})

describe("a run that waits", () => {
  it("for a slot starts when the run ends that holds it, or where there is one slot more", () => {
    const world = under({ maxConcurrentRuns: 1 })
    world.turn(submit("a"), submit("b"))
    expect(what(world, "b")).toEqual([
      [{ _tag: "RunEnds", run: "a" }],
      [{ _tag: "LimitIs", limit: "runs", size: 2 }]
    ])
  })

  it("behind others starts when enough have ended for all of these, or at once if it is moved to the top", () => {
    const world = under({ maxConcurrentRuns: 2 })
    world.turn(...["a", "b", "c", "d"].map((id) => submit(id)))
    expect(what(world, "d")).toEqual([
      [{ _tag: "LimitIs", limit: "runs", size: 4 }],
      [
        { _tag: "RunEnds", run: "a" },
        { _tag: "RunEnds", run: "b" }
      ]
    ])
    world.turn(submit("e"))
    expect(what(world, "e").at(-1)).toEqual([{ _tag: "MovedToTop" }, { _tag: "RunEnds", run: "a" }])
  })

  it("for several limits at once starts when the run ends that holds most of them", () => {
    const world = under({ maxConcurrentRuns: 2, tagLimits: [{ key: "team", each: true, limit: 1 }] })
    world.turn(submit("a"), submit("b", tagged("team", "red")), submit("c", tagged("team", "red")))
    expect(what(world, "c")).toEqual([
      [{ _tag: "RunEnds", run: "b" }],
      [
        { _tag: "LimitIs", limit: "runs", size: 3 },
        { _tag: "LimitIs", limit: "each:team=red", size: 2 }
      ]
    ])
  })

  it("for a pool starts when a step that has its slots ends, or where the pool has more", () => {
    const world = under(poolRules({ db: 1 }))
    world.turn(submit("a", using("db")), submit("b", using("db")))
    world.turn(started("a"))
    expect(what(world, "b")).toEqual([
      [{ _tag: "RunEnds", run: "a" }],
      [{ _tag: "LimitIs", limit: "pool:db", size: 2 }]
    ])
  })

  it("for a run of its key starts when that ends; no policy says how many a key has", () => {
    const world = under({})
    const unique = { key: "nightly", collision: "queue" } as const
    world.turn(submit("a", { unique }), submit("b", { unique }))
    expect(what(world, "b")).toEqual([[{ _tag: "RunEnds", run: "a" }]])
  })

  it("for time, a release, a resumption and a coordinator starts when all of these have come", () => {
    const world = under({})
    const at = world.now + 500
    world.turn(submit("a", { notBefore: at, ...tagged("team", "red") }), hold("a"))
    world.turn(pause({ _tag: "Queue" }), pause({ _tag: "Tag", key: "team" }, at + 100), drain)
    expect(what(world, "a")).toEqual([
      [
        { _tag: "CoordinatorAdmits" },
        { _tag: "Released" },
        { _tag: "Resumed", scope: { _tag: "Queue" } },
        { _tag: "TimeComes", at: at + 100 }
      ]
    ])
  })

  it("far behind starts if it is moved to the top: all that are ahead are not tried", () => {
    const world = under({ maxConcurrentRuns: 1 })
    world.turn(...Array.from({ length: settings.aheadTriedMax + 3 }, (_, at) => submit(`r${at}`)))
    const last = `r${settings.aheadTriedMax + 2}`
    expect(what(world, last)).toEqual([
      [{ _tag: "MovedToTop" }, { _tag: "RunEnds", run: "r0" }],
      [{ _tag: "MovedToTop" }, { _tag: "LimitIs", limit: "runs", size: 2 }]
    ])
  })

  it("for nothing that can be changed is told nothing", () => {
    const world = under({ ...defaultPolicy, maxConcurrentRuns: 1 })
    world.turn(submit("a"))
    expect(what(world, "a")).toEqual([])
    expect(what(world, "nobody")).toEqual([])
  })
})

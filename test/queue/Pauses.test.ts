import { describe, expect, it } from "vitest"
import { explain } from "../../src/queue/explain.ts"
import { jobKey } from "../../src/queue/Policy.ts"
import { contents } from "../../src/queue/RunQueue.ts"
import type { Scope } from "../../src/queue/Scope.ts"
import { fold } from "../simulation/World.ts"
import {
  admittedIn,
  cancel,
  ended,
  factsOf,
  from,
  pause,
  poolRules,
  resume,
  retrying,
  rules,
  started,
  submit,
  tagged,
  under,
  unreachable,
  using
} from "./commands.ts"

const queue: Scope = { _tag: "Queue" }
const red: Scope = { _tag: "Tag", key: "team", value: "red" }
const team: Scope = { _tag: "Tag", key: "team" }
const etl: Scope = { _tag: "Tag", key: jobKey, value: "etl" }
const db: Scope = { _tag: "Pool", pool: "db" }
const east: Scope = { _tag: "Location", location: "east" }

const all = [
  submit("plain"),
  submit("red", tagged("team", "red")),
  submit("blue", tagged("team", "blue")),
  submit("etl", { job: "etl" }),
  submit("root", using("db")),
  submit("later", { pools: { all: ["db"], unconstrainedRoot: true } }),
  submit("east", from("east"))
]
const everyone = ["plain", "red", "blue", "etl", "root", "later", "east"]

describe.each([
  ["all", queue, everyone],
  ["a tag of one value", red, ["red"]],
  ["a tag of any value", team, ["red", "blue"]],
  ["a job", etl, ["etl"]],
  ["a pool, whether their first steps use it or not", db, ["root", "later"]],
  ["a code location", east, ["east"]]
] as const)("a pause of runs of %s", (_, scope, theirs) => {
  const others = everyone.filter((run) => !theirs.some((one) => one === run))

  it("keeps them from starting until it is resumed, and nobody else", () => {
    const world = under({})
    world.turn(pause(scope))
    expect(admittedIn(world.turn(...all))).toEqual(others)
    world.now += 1e9
    expect(admittedIn(world.turn())).toEqual([])
    expect(factsOf(world.turn(resume(scope)))).toEqual([
      "AdmissionResumed",
      ...theirs.map((run) => `RunAdmitted ${run}`)
    ])
  })

  it("keeps those back that wait already, and lets go on what runs", () => {
    const world = under({ maxConcurrentRuns: 0 })
    world.turn(...all)
    world.turn(pause(scope))
    expect(admittedIn(world.turn(rules({})))).toEqual(others)
    const busy = under({})
    busy.turn(...all)
    busy.turn(pause(scope), ...everyone.map((run) => started(run)))
    busy.turn(...everyone.map((run) => ended(run)))
    expect(new Set(Array.from(busy.queue.runs.values(), ({ state }) => state))).toEqual(
      new Set(["succeeded"])
    )
  })

  it("ends by itself where it was said until when, and wakes the coordinator for that", () => {
    const world = under({ timeouts: { startMs: null, runtimeMs: null, cancelMs: null } })
    world.turn(pause(scope, world.now + 50))
    world.turn(...all)
    expect(world.queue.wakesAt).toBe(world.now + 50)
    world.now += 49
    expect(factsOf(world.turn())).toEqual([])
    world.now += 1
    expect(admittedIn(world.turn())).toEqual(theirs)
    expect(world.queue.wakesAt).toBeUndefined()
  })

  it("holds over a restart, and over other rules", () => {
    const world = under({})
    world.turn(pause(scope))
    world.turn(rules({ maxConcurrentRuns: 20 }))
    expect(contents(fold(world.log))).toEqual(contents(world.queue))
    world.restart()
    expect(admittedIn(world.turn(...all))).toEqual(others)
  })

  it("is a reason of theirs, and of nobody else", () => {
    const world = under({ maxConcurrentRuns: 0 })
    const until = world.now + 50
    world.turn({ ...pause(scope, until), reason: "outage" } as ReturnType<typeof pause>, ...all)
    for (const run of everyone) {
      const paused = { _tag: "Paused", scope, by: "ann", since: world.now, until, reason: "outage" }
      const reasons = explain(world.queue, run, world.now)?.reasons
      if (theirs.some((one) => one === run)) expect(reasons).toContainEqual(paused)
      else expect(reasons).not.toContainEqual(paused)
    }
  })
})

describe("pauses", () => {
  it("are each for themselves: a run starts when the last of its own has ended", () => {
    const world = under({})
    const run = submit("a", { tags: { team: "red", "dagster/code_location": "east" }, ...using("db") })
    const scopes = [queue, red, team, db, east]
    world.turn(...scopes.map((scope) => pause(scope)), run)
    expect(scopes.map((scope) => admittedIn(world.turn(resume(scope))))).toEqual([[], [], [], [], ["a"]])
  })

  it("take the place of one of the same: the last word counts", () => {
    const world = under({})
    world.turn(pause(red, world.now + 10), pause(red, world.now + 20), submit("a", tagged("team", "red")))
    expect(world.queue.pauses.all).toHaveLength(1)
    world.now += 10
    expect(admittedIn(world.turn())).toEqual([])
    world.turn(pause(red))
    world.now += 1e9
    expect(admittedIn(world.turn())).toEqual([])
  })

  it("that are over are told once, and resuming what is not paused leaves no trace", () => {
    const world = under({})
    world.turn(pause(red, world.now + 10))
    world.now += 10
    expect(factsOf(world.turn())).toEqual(["AdmissionResumed"])
    expect(factsOf(world.turn(resume(red)))).toEqual([])
  })

  it("are told apart whatever stands in the key and the value", () => {
    const scopes: ReadonlyArray<Scope> = [
      { _tag: "Tag", key: "a=b" },
      { _tag: "Tag", key: "a", value: "b" },
      { _tag: "Tag", key: '"a', value: 'b"=c' },
      { _tag: "Tag", key: "a=b", value: "c" },
      { _tag: "Tag", key: "a" },
      { _tag: "Tag", key: "a", value: "" }
    ]
    const world = under({})
    world.turn(...scopes.map((scope) => pause(scope)))
    expect(world.queue.pauses.all).toHaveLength(scopes.length)
  })

  it("of all do not wake the coordinator for a run whose time has come: it could do nothing", () => {
    const world = under({})
    world.turn(pause(queue), submit("a", { notBefore: world.now + 10 }))
    expect(world.queue.wakesAt).toBeUndefined()
    world.now += 10
    expect([admittedIn(world.turn()), world.queue.wakesAt]).toEqual([[], undefined])
    expect(admittedIn(world.turn(resume(queue)))).toEqual(["a"])
  })

  it("wake the coordinator for the first that ends", () => {
    const world = under({})
    const { now } = world
    world.turn(pause(red, now + 30), pause(db, now + 20), pause(east))
    expect(world.queue.wakesAt).toBe(now + 20)
  })
})

describe("the location of a run whose launcher could not be reached", () => {
  const delay = { launches: 5, launchDelayMs: 1_000 }

  it("is paused by nobody, for so long, with the reason why", () => {
    const world = under(retrying(delay))
    world.turn(submit("a", from("east")))
    const { turn } = world.turn(ended("a", unreachable))
    expect(turn.events.map(({ type, data, actor, cause }) => ({ type, data, actor, cause }))).toEqual([
      {
        type: "RunRequeued",
        data: { attempt: 1, cause: unreachable, notBefore: world.now },
        actor: "ann",
        cause: expect.any(String)
      },
      {
        type: "AdmissionPaused",
        data: { scope: east, until: world.now + 1_000, cause: unreachable },
        actor: "signalbox",
        cause: expect.any(String)
      }
    ])
  })

  it("is paused for longer by a later failure, and never for less long than it was", () => {
    const world = under(retrying(delay))
    world.turn(submit("a", from("east")), submit("b", from("east")), submit("c", from("east")))
    const begin = world.now
    world.turn(ended("a", unreachable))
    expect(factsOf(world.turn(ended("b", unreachable)))).toEqual(["RunRequeued b"])
    world.now += 400
    expect(factsOf(world.turn(ended("c", unreachable)))).toEqual(["RunRequeued c", "AdmissionPaused"])
    expect(world.queue.pauses.get(east)?.until).toBe(begin + 1_400)
  })

  it("stays paused where someone has paused it without end", () => {
    const world = under(retrying(delay))
    world.turn(submit("a", from("east")))
    world.turn(pause(east))
    expect(factsOf(world.turn(ended("a", unreachable)))).toEqual(["RunRequeued a"])
    world.now += 1e9
    expect(admittedIn(world.turn())).toEqual([])
  })

  it("is left alone by a run that is not launched again, and by one that is being stopped", () => {
    const world = under(retrying({ ...delay, launches: 0 }))
    world.turn(submit("a", from("east")), submit("b", from("east")))
    world.turn(cancel("b"))
    world.turn(ended("a", unreachable), ended("b", unreachable))
    expect(world.queue.pauses.all).toEqual([])
  })

  it("can be resumed by hand: then its runs start at once", () => {
    const world = under(retrying(delay))
    world.turn(submit("a", from("east")))
    world.turn(ended("a", unreachable))
    expect(admittedIn(world.turn(resume(east)))).toEqual(["a"])
  })
})

it("a pause of a pool holds back a run of whole-run pools too", () => {
  const world = under(poolRules({ db: 5 }, { granularity: "run" }))
  world.turn(pause(db))
  expect(admittedIn(world.turn(submit("a", using("db")), submit("b", using("gpu"))))).toEqual(["b"])
  expect(admittedIn(world.turn(resume(db)))).toEqual(["a"])
})

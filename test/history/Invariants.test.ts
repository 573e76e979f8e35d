import { describe, expect, it } from "vitest"
import { Invariants, type Rule, type Violation } from "../../src/history/Invariants.ts"
import type { Event, EventType } from "../../src/queue/Event.ts"
import { defaultPolicy, type Policy } from "../../src/queue/Policy.ts"
import { settings } from "../../src/settings.ts"
import {
  claim,
  ended,
  free,
  hold,
  letGo,
  lost,
  pause,
  poolRules,
  resume,
  retrying,
  started,
  submit,
  tagged,
  under,
  unreachable
} from "../queue/commands.ts"

const violationsOf = (log: ReadonlyArray<Event>): ReadonlyArray<Violation> => {
  const invariants = new Invariants()
  return log.flatMap((event) => invariants.take(event))
}

const policy: Policy = {
  ...defaultPolicy,
  maxConcurrentRuns: 2,
  tagLimits: [{ key: "team", each: true, limit: 1 }]
}

/** Two runs of one team, one after the other, and one of another team beside them; over two terms. */
const soundLog = (): Array<Event> => {
  const world = under(policy)
  const of = (team: string, notBefore = 0) => ({ tags: { team }, notBefore })
  world.turn(submit("a", of("red")), submit("b", of("red")), submit("c", of("blue", world.now + 500)))
  world.now += 1000
  world.turn(started("a"))
  world.restart()
  world.now += 1000
  world.turn(ended("a"))
  return world.log
}

type Edit = (log: Array<Event>) => ReadonlyArray<Event>

/** The log with the first event of that type, and of that run, changed. */
const change =
  (type: EventType, run: string | null, how: (event: Event) => object): Edit =>
  (log) => {
    const at = log.findIndex((event) => event.type === type && event.run === run)
    return log.with(at, { ...log[at], ...how(log[at] as Event) } as Event)
  }

const inData = (type: EventType, run: string | null, data: object): Edit =>
  change(type, run, (event) => ({ data: { ...event.data, ...data } }))

const numbered = (log: ReadonlyArray<Event>): ReadonlyArray<Event> =>
  log.map((event, index) => ({ ...event, position: index + 1 }) as Event)

/** The log with a copy of one event right after another one. */
const copy =
  (type: EventType, run: string, after: EventType, ofRun: string | null): Edit =>
  (log) => {
    const where = log.findIndex((event) => event.type === after && event.run === ofRun)
    const before = log[where] as Event
    const copied = log.find((event) => event.type === type && event.run === run) as Event
    const { turn, at, epoch } = before
    return numbered(log.toSpliced(where + 1, 0, { ...copied, turn, at, epoch }))
  }

describe("a log", () => {
  it("that a coordinator wrote breaks nothing", () => {
    expect(violationsOf(soundLog())).toEqual([])
    expect(soundLog().map(({ type, run }) => [type, run].join(" "))).toEqual([
      "CoordinatorStarted ",
      "PolicySet ",
      ...["RunSubmitted a", "RunQueued a", "RunSubmitted b", "RunQueued b", "RunSubmitted c", "RunQueued c"],
      "RunAdmitted a",
      ...["RunStarted a", "RunAdmitted c"],
      "CoordinatorStarted ",
      ...["RunSucceeded a", "RunAdmitted b"]
    ])
  })

  it.each<[string, Rule, Edit]>([
    ["that has a gap", "position", (log) => log.toSpliced(5, 1)],
    [
      "that does not begin at its beginning",
      "position",
      (log) => log.map((event) => ({ ...event, position: event.position + 1 }))
    ],
    ["whose time falls", "time", change("CoordinatorStarted", null, ({ at }) => ({ at: at + 5000 }))],
    ["whose turns fall", "turn", change("RunSucceeded", "a", () => ({ turn: 2 }))],
    ["that leaves out a turn", "turn", change("RunStarted", "a", ({ turn }) => ({ turn: turn + 1 }))],
    ["of which one turn has two times", "turn", change("RunAdmitted", "b", ({ at }) => ({ at: at + 1 }))],
    [
      "of which one turn has two epochs",
      "turn",
      change("RunAdmitted", "b", ({ epoch }) => ({ epoch: epoch + 1 }))
    ],
    ["whose epoch falls", "epoch", change("RunSucceeded", "a", () => ({ epoch: 1 }))],
    ["that submits a run twice", "chart", copy("RunSubmitted", "a", "RunQueued", "b")],
    ["that tells of a run that nobody submitted", "chart", change("RunSubmitted", "b", () => ({ run: "d" }))],
    ["that starts a run that was not admitted", "chart", copy("RunStarted", "a", "RunQueued", "a")],
    ["that ends a run twice", "chart", copy("RunSucceeded", "a", "RunSucceeded", "a")],
    ["that leaves out an attempt", "attempt", inData("RunAdmitted", "b", { attempt: 2 })],
    [
      "that tells of another attempt than the current one",
      "attempt",
      inData("RunStarted", "a", { attempt: 2 })
    ],
    [
      "that admits where no coordinator does",
      "admission",
      inData("CoordinatorStarted", null, { admits: false })
    ],
    [
      "that admits after its coordinator has stopped",
      "admission",
      (log) => log.with(11, { ...log[11], type: "CoordinatorStopped", data: {} } as Event)
    ],
    [
      "that admits a run before its time",
      "admission",
      inData("RunSubmitted", "b", { spec: { id: "b", tags: { team: "red" }, notBefore: 2e15 } })
    ],
    ["that passes the limit of a tag", "limit", copy("RunAdmitted", "b", "RunStarted", "a")],
    [
      "that passes the limit of all runs",
      "limit",
      inData("PolicySet", null, { policy: { ...policy, maxConcurrentRuns: 1 } })
    ],
    ["that names another policy than the one in force", "slots", inData("RunAdmitted", "a", { policy: 0 })],
    ["that takes a slot too few", "slots", inData("RunAdmitted", "a", { slots: ["runs"] })],
    [
      "that takes a slot too many",
      "slots",
      inData("RunAdmitted", "a", { slots: ["runs", "each:team=red", "tag:team"] })
    ],
    ["that takes a slot twice", "slots", inData("RunAdmitted", "a", { slots: ["runs", "runs"] })],
    ["that leaves out a policy", "policy", inData("PolicySet", null, { number: 2 })]
  ])("%s breaks the rule %s", (_, rule, edit) => {
    expect(violationsOf(edit(soundLog()))[0]?.rule).toBe(rule)
  })
})

/** Two runs share a pool of one slot; another is held, and another belongs to what is paused. */
const soundPools = (): Array<Event> => {
  const red = { _tag: "Tag", key: "team", value: "red" } as const
  const world = under({ ...poolRules({ db: 1 }), ...retrying({ resumes: 1 }) })
  world.turn(pause(red), submit("a"), submit("b"), submit("held"), hold("held"))
  world.turn(submit("red", tagged("team", "red")))
  world.turn(started("a"), started("b"), claim("a/x", "db"), claim("b/y", "db"))
  world.turn(free("a/x"))
  world.turn(letGo("held"), resume(red))
  world.turn(ended("b", lost))
  world.turn(started("b", 2), claim("b/y", "db", { attempt: 2 }))
  return world.log
}

describe("a log of pools, of runs that are held and of pauses", () => {
  const without =
    (type: EventType): Edit =>
    (log) =>
      numbered(log.filter((event) => event.type !== type))

  it("that a coordinator wrote breaks nothing", () => {
    expect(violationsOf(soundPools())).toEqual([])
  })

  it.each<[string, Rule, Edit]>([
    ["that grants slots which are taken", "claim", inData("SlotClaimed", "b", { granted: true })],
    ["that grants more slots than there are", "claim", inData("SlotClaimed", "a", { slots: 2 })],
    ["that grants too early what waits", "claim", copy("SlotGranted", "b", "SlotClaimed", "b")],
    ["that lets a step claim a pool twice", "claim", copy("SlotClaimed", "a", "SlotClaimed", "a")],
    ["that grants what nobody waits for", "claim", inData("SlotGranted", "b", { step: "z" })],
    ["that grants what a step has already", "claim", copy("SlotGranted", "b", "SlotGranted", "b")],
    ["that admits a run which is held", "admission", without("RunReleased")],
    ["that admits what is paused", "admission", without("AdmissionResumed")],
    [
      "that leaves out an attempt in place of a lost one",
      "attempt",
      inData("RunResumed", "b", { attempt: 3 })
    ]
  ])("%s breaks the rule %s", (_, rule, edit) => {
    expect(violationsOf(edit(soundPools()))[0]?.rule).toBe(rule)
  })

  it("says which step is granted what it does not wait for", () => {
    const issues = [
      copy("SlotGranted", "b", "SlotGranted", "b"),
      inData("SlotGranted", "b", { step: "z" })
    ].map((edit) => violationsOf(edit(soundPools()))[0]?.issue)
    expect(issues).toEqual(["y", "z"].map((step) => `step ${step} is granted what it does not wait for`))
  })
})

it("a run that is back in line is not admitted before its new time", () => {
  const world = under({})
  world.turn(submit("a"))
  world.turn(ended("a", unreachable))
  world.now += settings.launchRetryDelayMs
  world.turn()
  expect(violationsOf(world.log)).toEqual([])
  const sooner = inData("RunRequeued", "a", { notBefore: world.now + 1 })(world.log)
  expect(violationsOf(sooner).map(({ rule }) => rule)).toEqual(["admission"])
})

describe("a log with retries", () => {
  const exited = { _tag: "Exited", code: 75 } as const
  const retry = [{ causes: ["Exited"], max: 2, delayMs: 1_000, jitter: 0.5 }] as const
  const retried = () => {
    const world = under({})
    world.turn(submit("a", { retry }))
    for (const attempt of [1, 2, 3]) {
      world.turn({ _tag: "ReportEnded", run: "a", attempt, outcome: exited })
      world.now += 2_000
      world.turn()
    }
    return world.log
  }
  const again = { rule: 0, number: 1, max: 2, place: "end" } as const

  it("that a coordinator wrote breaks nothing", () => {
    expect(violationsOf(retried())).toEqual([])
    expect(retried().filter(({ type }) => type === "RunRequeued")).toHaveLength(2)
  })

  it.each<[string, Edit]>([
    ["by a rule that there is not", inData("RunRequeued", "a", { retry: { ...again, rule: 1 } })],
    ["counted wrongly", inData("RunRequeued", "a", { retry: { ...again, number: 2 } })],
    ["for another cause", inData("RunRequeued", "a", { cause: { _tag: "Threw", message: "" } })],
    ["after too long a wait", inData("RunRequeued", "a", { notBefore: 9_999_999 })],
    ["after too short a wait", inData("RunRequeued", "a", { notBefore: 0 })],
    ["of a run that has fewer", change("RunSubmitted", "a", ({ data }) => ({ data: withMax(data, 1) }))]
  ])("that has one %s breaks the rule retry", (_, edit) => {
    expect(violationsOf(edit(retried())).some(({ rule }) => rule === "retry")).toBe(true)
  })
})

/** The same submission, whose retry rule allows so many. */
const withMax = (data: object, max: number): object => {
  const { retries } = data as { readonly retries: { readonly rules: ReadonlyArray<object> } }
  return { ...data, retries: { ...retries, rules: retries.rules.map((rule) => ({ ...rule, max })) } }
}

describe("a log under a rate limit", () => {
  const limited = (burst: number) => {
    const world = under({ rateLimits: [{ key: "host", each: true, limit: 3, periodMs: 1_000, burst }] })
    world.turn(...["a", "b", "c", "d"].map((id) => submit(id, tagged("host", "x"))), submit("e"))
    for (let at = world.queue.wakesAt; at !== undefined && at < world.now + 1_000; at = world.queue.wakesAt) {
      world.now = at
      world.turn()
    }
    return world.log
  }

  it("that a coordinator wrote breaks nothing", () => {
    for (const burst of [1, 2, 3]) {
      expect(violationsOf(limited(burst))).toEqual([])
      expect(limited(burst).filter(({ type }) => type === "RunAdmitted")).toHaveLength(5)
    }
  })

  it("is broken by a start that comes too soon, be it by a millisecond, and by none that is due", () => {
    for (const burst of [1, 2]) {
      const last = limited(burst).findLast(({ type }) => type === "RunAdmitted")
      const sooner = change("RunAdmitted", "d", ({ at }) => ({ at: at - 1 }))(limited(burst))
      expect(violationsOf(sooner).map(({ rule, issue }) => [rule, issue])).toEqual([
        [
          "rate",
          `admits run d at ${(last?.at ?? 0) - 1}, before rate(3/1000ms,${burst}):host~x lets one more start`
        ]
      ])
    }
  })
})

describe("a violation", () => {
  it("says where, against which rule, and what is wrong", () => {
    expect(violationsOf(copy("RunAdmitted", "b", "RunStarted", "a")(soundLog()))[0]).toEqual({
      position: 11,
      rule: "limit",
      issue: "admits run b, though 1 of 1 slots of each:team=red are held"
    })
  })

  it("does not hide the next one", () => {
    const log = inData("RunStarted", "a", { attempt: 7 })(soundLog())
    const positions = violationsOf(inData("RunAdmitted", "b", { slots: [] })([...log])).map(
      ({ position }) => position
    )
    expect(positions).toEqual([10, 14])
  })
})

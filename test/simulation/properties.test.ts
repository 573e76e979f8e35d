import * as Result from "effect/Result"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { runMachine } from "../../machines/runMachine.ts"
import { Invariants } from "../../src/history/Invariants.ts"
import { EventData } from "../../src/queue/Event.ts"
import { explain } from "../../src/queue/explain.ts"
import { defaultPolicy } from "../../src/queue/Policy.ts"
import type { Command } from "../../src/queue/QueueCommand.ts"
import { contents } from "../../src/queue/RunQueue.ts"
import { type Accepted, turn } from "../../src/queue/turn.ts"
import { intent } from "../../src/run/intent.ts"
import { isFinished, isHoldingSlot } from "../../src/run/lifecycle.ts"
import { arrowsOf } from "../machines/chart.ts"
import { type History, orders, play } from "./History.ts"
import { history, limitedHistory } from "./histories.ts"
import { admissible, lineOf } from "./naive.ts"
import { reasonsOf } from "./reasonsOf.ts"
import { fold, type Moment, type World } from "./World.ts"

const numRuns = 300

const inEveryHistory = (holds: (history: History) => void): void =>
  fc.assert(fc.property(history, holds), { numRuns })

const afterEveryTurn = (holds: (world: World, moment: Moment) => void): void =>
  inEveryHistory((history) => {
    play(history, holds)
  })

/** The queue as another coordinator would have it. */
const another = ({ log }: World, upTo = log.length) => fold(log.slice(0, upTo), orders)

/** Commands that ask for what may be so already. */
const mayBeNoNews: ReadonlyArray<Command["_tag"]> = [
  "CancelRun",
  "ReportStarted",
  "ReportHealth",
  "SetPriority",
  "HoldRun",
  "ReleaseRun",
  "ClaimSlot",
  "ReleaseSlot",
  "SetPoolLimit",
  "ResumeAdmission",
  "SetSchedule",
  "PauseSchedule",
  "ResumeSchedule"
]

const isNoNews = ({ _tag }: Command, { deduplicated }: Accepted): boolean =>
  deduplicated === true || mayBeNoNews.includes(_tag)

describe("the log", () => {
  it("keeps its promises at every position; above all, no admission passes a limit", () => {
    inEveryHistory((history) => {
      const invariants = new Invariants()
      for (const event of play(history).log) expect(invariants.take(event)).toEqual([])
    })
  })

  it("makes, up to any turn, the very state that the coordinator had then", () => {
    inEveryHistory((history) => {
      const shadow = fold([], orders)
      play(history, ({ log, queue }) => {
        for (const event of log.slice(shadow.position)) shadow.apply(event)
        expect(contents(shadow)).toEqual(contents(queue))
      })
    })
  })

  it("holds what was accepted, and nothing of what was refused", () => {
    afterEveryTurn(({ queue }, { asked, turn: { events, replies } }) => {
      for (const [index, { id, command }] of asked.entries()) {
        const reply = replies[index]
        const caused = events.filter(({ cause }) => cause === id)
        if (!reply || Result.isFailure(reply)) expect(caused).toEqual([])
        else {
          expect(reply.success.position).toBe(queue.position)
          if (!isNoNews(command, reply.success)) expect(caused).not.toEqual([])
        }
      }
    })
  })
})

describe("a turn", () => {
  it("comes out the same for whoever takes it, at the same state and time with the same commands", () => {
    afterEveryTurn((world, { now, asked, turn: taken, after }) => {
      expect(turn(another(world, after), asked, now)).toEqual(taken)
    })
  })

  it("lets in exactly those that the rules let in, in their order", () => {
    afterEveryTurn((world, { now, turn: { events }, after }) => {
      // At its end, and before it where a full queue had to make room.
      for (let at = 0; at <= events.length; at++) {
        const rest = events.slice(at)
        const others = rest.findIndex(({ type }) => type !== "RunAdmitted")
        const admitted = others === -1 ? rest : rest.slice(0, others)
        if (admitted.length === 0 && at < events.length) continue
        const before = another(world, after + at)
        expect(admitted.map(({ run }) => run)).toEqual(
          admissible(before, world.log.slice(0, after + at), orders, Math.max(now, before.at))
        )
        at += admitted.length
      }
    })
  })

  it("comes out the same for a copy of the queue, which goes its own way", () => {
    inEveryHistory((history) => {
      let copy = fold([], orders)
      play(history, ({ queue }, { asked, now, turn: taken, after }) => {
        if (copy.position === after && after > 0) expect(turn(copy, asked, now)).toEqual(taken)
        expect(contents(queue.copy())).toEqual(contents(queue))
        copy = queue.copy()
      })
    })
  })

  it("leaves nothing undone: until time has something to decide, another one adds nothing", () => {
    afterEveryTurn((world) => {
      const queue = another(world)
      expect(turn(queue, [], world.now).events).toEqual([])
      const wakesAt = queue.wakesAt ?? Number.MAX_SAFE_INTEGER
      expect(wakesAt).toBeGreaterThan(Math.max(world.now, queue.at))
      expect(turn(queue, [], wakesAt - 1).events).toEqual([])
    })
  })

  it("leaves each waiting run with a reason, and each reason is true", () => {
    afterEveryTurn((world) => {
      const { queue, now } = world
      for (const [place, run] of lineOf(queue, orders).entries()) {
        const explanation = explain(queue, run.id, now)
        expect(explanation).toMatchObject({ state: run.state, place: place + 1, policy: queue.policyNumber })
        const reasons = explanation?.reasons ?? []
        expect(reasons).not.toEqual([])
        expect(new Set(reasons)).toEqual(new Set(reasonsOf(world, run)))
      }
    })
  })

  it("leaves each unfinished run with something to do: to wait, to work or to stop", () => {
    afterEveryTurn(({ queue }) => {
      for (const { state } of queue.runs.values()) expect(intent(state) === "Rest").toBe(isFinished(state))
    })
  })

  it("leaves a worker for each run in progress and for no other; each attempt was started once", () => {
    afterEveryTurn(({ queue, workers, launches }) => {
      const inProgress = [...queue.runs.values()].filter(({ state }) => isHoldingSlot(state))
      expect(
        Array.from(workers.values(), ({ run, attempt, stopping }) => [run, attempt, stopping]).toSorted()
      ).toEqual(inProgress.map(({ id, attempt, state }) => [id, attempt, state === "canceling"]).toSorted())
      expect(new Set(launches.map(({ run, attempt }) => `${run} ${attempt}`)).size).toBe(launches.length)
    })
  })
})

describe("at quiet", () => {
  /** Nothing holds runs back for ever: a coordinator admits, and every limit has room for one. */
  const open = (world: World): void => {
    world.restart()
    world.turn({ _tag: "SetPolicy", policy: { ...defaultPolicy, maxConcurrentRuns: 1 } })
    for (const { scope } of world.queue.pauses.all) world.turn({ _tag: "ResumeAdmission", scope })
    for (const { name } of world.queue.schedules.all) world.turn({ _tag: "PauseSchedule", name })
    const held = Array.from(world.queue.waiting.line).filter((run) => run.held)
    for (const { id } of held) world.turn({ _tag: "ReleaseRun", run: id })
  }

  const expectAllEnded = ({ queue, workers }: World): void => {
    for (const { state } of queue.runs.values()) expect(isFinished(state)).toBe(true)
    expect(queue).toMatchObject({ wakesAt: undefined, slots: { size: 0 }, waiting: { line: { size: 0 } } })
    expect(workers.size).toBe(0)
  }

  it("every run has ended, if every worker says how it ended", () => {
    inEveryHistory((history) => {
      const world = play(history)
      open(world)
      for (let rounds = world.queue.runs.size; rounds >= 0; rounds--) {
        world.now = Math.max(world.now, world.queue.at) + 3_600_000
        const ended = Array.from(
          world.workers.values(),
          ({ run, attempt }) =>
            ({ _tag: "ReportEnded", run, attempt, outcome: { _tag: "Succeeded" } }) as const
        )
        world.turn(...ended)
      }
      expectAllEnded(world)
    })
  })

  it("every run has ended, if no worker ever says a word, but every run has its time limits", () => {
    const holds = (history: History) => {
      const world = play(history)
      open(world)
      for (let at = world.queue.wakesAt; at !== undefined; at = world.queue.wakesAt) {
        expect(at).toBeGreaterThan(world.now)
        world.now = at
        world.turn()
      }
      expectAllEnded(world)
    }
    fc.assert(fc.property(limitedHistory, holds), { numRuns })
  })
})

describe("the histories", () => {
  /** What the histories reach says something about how they are made: always the same ones, so that chance has no say. */
  const seed = 1

  it("go over every arrow of the chart that a rule can decide, and meet every event, refusal and reason", () => {
    const arrows = new Set<string>()
    const seen = new Set<string>()
    const look = (history: History) => {
      const world = play(history, ({ queue, now }, { turn: { replies } }) => {
        for (const reply of replies) {
          if (Result.isFailure(reply)) seen.add(reply.failure._tag)
          else if (reply.success.deduplicated) seen.add("deduplicated")
        }
        for (const id of queue.runs.keys())
          for (const { _tag } of explain(queue, id, now)?.reasons ?? []) seen.add(_tag)
      })
      const queue = fold([], orders)
      for (const event of world.log) {
        seen.add(event.type)
        const from = event.run === null ? undefined : queue.runs.get(event.run)?.state
        queue.apply(event)
        if (from && event.run !== null) arrows.add(`${from} ${event.type} ${queue.run(event.run).state}`)
      }
    }
    fc.assert(fc.property(history, look), { seed, numRuns: 5 * numRuns })
    expect([...arrows].toSorted()).toEqual(arrowsOf(runMachine).toSorted())
    expect(seen).toEqual(
      new Set([
        ...Object.keys(EventData),
        ...["RunExists", "RunUnknown", "StateRefuses", "StaleAttempt"],
        ...["QueueFull", "KeyTaken", "OrderUnknown", "PolicyInvalid", "CommandInvalid"],
        ...["KeyReused", "ScheduleUnknown", "ScheduleInvalid", "deduplicated"],
        ...["RateReached", "Reserved", "Behind"],
        ...["LimitFull", "PoolsFull", "Paused", "Held", "NotBefore", "AdmissionClosed"]
      ])
    )
  })
})

import { describe, expect, it } from "vitest"
import type { Event } from "../../src/queue/Event.ts"
import { contents, RunQueue } from "../../src/queue/RunQueue.ts"
import { fold } from "../simulation/World.ts"
import { cancel, started, submit, under } from "./commands.ts"

const log = () => {
  const world = under({ maxConcurrentRuns: 1 })
  world.turn(submit("a"), submit("b"))
  world.turn(started("a"), cancel("b"))
  return world.log
}

describe("a queue", () => {
  it("knows nothing before the first event, and admits nobody", () => {
    expect(contents(new RunQueue())).toMatchObject({
      position: 0,
      turn: 0,
      epoch: 0,
      at: 0,
      admits: false,
      policyNumber: 0,
      runs: [],
      waiting: [],
      holders: {}
    })
    expect(new RunQueue().wakesAt).toBeUndefined()
  })

  it("takes events only in their order, with none left out and none twice", () => {
    const [first, second, third] = log() as [Event, Event, Event]
    expect(() => fold([second])).toThrow("2 follows position 0: the log has a gap")
    expect(() => fold([first, third])).toThrow("3 follows position 1: the log has a gap")
    expect(() => fold([first, first])).toThrow("1 follows position 1: the log has a gap")
  })

  it("takes no event that the chart does not allow", () => {
    const events = log()
    const again = {
      ...events.find(({ type }) => type === "RunStarted"),
      position: events.length + 1
    } as Event
    expect(() => fold([...events, again])).toThrow("RunStarted cannot befall run a, which is started")
  })

  it("knows each run in the order of submission, who waits, and who holds what", () => {
    const { runs, ...rest } = contents(fold(log()))
    expect(runs.map(({ id, state }) => [id, state])).toEqual([
      ["a", "started"],
      ["b", "canceled"]
    ])
    expect(rest).toMatchObject({
      waiting: [],
      holders: { runs: ["a"] },
      admits: true,
      epoch: 1,
      policyNumber: 1
    })
  })

  it("knows no run that was not submitted", () => {
    expect(() => fold(log()).run("c")).toThrow("no run c")
  })
})

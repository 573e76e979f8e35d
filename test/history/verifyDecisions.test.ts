import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type Verified, verifyDecisions } from "../../src/history/verifyDecisions.ts"
import type { Event } from "../../src/queue/Event.ts"
import type { Orders } from "../../src/queue/order.ts"
import { isWaiting } from "../../src/run/lifecycle.ts"
import { cancel, ended, hold, submit, tagged, under } from "../queue/commands.ts"
import { orders, play } from "../simulation/History.ts"
import { history } from "../simulation/histories.ts"
import { fold } from "../simulation/World.ts"

type Log = ReadonlyArray<Event>

const verify = (log: Log, known: Orders = orders): Verified =>
  Effect.runSync(verifyDecisions(Stream.fromIterable(log), known))

const isAdmission = ({ type }: Event): boolean => type === "RunAdmitted"
const admissionsIn = (log: Log): Log => log.filter(isAdmission)

/** The log with one event changed. */
const changed = (log: Log, position: number, change: (event: Event) => object): Log =>
  log.map((event) => (event.position === position ? ({ ...event, ...change(event) } as Event) : event))

const inEveryHistory = (holds: (log: Log, pick: number) => void): void =>
  fc.assert(
    fc.property(history, fc.nat(), (steps, pick) => holds(play(steps).log, pick)),
    { numRuns: 200 }
  )

describe("a log that nobody has touched", () => {
  it("has no admission that the rules do not explain", () => {
    inEveryHistory((log) => {
      expect(verify(log)).toEqual({
        decisions: admissionsIn(log).length,
        turns: new Set(log.map(({ turn }) => turn)).size
      })
    })
  })

  it("is explained too where it was written before admissions said why", () => {
    inEveryHistory((log) => {
      const old = log.map((event) => {
        if (event.type !== "RunAdmitted") return event
        const { decision: _, ...data } = event.data
        return { ...event, data }
      })
      expect(verify(old)).not.toHaveProperty("found")
    })
  })
})

describe("in a log that was tampered with", () => {
  it("a run that was let in in the place of another is found", () => {
    inEveryHistory((log, pick) => {
      const admissions = admissionsIn(log)
      const picked = admissions[pick % Math.max(1, admissions.length)]
      if (!picked) return
      const queue = fold(log.slice(0, picked.position - 1), orders)
      const others = [...queue.runs.values()].filter(({ id, state }) => isWaiting(state) && id !== picked.run)
      const other = others[pick % Math.max(1, others.length)]
      if (!other) return
      const swapped = changed(log, picked.position, ({ data }) => ({
        run: other.id,
        data: { ...data, attempt: other.attempt + 1 }
      }))
      expect(verify(swapped)).toMatchObject({
        found: { _tag: "OtherRun", position: picked.position, run: other.id, derived: picked.run }
      })
    })
  })

  it("a run that was kept back is found", () => {
    inEveryHistory((log, pick) => {
      const admissions = admissionsIn(log).filter(({ position, turn }) => log[position - 2]?.turn === turn)
      const picked = admissions[pick % Math.max(1, admissions.length)]
      if (!picked) return
      expect(verify(log.slice(0, picked.position - 1))).toMatchObject({
        found: { _tag: "NotAdmitted", position: picked.position - 1, derived: picked.run }
      })
    })
  })

  const world = under({ maxConcurrentRuns: 2, tagLimits: [{ key: "team", each: true, limit: 1 }] })
  world.turn(submit("a", tagged("team", "red")), submit("b", tagged("team", "red")), submit("c"))
  world.turn(submit("d"), submit("e", { priority: 1 }), submit("f"), hold("f"))
  world.turn(ended("a"))
  const { log } = world
  const admissionOf = (run: string) =>
    log.find((event) => event.type === "RunAdmitted" && event.run === run)?.position ?? 0

  it("the admissions are those that the next tests speak of", () => {
    expect(admissionsIn(log).map(({ run }) => run)).toEqual(["a", "c", "e"])
    expect(verify(log)).not.toHaveProperty("found")
  })

  it("one past a limit is found", () => {
    const last = log.at(-1) as Event
    const more = { ...last, position: last.position + 1, run: "d" } as Event
    expect(verify([...log, more])).toMatchObject({
      decisions: 3,
      found: { _tag: "OtherRun", position: more.position, run: "d" }
    })
    expect(verify([...log, more]).found).not.toHaveProperty("derived")
  })

  it("one out of order is found", () => {
    const swapped = changed(log, admissionOf("e"), () => ({ run: "d" }))
    expect(verify(swapped).found).toMatchObject({ _tag: "OtherRun", run: "d", derived: "e" })
  })

  it("one with other reasons than there were is found", () => {
    const place = changed(log, admissionOf("e"), ({ data }) => ({
      data: { ...data, decision: { place: 2, taken: [[2, 2]] } }
    }))
    expect(verify(place).found).toMatchObject({ _tag: "OtherReasons", position: admissionOf("e"), run: "e" })
    const slots = changed(log, admissionOf("c"), ({ data }) => ({ data: { ...data, slots: [] } }))
    expect(verify(slots).found).toMatchObject({ _tag: "OtherReasons", position: admissionOf("c"), run: "c" })
  })

  it("an event that cannot be where it is is found", () => {
    const damaged = changed(log, admissionOf("c"), () => ({ type: "RunSucceeded" }))
    expect(verify(damaged)).toMatchObject({ found: { _tag: "NotAdmitted", derived: "c" } })
    expect(verify(log.slice(1)).found).toMatchObject({ _tag: "Impossible", position: 1 })
  })

  it("all after it is left alone", () => {
    world.turn(cancel("d"))
    const twice = changed(
      changed(world.log, admissionOf("c"), () => ({ run: "b" })),
      admissionOf("e"),
      () => ({ run: "d" })
    )
    expect(verify(twice)).toMatchObject({ decisions: 1, found: { position: admissionOf("c") } })
  })
})

it("a policy whose order is not known here cannot be judged, and that is said", () => {
  const world = under({ order: "newest", maxConcurrentRuns: 1 }, orders)
  world.turn(submit("a"))
  expect(verify(world.log, {})).toMatchObject({ found: { _tag: "OrderUnknown", order: "newest" } })
  expect(verify(world.log)).not.toHaveProperty("found")
})

describe("an admission says", () => {
  it("its place in line, how full each limit is with it, and which more urgent runs were passed over and why", () => {
    const world = under({ maxConcurrentRuns: 3, tagLimits: [{ key: "team", each: true, limit: 1 }] })
    const red = tagged("team", "red")
    world.turn(submit("a", red))
    world.turn(submit("b", { priority: 2, ...red }), submit("c", { priority: 1 }), hold("c"))
    world.turn(submit("d", red), submit("e", tagged("team", "blue")))
    expect(world.log.at(-1)).toMatchObject({
      type: "RunAdmitted",
      run: "e",
      data: {
        decision: {
          passed: [
            { limit: "each:team=red", run: "b", why: "LimitFull" },
            { run: "c", why: "Held" }
          ],
          place: 4,
          taken: [
            [2, 3],
            [1, 1]
          ]
        },
        slots: ["runs", "each:team=blue"]
      }
    })
  })

  it("as taken one for each value, where values are counted", () => {
    const world = under({ maxConcurrentRuns: null, tagLimits: [{ key: "db", distinct: true, limit: 2 }] })
    world.turn(submit("a", tagged("db", "x")), submit("b", tagged("db", "x")), submit("c", tagged("db", "y")))
    expect(
      world.log.flatMap(({ type, data }) =>
        type === "RunAdmitted" && "decision" in data ? [data.decision?.taken] : []
      )
    ).toEqual([[[1, 2]], [[1, 2]], [[2, 2]]])
  })
})

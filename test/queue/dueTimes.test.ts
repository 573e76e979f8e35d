import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { Invariants } from "../../src/history/Invariants.ts"
import type { Schedule } from "../../src/queue/Schedule.ts"
import { settings } from "../../src/settings.ts"
import { World } from "../simulation/World.ts"
import { at, hourMs, later, minuteMs, runsOf, skippedIn, worldAt } from "./calendar.ts"
import { cancel, drain, ended, factsOf, lineOf, rules, schedule, started, statesOf } from "./commands.ts"
import { naiveTimes } from "./naiveTimes.ts"

describe("times at which nobody led that admits", () => {
  const afterAnHour = (more: Partial<Schedule>, cron = "*/10 * * * *", downMs = hourMs + 30_000): World => {
    const world = worldAt("2026-11-25T01:00Z")
    world.turn(schedule("n", cron, more))
    world.turn(drain)
    later(world, downMs)
    expect(world.queue.wakesAt).toBe(undefined)
    world.restart()
    return world
  }
  const minutes = (world: World) => runsOf(world).map((run) => run.slice(-6, -1))

  it("are made up for by the last one, if nothing else is said; the others are recorded as missed", () => {
    const world = afterAnHour({})
    expect(minutes(world)).toEqual(["02:00"])
    expect(skippedIn(world)).toEqual([
      {
        name: "n",
        nominal: at("2026-11-25T01:10Z"),
        next: at("2026-11-25T02:00Z"),
        cause: { _tag: "Missed" }
      }
    ])
  })

  it("are all made up for where it says so, the oldest first", () => {
    const world = afterAnHour({ catchUp: "all" })
    expect(minutes(world)).toEqual(["01:10", "01:20", "01:30", "01:40", "01:50", "02:00"])
    expect(skippedIn(world)).toEqual([])
  })

  it("are made up for only so far, if there are many", () => {
    const world = afterAnHour({ catchUp: "all" }, "* * * * *", 365 * 24 * hourMs)
    expect(runsOf(world).length).toBe(settings.scheduleCatchUpMax)
    expect(runsOf(world)[0]).toBe("n@2027-11-24T23:21Z")
    expect(skippedIn(world).length).toBe(1)
  })

  it("are let pass where it says so, save one that has only just come", () => {
    expect(minutes(afterAnHour({ catchUp: "skip" }))).toEqual(["02:00"])
    const world = afterAnHour({ catchUp: "skip" }, "*/10 * * * *", hourMs + settings.scheduleGraceMs + 1)
    expect(minutes(world)).toEqual([])
    expect(world.queue.wakesAt).toBe(at("2026-11-25T02:10Z"))
  })

  it("are over for good where the schedule has no more", () => {
    const world = afterAnHour({ catchUp: "skip", until: at("2026-11-25T01:30Z") })
    expect(skippedIn(world)).toEqual([
      { name: "n", nominal: at("2026-11-25T01:10Z"), next: null, cause: { _tag: "Missed" } }
    ])
  })
})

describe("while a run of the schedule is active, the next one", () => {
  /** Of the schedule one runs, and one waits where it may. */
  const busy = (overlap: NonNullable<Schedule["overlap"]>): World => {
    const world = worldAt("2026-11-25T01:00Z", {})
    world.turn(schedule("n", "0 * * * *", { overlap }))
    later(world, hourMs)
    world.turn(started("n@2026-11-25T02:00Z"))
    later(world, hourMs)
    return world
  }
  const [first, second, third] = ["02", "03", "04"].map((hour) => `n@2026-11-25T${hour}:00Z`) as [
    string,
    string,
    string
  ]

  it("starts beside it, if nothing else is said", () => {
    expect(statesOf(busy("allow"))).toEqual({ [first]: "started", [second]: "launching" })
  })

  it("is left out, if it says `skip`; one comes again when that has ended", () => {
    const world = busy("skip")
    expect(skippedIn(world)).toMatchObject([{ cause: { rejection: "KeyTaken" } }])
    world.turn(ended(first))
    later(world, hourMs)
    expect(runsOf(world)).toEqual([first, third])
  })

  it("waits for it, if it says `queue`", () => {
    const world = busy("queue")
    expect(lineOf(world)).toEqual([second])
    later(world, hourMs)
    world.turn(ended(first))
    expect(statesOf(world)).toEqual({ [first]: "succeeded", [second]: "launching", [third]: "queued" })
  })

  it("takes the place of those that wait, if it says `replace`", () => {
    const world = busy("replace")
    later(world, hourMs)
    expect(statesOf(world)).toEqual({ [first]: "started", [second]: "canceled", [third]: "queued" })
  })

  it("takes the place of that which runs, too, if it says `cancel`", () => {
    expect(statesOf(busy("cancel"))).toEqual({ [first]: "canceling", [second]: "queued" })
  })

  it("counts one that someone has asked for, too", () => {
    const world = busy("skip")
    expect(world.turn({ _tag: "TriggerSchedule", name: "n" }).turn.replies).toMatchObject([
      { failure: { _tag: "KeyTaken" } }
    ])
    expect(factsOf(world.turn(cancel(first), ended(first)))).not.toContain("ScheduleFired")
  })
})

describe("whatever the clock does, and however often coordinators come and go", () => {
  const start = at("2026-03-28T23:00Z")
  const minute = fc.uniqueArray(fc.integer({ min: 0, max: 59 }), { minLength: 1, maxLength: 3 })
  const hour = fc.option(fc.uniqueArray(fc.integer({ min: 0, max: 4 }), { minLength: 1 }), { nil: undefined })
  const step = fc.oneof(
    fc.record({
      wait: fc.constantFrom(1, 30_000, 10 * minuteMs, 45 * minuteMs, 3 * hourMs, -20 * minuteMs)
    }),
    fc.record({ restart: fc.boolean() }),
    fc.constant({ change: "PauseSchedule" as const }),
    fc.constant({ change: "ResumeSchedule" as const })
  )

  it("each time of a schedule is fired once, or recorded as skipped, or let pass while it was paused", () => {
    fc.assert(
      fc.property(
        minute,
        hour,
        fc.constantFrom("skip", "last", "all"),
        fc.constantFrom("UTC", "Europe/Berlin"),
        fc.array(step, { maxLength: 30 }),
        (minutes, hours, catchUp, timezone, steps) => {
          const world = new World()
          world.now = start
          const cron = `${minutes.join(",")} ${hours?.join(",") ?? "*"} * * *`
          world.turn(rules({ maxConcurrentRuns: 0 }), schedule("n", cron, { catchUp, timezone }))
          for (const one of steps) {
            if ("wait" in one) later(world, one.wait)
            else if ("restart" in one) world.restart(one.restart)
            else world.turn({ _tag: one.change, name: "n" })
          }
          world.turn({ _tag: "ResumeSchedule", name: "n" })
          world.restart()
          const invariants = new Invariants()
          for (const event of world.log) expect(invariants.take(event)).toEqual([])
          const end = world.queue.schedules.get("n")?.next ?? Number.NaN
          const fields = { minute: minutes, ...(hours && { hour: hours }) }
          const expected = naiveTimes(fields, timezone, start + minuteMs, end)
          expect(accounted(world, expected)).toEqual(expected.map(() => 1))
        }
      ),
      { numRuns: 60 }
    )
  })

  /** How often the log accounts for each of these times. */
  const accounted = ({ log }: World, times: ReadonlyArray<number>): ReadonlyArray<number> => {
    const fired: Array<number> = []
    const passed: Array<readonly [from: number, before: number]> = []
    let next: number | null = null
    let pausedFrom: number | null = null
    for (const { type, data } of log) {
      if (type === "ScheduleFired" && data.nominal !== undefined) fired.push(data.nominal)
      if (type === "ScheduleSkipped") passed.push([data.nominal, data.next ?? Number.POSITIVE_INFINITY])
      if (type === "SchedulePaused") pausedFrom = next
      if (type === "ScheduleResumed" && pausedFrom !== null)
        passed.push([pausedFrom, data.next ?? Number.POSITIVE_INFINITY])
      if ("next" in data && data.next !== undefined) next = data.next
    }
    return times.map(
      (time) =>
        fired.filter((one) => one === time).length +
        passed.filter(([from, before]) => from <= time && time < before).length
    )
  }
})

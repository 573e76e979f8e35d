import * as Result from "effect/Result"
import { describe, expect, it } from "vitest"
import { settings } from "../../src/settings.ts"
import { at, hourMs, later, minuteMs, runsOf, skippedIn, worldAt } from "./calendar.ts"
import { factsOf, schedule, submit } from "./commands.ts"

describe("a schedule", () => {
  it("submits its run at its time, under a name that says so, in that very turn", () => {
    const world = worldAt("2026-11-25T01:00Z", {})
    world.turn(schedule("nightly", "0 2 * * *", { run: { job: "work", priority: 3, tags: { team: "red" } } }))
    expect(world.queue.wakesAt).toBe(at("2026-11-25T02:00Z"))
    expect(factsOf(later(world, hourMs - 1))).toEqual([])
    const run = "nightly@2026-11-25T02:00Z"
    expect(factsOf(later(world, 1))).toEqual([
      "ScheduleFired",
      ...["RunSubmitted", "RunQueued", "RunAdmitted"].map((fact) => `${fact} ${run}`)
    ])
    expect(world.queue.run(run)).toMatchObject({
      actor: "signalbox",
      spec: {
        priority: 3,
        tags: { team: "red", "signalbox/schedule": "nightly", "signalbox/nominal": "2026-11-25T02:00Z" }
      }
    })
    expect(world.queue.wakesAt).toBe(Math.min(at("2026-11-26T02:00Z"), world.now + settings.startTimeoutMs))
  })

  it("goes by the clocks of its zone", () => {
    const world = worldAt("2026-03-28T12:00Z")
    world.turn(schedule("n", "30 2 * * *", { timezone: "Europe/Berlin" }))
    expect(world.queue.wakesAt).toBe(at("2026-03-29T01:00Z"))
  })

  it("is refused where it makes no sense, and told why", () => {
    const world = worldAt("2026-11-25T01:00Z")
    const issues = [
      schedule("n", "every night"),
      schedule("n", "0 2 * * *", { timezone: "Moon/Crater" }),
      schedule("n", "0 0 30 2 *"),
      schedule("n", "0 2 * * *", { until: world.now }),
      schedule("n", "0 2 * * *", {
        overlap: "skip",
        run: { job: "work", unique: { key: "k", collision: "queue" } }
      })
    ].map((command) => {
      const [reply] = world.turn(command).turn.replies
      return reply && Result.isFailure(reply) && "issue" in reply.failure ? reply.failure.issue : "none"
    })
    expect(issues).toEqual([
      expect.stringMatching(/^cron: expected five fields/),
      expect.stringMatching(/^timezone: expected a name/),
      expect.stringMatching(/^cron: has no time to come/),
      expect.stringMatching(/^cron: has no time to come/),
      expect.stringMatching(/^overlap: its runs have a `unique` key of their own/)
    ])
    expect(world.queue.schedules.all).toEqual([])
  })

  it("that nobody has set takes no commands", () => {
    const world = worldAt("2026-11-25T01:00Z")
    for (const tag of ["RemoveSchedule", "PauseSchedule", "ResumeSchedule", "TriggerSchedule"] as const)
      expect(world.turn({ _tag: tag, name: "n" }).turn.replies).toEqual([
        Result.fail({ _tag: "ScheduleUnknown", command: tag, schedule: "n" })
      ])
  })

  it("that is removed submits nothing more; its runs go on", () => {
    const world = worldAt("2026-11-25T01:00Z")
    world.turn(schedule("n", "* * * * *"))
    later(world, minuteMs)
    world.turn({ _tag: "RemoveSchedule", name: "n" })
    expect(factsOf(later(world, hourMs))).toEqual([])
    expect(runsOf(world)).toEqual(["n@2026-11-25T01:01Z"])
    expect(world.queue.wakesAt).toBe(undefined)
  })

  it("that is paused lets its times pass, and does not make up for them", () => {
    const world = worldAt("2026-11-25T01:00Z")
    world.turn(schedule("n", "0 * * * *", { catchUp: "all" }))
    world.turn({ _tag: "PauseSchedule", name: "n", reason: "holidays" })
    expect(factsOf(world.turn({ _tag: "PauseSchedule", name: "n" }))).toEqual([])
    expect(world.queue.wakesAt).toBe(undefined)
    later(world, 3 * hourMs)
    world.turn({ _tag: "ResumeSchedule", name: "n" })
    expect(factsOf(world.turn({ _tag: "ResumeSchedule", name: "n" }))).toEqual([])
    expect(world.queue.wakesAt).toBe(at("2026-11-25T05:00Z"))
    expect(runsOf(world)).toEqual([])
  })

  it("that is set otherwise while it is paused stays so", () => {
    const world = worldAt("2026-11-25T01:00Z")
    world.turn(schedule("n", "0 * * * *"))
    world.turn({ _tag: "PauseSchedule", name: "n" }, schedule("n", "30 * * * *"))
    expect(world.queue.wakesAt).toBe(undefined)
    world.turn({ _tag: "ResumeSchedule", name: "n" })
    expect(world.queue.wakesAt).toBe(at("2026-11-25T01:30Z"))
  })

  it("that is set as it is already is no news, and one of the same times loses none of them", () => {
    const world = worldAt("2026-11-25T01:00Z")
    const set = schedule("n", "0 * * * *")
    world.turn(set)
    expect(factsOf(world.turn(set))).toEqual([])
    world.restart(false)
    world.now += 90 * minuteMs
    world.turn(schedule("n", "0 * * * *", { timezone: "UTC", run: { job: "work", priority: 1 } }))
    world.restart()
    expect(runsOf(world)).toEqual(["n@2026-11-25T02:00Z"])
    expect(world.queue.run("n@2026-11-25T02:00Z").priority).toBe(1)
  })

  it("submits a run at once where someone asks for it, paused or not, and keeps its times", () => {
    const world = worldAt("2026-11-25T01:00Z")
    world.turn(schedule("n", "0 * * * *"), { _tag: "PauseSchedule", name: "n" })
    const position = world.queue.position + 1
    const [reply] = world.turn({ _tag: "TriggerSchedule", name: "n" }).turn.replies
    expect(reply && Result.isSuccess(reply) && reply.success.run?.id).toBe(`n+${position}`)
    expect(world.queue.run(`n+${position}`)).toMatchObject({
      actor: "ann",
      spec: { tags: { "signalbox/schedule": "n" } }
    })
    world.turn({ _tag: "ResumeSchedule", name: "n" }, { _tag: "TriggerSchedule", name: "n" })
    expect(world.queue.wakesAt).toBe(at("2026-11-25T02:00Z"))
  })

  it("fires once for each time, even if the clock is set back and comes by again", () => {
    const world = worldAt("2026-11-25T01:00Z")
    world.turn(schedule("n", "0 * * * *"))
    later(world, hourMs)
    later(world, -hourMs)
    expect(factsOf(later(world, hourMs))).toEqual([])
    later(world, hourMs)
    expect(runsOf(world)).toEqual(["n@2026-11-25T02:00Z", "n@2026-11-25T03:00Z"])
  })

  it("lets a time pass whose run is there already, and says so", () => {
    const world = worldAt("2026-11-25T01:00Z")
    world.turn(schedule("n", "0 * * * *"), submit("n@2026-11-25T02:00Z"))
    expect(factsOf(later(world, hourMs))).toEqual(["ScheduleSkipped"])
    expect(skippedIn(world)).toEqual([
      {
        name: "n",
        nominal: at("2026-11-25T02:00Z"),
        next: at("2026-11-25T03:00Z"),
        cause: {
          _tag: "Refused",
          rejection: "RunExists",
          reason: "SubmitRun refused: run n@2026-11-25T02:00Z exists and is queued; an id is used once."
        }
      }
    ])
  })

  it("lets a time pass where the queue is full", () => {
    const world = worldAt("2026-11-25T01:00Z", { maxConcurrentRuns: 0, maxQueuedRuns: 1 })
    world.turn(schedule("n", "0 * * * *"))
    later(world, hourMs)
    later(world, hourMs)
    expect(skippedIn(world).map(({ cause }) => cause)).toEqual([
      { _tag: "Refused", rejection: "QueueFull", reason: expect.stringContaining("1 runs wait") }
    ])
  })
})

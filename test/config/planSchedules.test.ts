import { writeFileSync } from "node:fs"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { describeProblem } from "../../src/config/InputError.ts"
import { planSchedules } from "../../src/config/planSchedules.ts"
import { readScheduleFile, type ScheduleSource } from "../../src/config/readScheduleFile.ts"
import { RunQueue } from "../../src/queue/RunQueue.ts"
import type { Schedule } from "../../src/queue/Schedule.ts"
import { turn } from "../../src/queue/turn.ts"
import { temporaryFolder } from "../cli/signalbox.ts"

const schedule = fc.record(
  {
    cron: fc.constantFrom("@daily", "0 2 * * *"),
    timezone: fc.constantFrom("UTC", "Europe/Berlin"),
    run: fc.constantFrom({ job: "a" }, { job: "b", tags: { team: "red" } })
  },
  { requiredKeys: ["cron", "run"] }
)
const schedules = fc.dictionary(fc.constantFrom("a", "b", "c", "d"), schedule, { noNullPrototype: true })

const of = (source: string, written: Readonly<Record<string, Schedule>>): ScheduleSource => ({
  source,
  schedules: Object.fromEntries(Object.entries(written).map(([name, one]) => [name, { ...one, source }]))
})

/** Has it decided as a coordinator has; answers how many events followed. */
const apply = (queue: RunQueue, source: ScheduleSource): number => {
  const { commands, taken } = planSchedules(queue.schedules.all, source)
  if (taken.length > 0) return -1
  const asked = commands.map((command, at) => ({ id: String(at), actor: "ann", command }))
  const { events, replies } = turn(queue, asked, 0)
  expect(replies.every(Result.isSuccess)).toBe(true)
  return events.length
}

const standing = (queue: RunQueue) =>
  Object.fromEntries(queue.schedules.all.map(({ name, schedule: one }) => [name, one]))

describe("applying a schedule file", () => {
  it("leads to what the file says and what others have set, and a second time to nothing", () => {
    fc.assert(
      fc.property(schedules, fc.array(schedules, { minLength: 1, maxLength: 4 }), (byHand, versions) => {
        const queue = new RunQueue()
        const asked = Object.entries(byHand).map(([name, one]) => ({
          id: name,
          actor: "bob",
          command: { _tag: "SetSchedule", name, schedule: one } as const
        }))
        turn(queue, asked, 0)
        let ours: Readonly<Record<string, Schedule>> = {}
        for (const version of versions) {
          const file = of("file", version)
          const clashes = Object.keys(version).some((name) => Object.hasOwn(byHand, name))
          expect(apply(queue, file) < 0).toBe(clashes)
          if (!clashes) ours = file.schedules
          expect(standing(queue)).toEqual({ ...byHand, ...ours })
          if (!clashes) expect(apply(queue, file)).toBe(0)
        }
        expect(apply(queue, of("file", {}))).toBe(Object.keys(ours).length)
        expect(standing(queue)).toEqual(byHand)
      })
    )
  })
})

describe("a schedule file", () => {
  const read = (text: string) => {
    const file = join(temporaryFolder(), "team.yaml")
    writeFileSync(file, text)
    return { file, result: Effect.runSync(Effect.result(readScheduleFile(file, 1_000))) }
  }

  it("says runs as a run file does, and is the source that its name says", () => {
    const { file, result } = read(
      `schedules:
  load: { cron: "@daily", command: echo load, from: 1h, maxRuntime: 10m, retry: [{ max: 2, delay: 5s }] }
`
    )
    expect(Result.getOrThrow(result)).toEqual({
      source: "team",
      schedules: {
        load: {
          cron: "@daily",
          from: 3_601_000,
          source: "team",
          run: {
            command: "echo load",
            cwd: join(file, ".."),
            maxRuntimeMs: 600_000,
            retry: [{ max: 2, delayMs: 5_000 }]
          }
        }
      }
    })
  })

  it("that is wrong is refused with all its faults, each with its line", () => {
    const faults = (text: string) => {
      const { file, result } = read(text)
      return Result.isFailure(result)
        ? result.failure.problems.map((problem) => describeProblem(file, problem).replace(`${file}:`, ""))
        : []
    }
    expect(faults(`schedules:\n  a: { cron: never, command: x }\n  b: { cron: "@daily" }\n`)).toEqual([
      expect.stringMatching(/^2:6: schedules\.a: cron: expected five fields, .* found "never"$/),
      "3:6: schedules.b: has no `command`; only one with a `job` and a `launcher` that knows it needs none"
    ])
    expect(faults(`schedules:\n  a: { cron: "@daily", comand: x }\n`)).toEqual([
      expect.stringMatching(/^2:24: schedules\.a\.comand: is not known here; did you mean command\? /)
    ])
  })
})

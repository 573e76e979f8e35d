import * as Equal from "effect/Equal"
import type { ScheduleCommand } from "../queue/QueueCommand.ts"
import type { KnownSchedule } from "../queue/Schedules.ts"
import type { ScheduleSource } from "./readScheduleFile.ts"

type Change = Extract<ScheduleCommand, { _tag: "SetSchedule" | "RemoveSchedule" }>

/** What has to change for a log to say what a schedule file says; by name. */
export interface SchedulePlan {
  readonly added: ReadonlyArray<string>
  readonly changed: ReadonlyArray<string>
  readonly removed: ReadonlyArray<string>
  readonly unchanged: ReadonlyArray<string>
  /** Names of the file that others have, and whose they are: it takes none of them over without a word. */
  readonly taken: ReadonlyArray<KnownSchedule>
  readonly commands: ReadonlyArray<Change>
}

/** Compares the schedules of a log with those of a source; what is of others is left alone. */
export const planSchedules = (
  known: ReadonlyArray<KnownSchedule>,
  { source, schedules }: ScheduleSource,
  why: { readonly reason?: string } = {}
): SchedulePlan => {
  const before = new Map(known.map((one) => [one.name, one]))
  const names = Object.keys(schedules)
  const isThere = (name: string) => before.has(name)
  const isSame = (name: string) => Equal.equals(before.get(name)?.schedule, schedules[name])
  const changed = names.filter((name) => !isSame(name))
  const removed = known
    .filter(({ name, schedule }) => schedule.source === source && !Object.hasOwn(schedules, name))
    .map(({ name }) => name)
  return {
    added: changed.filter((name) => !isThere(name)),
    changed: changed.filter(isThere),
    removed,
    unchanged: names.filter(isSame),
    taken: known.filter(({ name, schedule }) => Object.hasOwn(schedules, name) && schedule.source !== source),
    commands: [
      ...removed.map((name): Change => ({ _tag: "RemoveSchedule", name, ...why })),
      ...changed.flatMap((name): ReadonlyArray<Change> => {
        const schedule = schedules[name]
        return schedule ? [{ _tag: "SetSchedule", name, schedule, ...why }] : []
      })
    ]
  }
}

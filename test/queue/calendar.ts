/**
 * Worlds at a moment of the calendar, for schedules.
 */
import { World } from "../simulation/World.ts"
import { rules } from "./commands.ts"

export const minuteMs = 60_000
export const hourMs = 60 * minuteMs
export const at = (text: string): number => Date.parse(text)

/** A world at this moment, in which nobody starts unless the rules say so. */
export const worldAt = (
  text: string,
  policy: Parameters<typeof rules>[0] = { maxConcurrentRuns: 0 }
): World => {
  const world = new World()
  world.now = at(text)
  world.turn(rules(policy))
  return world
}

export const later = (world: World, ms: number) => {
  world.now += ms
  return world.turn()
}

export const runsOf = ({ queue }: World): ReadonlyArray<string> => [...queue.runs.keys()]
export const skippedIn = ({ log }: World) =>
  log.flatMap((event) => (event.type === "ScheduleSkipped" ? [event.data] : []))

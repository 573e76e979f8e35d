/**
 * `log stats`: what stands in the log, counted.
 */
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Census, type Count } from "../history/Census.ts"
import { count, showMoment, table } from "./format.ts"
import { openLog } from "./openLog.ts"
import { print, root } from "./root.ts"

/** Actors that are listed; the rest is in what `--json` prints. */
const actorsShown = 10

const rowsOf = (counts: Iterable<readonly [string, number]>): Array<Array<string>> =>
  Array.from(counts, ([name, number]) => [name, String(number)])

const show = ({ events, from, to, epochs, runs, types, actors }: Count): string => {
  if (from === undefined || to === undefined) return "The log is empty."
  const total = Object.values(runs).reduce((sum, number) => sum + number, 0)
  return [
    `${count(events, "event")} from ${showMoment(from)} to ${showMoment(to)}, by ${count(epochs, "coordinator")}, of ${count(total, "run")}.`,
    table(["STATE", "RUNS"], rowsOf(Object.entries(runs))),
    table(["TYPE", "EVENTS"], rowsOf(types)),
    table(["ACTOR", "EVENTS"], rowsOf(actors.slice(0, actorsShown))),
    ...(actors.length > actorsShown ? [`and ${count(actors.length - actorsShown, "more actor")}`] : [])
  ].join("\n\n")
}

export const statsCommand = Command.make(
  "stats",
  {},
  Effect.fn(function* () {
    const { log, json } = yield* root
    const census = new Census()
    yield* Effect.scoped(
      Effect.gen(function* () {
        const { outlines } = yield* openLog(log)
        yield* Stream.runForEachArray(outlines(), (page) =>
          Effect.sync(() => {
            for (const outline of page) census.take(outline)
          })
        )
      })
    )
    const { types, actors, ...rest } = census.count
    const asObject = { ...rest, types: Object.fromEntries(types), actors: Object.fromEntries(actors) }
    yield* print(json, asObject, () => show(census.count))
  })
).pipe(Command.withDescription("Count what stands in the log: events by type and actor, runs by state"))

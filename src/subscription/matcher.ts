/**
 * Which events of a log a filter means.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { EventLog } from "../log/EventLog.ts"
import type { LogError } from "../log/LogError.ts"
import type { Event } from "../queue/Event.ts"
import { settings } from "../settings.ts"
import type { EventFilter } from "./Subscription.ts"

/** Makes the test. Only the first event of a run has its tags; that of a run from before is looked up. */
export const matcher = (
  log: EventLog["Service"],
  { types, run: only, tags }: EventFilter
): ((event: Event) => Effect.Effect<boolean, LogError>) => {
  const wantedTags = Object.entries(tags ?? {})
  /** Of the runs that came last, whether they have the tags. */
  const known = new Map<string, boolean>()

  const hasTags = (event: Event): boolean =>
    event.type === "RunSubmitted" &&
    wantedTags.every(([key, value]) => {
      const { tags = {} } = event.data.spec
      return Object.hasOwn(tags, key) && tags[key] === value
    })

  const remember = (run: string, answer: boolean): boolean => {
    const [oldest] = known.keys()
    if (known.size >= settings.taggedRunsMax && oldest !== undefined) known.delete(oldest)
    known.set(run, answer)
    return answer
  }

  const isTagged = (event: Event): Effect.Effect<boolean, LogError> => {
    const { run } = event
    if (wantedTags.length === 0) return Effect.succeed(true)
    if (run === null) return Effect.succeed(false)
    const answer = known.get(run)
    if (answer !== undefined) return Effect.succeed(answer)
    if (event.type === "RunSubmitted") return Effect.succeed(remember(run, hasTags(event)))
    return Effect.map(Stream.runHead(log.read({ run })), (first) =>
      remember(run, Option.isSome(first) && hasTags(first.value))
    )
  }

  return (event) => {
    const isWanted =
      (types === undefined || types.includes(event.type)) && (only === undefined || event.run === only)
    return isWanted ? isTagged(event) : Effect.succeed(false)
  }
}

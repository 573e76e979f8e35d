/**
 * Whose word an event is. What launchers and workers say bears the mark of the attempt it is about; the log must not take
 * it for another one's.
 */
import type { Event } from "../../src/queue/Event.ts"

const marks = /<(\S+) (\d+)>/g

/** Of which attempt what the event repeats must speak. */
const speaksOf = (event: Event): number | undefined => {
  switch (event.type) {
    case "RunStarted":
    case "RunProgressed":
    case "RunSucceeded":
    case "RunFailed":
    case "RunCanceled":
    case "RunRequeued":
    case "RunHealthChanged":
      return event.data.attempt
    case "RunResumed":
      return event.data.attempt - 1
    default:
      return undefined
  }
}

const text = (event: Event): string => {
  switch (event.type) {
    case "RunStarted":
      return event.data.worker ?? ""
    case "RunSucceeded":
      return JSON.stringify(event.data.result ?? "")
    case "RunFailed":
      return JSON.stringify([event.data.cause, event.data.worker])
    case "RunCanceled":
      return JSON.stringify(event.data.worker ?? "")
    case "RunRequeued":
    case "RunResumed":
      return JSON.stringify(event.data.cause)
    case "RunProgressed":
    case "RunHealthChanged":
      return event.data.message ?? ""
    default:
      return ""
  }
}

/** What is wrong about whose words the event repeats. */
export const wordsOf = (event: Event): ReadonlyArray<string> => {
  const attempt = speaksOf(event)
  if (attempt === undefined) return []
  return Array.from(text(event).matchAll(marks))
    .filter(([, run, said]) => run !== event.run || Number(said) !== attempt)
    .map(
      ([mark]) => `${event.type} of attempt ${attempt} of run ${event.run} repeats what was said of ${mark}`
    )
}

/**
 * What the outside world should be doing for a run, read from its state alone. Start-up and normal work both
 * follow it, so there is no recovery code. Idea: the `resume` of Jérémie Chassaing's process.
 */
import type { RunState } from "./lifecycle.ts"

/**
 * - `Wait`: nothing; the queue decides when
 * - `Work`: a launcher starts the attempt, or attaches where it runs already
 * - `Stop`: a launcher stops the attempt
 * - `Rest`: nothing, for ever
 */
type Intent = "Wait" | "Work" | "Stop" | "Rest"

const intents: Readonly<Record<RunState, Intent>> = {
  submitted: "Wait",
  queued: "Wait",
  launching: "Work",
  started: "Work",
  canceling: "Stop",
  succeeded: "Rest",
  failed: "Rest",
  canceled: "Rest"
}

/** What the outside world should be doing for a run in this state. */
export const intent = (state: RunState): Intent => intents[state]

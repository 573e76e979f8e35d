/**
 * The life of a coordinator, as data. Where the log fails it, it recovers from the log, as a new one would.
 */
import { type StateValueFrom, setup } from "xstate"

type CoordinatorFactType = "Recovered" | "DrainRequested" | "LogFailed" | "Stopped"

export const coordinatorMachine = setup({
  types: { events: {} as { readonly type: CoordinatorFactType } }
}).createMachine({
  id: "coordinator",
  initial: "recovering",
  states: {
    recovering: {
      description: "Reads the log, rebuilds the queue, takes up what was in flight.",
      on: { Recovered: "leading", Stopped: "stopped" }
    },
    leading: {
      description: "Decides: takes commands, admits runs.",
      on: { DrainRequested: "draining", LogFailed: "recovering", Stopped: "stopped" }
    },
    draining: {
      description: "Admits nothing; follows what is in flight to its end.",
      on: { LogFailed: "recovering", Stopped: "stopped" }
    },
    stopped: { description: "Has let go of the log.", type: "final" }
  }
})

/** One of the four states of the chart. */
export type CoordinatorState = StateValueFrom<typeof coordinatorMachine>

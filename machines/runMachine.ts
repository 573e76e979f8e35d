/**
 * The life of one run, as data: which facts are possible in which state.
 *
 * The chart has no effects, no timers and no guards on context, so it can be walked to the last path, drawn,
 * and printed into a table. Conditions live in `src/run/decide.ts`, time in `src/run/deadline.ts`.
 */
import { type StateValueFrom, setup } from "xstate"

/** The facts that can befall a run once it has been submitted. `RunSubmitted` itself creates the run. */
export type RunFactType =
  | "RunQueued"
  | "RunReprioritized"
  | "RunMovedToTop"
  | "RunHeld"
  | "RunReleased"
  | "RunAdmitted"
  | "RunStarted"
  | "RunSettled"
  | "RunProgressed"
  | "RunHealthChanged"
  | "SlotClaimed"
  | "SlotGranted"
  | "SlotReleased"
  | "RunResumed"
  | "RunRequeued"
  | "RunCancelRequested"
  | "RunSucceeded"
  | "RunFailed"
  | "RunCanceled"

/**
 * - `waiting`: not yet admitted
 * - `holdsSlot`: counts against the limits
 * - `finished`: final, takes no more facts
 */
export type RunTag = "waiting" | "holdsSlot" | "finished"

/** The life of a run as a chart: which event leads from which state to which. All else about lifecycles is read off it. */
export const runMachine = setup({
  types: {
    events: {} as { readonly type: RunFactType },
    tags: {} as RunTag
  }
}).createMachine({
  id: "run",
  initial: "submitted",
  states: {
    submitted: {
      description: "Accepted and recorded; without a queue it is admitted from here.",
      tags: ["waiting"],
      on: {
        RunQueued: "queued",
        RunReprioritized: "submitted",
        RunMovedToTop: "submitted",
        RunHeld: "submitted",
        RunReleased: "submitted",
        RunAdmitted: "launching",
        RunFailed: "failed",
        RunCanceled: "canceled"
      }
    },
    queued: {
      description: "Waits in line until every limit it falls under has room.",
      tags: ["waiting"],
      on: {
        RunReprioritized: "queued",
        RunMovedToTop: "queued",
        RunHeld: "queued",
        RunReleased: "queued",
        RunAdmitted: "launching",
        RunFailed: "failed",
        RunCanceled: "canceled"
      }
    },
    launching: {
      description: "Admitted, holds its slots, handed to a launcher that has not reported a start yet.",
      tags: ["holdsSlot"],
      on: {
        RunStarted: "started",
        RunResumed: "launching",
        RunRequeued: "queued",
        RunCancelRequested: "canceling",
        RunFailed: "failed"
      }
    },
    started: {
      description: "Its worker runs.",
      tags: ["holdsSlot"],
      on: {
        RunSettled: "started",
        RunProgressed: "started",
        RunHealthChanged: "started",
        SlotClaimed: "started",
        SlotGranted: "started",
        SlotReleased: "started",
        RunResumed: "launching",
        RunRequeued: "queued",
        RunCancelRequested: "canceling",
        RunSucceeded: "succeeded",
        RunFailed: "failed"
      }
    },
    canceling: {
      description:
        "Someone or a time limit asked for its end; its worker is being stopped and still holds its slots.",
      tags: ["holdsSlot"],
      on: {
        RunProgressed: "canceling",
        RunCancelRequested: "canceling",
        RunRequeued: "queued",
        SlotGranted: "canceling",
        SlotReleased: "canceling",
        RunSucceeded: "succeeded",
        RunFailed: "failed",
        RunCanceled: "canceled"
      }
    },
    succeeded: { description: "Ended well.", type: "final", tags: ["finished"] },
    failed: { description: "Ended with a cause.", type: "final", tags: ["finished"] },
    canceled: { description: "Ended because someone asked for it.", type: "final", tags: ["finished"] }
  }
})

/** One of the eight states of the chart. */
export type RunState = StateValueFrom<typeof runMachine>

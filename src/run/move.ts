/**
 * What people do with the place of a run that waits.
 */
import type { Run } from "./Run.ts"
import type { RunCommand } from "./RunCommand.ts"
import type { RunFact } from "./RunEvent.ts"

/** A command about the place of a run that waits. */
export type Move = Extract<RunCommand, { _tag: "SetPriority" | "MoveToTop" | "HoldRun" | "ReleaseRun" }>

const said = ({ reason }: Move) => (reason === undefined ? {} : { reason })

/** What becomes of a run that waits; nothing where it is so already. */
export const move = (run: Run, command: Move): ReadonlyArray<RunFact> => {
  const because = said(command)
  switch (command._tag) {
    case "SetPriority":
      return run.priority === command.priority
        ? []
        : [{ type: "RunReprioritized", data: { priority: command.priority, ...because } }]
    case "MoveToTop":
      return [{ type: "RunMovedToTop", data: because }]
    case "HoldRun":
      return run.held ? [] : [{ type: "RunHeld", data: because }]
    case "ReleaseRun":
      return run.held ? [{ type: "RunReleased", data: because }] : []
  }
}

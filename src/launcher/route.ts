/**
 * Which launcher takes a run: a run with a command is a process, any other is a function of this program.
 */
import type { Launcher } from "./Launcher.ts"

/** One launcher that hands each run to the one that fits. */
export const route = (to: {
  readonly inline: Launcher["Service"]
  readonly process: Launcher["Service"]
}): Launcher["Service"] => {
  const fitting = (command: unknown) => (command === undefined ? to.inline : to.process)
  return {
    launch: (assignment, tell) => fitting(assignment.spec.command).launch(assignment, tell),
    stop: (assignment) => fitting(assignment.spec.command).stop(assignment),
    forget: (assignment) => fitting(assignment.spec.command).forget(assignment)
  }
}

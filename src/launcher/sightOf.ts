/**
 * What a container shows of the attempt that it is of.
 */
import type { Container } from "./DockerEngine.ts"
import { exitOutcome } from "./exitOutcome.ts"
import type { Sight } from "./watch.ts"

/** Whether it runs or has run. */
export const hasStarted = ({ State }: Container): boolean => !State.StartedAt.startsWith("0001-")

/** Whether it has ended. */
export const isOver = ({ State }: Container): boolean => State.Status === "exited" || State.Status === "dead"

/** What the engine says of its end, beyond the code. */
export const reasonOf = ({ State }: Container): string | undefined =>
  State.OOMKilled === true ? "out of memory" : State.Error || undefined

/** How the attempt is found; how it has ended, only its output tells in full. */
export const sightOf = (found: Container | undefined, worker: string): Sight => {
  if (!found) return { _tag: "Absent" }
  if (!hasStarted(found)) return { _tag: "Accepted" }
  return isOver(found)
    ? { _tag: "Ended", outcome: exitOutcome(found.State.ExitCode, "", reasonOf(found)) }
    : { _tag: "Running", worker }
}

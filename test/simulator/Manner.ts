/**
 * How a worker, and the launcher about it, behave. It travels in the input of the run, by attempt.
 */
import type { Assignment } from "../../src/launcher/Launcher.ts"
import type { Random } from "./Random.ts"

export interface Manner {
  readonly launch: "well" | "throws" | "dies" | "unreachable" | "refuses"
  /** Whether the work says that it has started by itself, or only when the history has it. */
  readonly starts: "at once" | "later"
  readonly ends: "later" | "succeeds" | "exits" | "dies"
  /** `deaf` work takes no notice. */
  readonly stops: "obeys" | "succeeds" | "deaf" | "throws"
  readonly forgets: "well" | "throws"
  /** Whether it talks more than anyone wants to hear. */
  readonly floods: boolean
  /** Whether it dies with the process that launched it. */
  readonly isInside: boolean
}

const plain: Manner = {
  launch: "well",
  starts: "at once",
  ends: "later",
  stops: "obeys",
  forgets: "well",
  floods: false,
  isInside: false
}

const manner = (random: Random): Manner => ({
  launch: random.weighted([
    [16, "well"],
    [1, "throws"],
    [1, "dies"],
    [2, "unreachable"],
    [1, "refuses"]
  ]),
  starts: random.weighted([
    [3, "at once"],
    [1, "later"]
  ]),
  ends: random.weighted([
    [8, "later"],
    [2, "succeeds"],
    [1, "exits"],
    [1, "dies"]
  ]),
  stops: random.weighted([
    [6, "obeys"],
    [1, "succeeds"],
    [2, "deaf"],
    [1, "throws"]
  ]),
  forgets: random.once(30) ? "throws" : "well",
  floods: random.once(20),
  isInside: random.once(3)
})

/** How each attempt of a run behaves, the last of them for all further ones. */
export const manners = (random: Random): ReadonlyArray<Manner> =>
  Array.from({ length: 1 + random.below(3) }, () => manner(random))

/** How that attempt behaves. Runs of no manner behave well. */
export const mannerOf = ({ spec, attempt }: Pick<Assignment, "spec" | "attempt">): Manner => {
  const all = (spec.input ?? [plain]) as unknown as ReadonlyArray<Manner>
  return all[Math.min(attempt, all.length) - 1] ?? plain
}

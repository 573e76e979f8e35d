/**
 * The name under which the world outside keeps an attempt, so that whoever launches it again finds it: the same
 * attempt has the same name for ever, and no two have one. It is a DNS label, so that a container, a pod or a host may
 * bear it.
 */
import { createHash } from "node:crypto"
import type { RunId } from "../run/RunSpec.ts"

/** The part of a run's id that a label can hold, for people; which run it is, the hash says. */
const legible = (run: RunId): string =>
  run
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 24)
    .replace(/-+$/, "")

/**
 * The name of an attempt: at most 56 characters of `a-z`, `0-9` and `-`, beginning with a letter. `box` tells logs from
 * each other whose runs share a world; runs of one log need none.
 */
export const tokenOf = (of: {
  readonly run: RunId
  readonly attempt: number
  readonly box?: string
}): string => {
  const { run, attempt, box = "" } = of
  const hash = createHash("sha256")
    .update(JSON.stringify([box, run, attempt]))
    .digest("hex")
    .slice(0, 12)
  return ["sb", legible(run), attempt, hash].join("-")
}

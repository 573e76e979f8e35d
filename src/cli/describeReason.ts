/**
 * Reasons to wait, as sentences.
 */
import type { Reason } from "../queue/Reason.ts"
import { scopeName } from "../queue/Scope.ts"
import { count, showLength, showMoment } from "./format.ts"

const because = (reason: string | undefined): string => (reason === undefined ? "" : `: ${reason}`)

/** A reason to wait, as a sentence; with `now`, also for how long it has been one. */
export const describeReason = (reason: Reason, now?: number): string => {
  const lasts =
    now === undefined || !("since" in reason) ? "" : ` for ${showLength(Math.max(0, now - reason.since))}`
  switch (reason._tag) {
    case "LimitFull": {
      const { limit, held, size, holders, holding, ahead, more } = reason
      const by =
        holders.length === 0 ? "" : ` (${holders.join(", ")}${holding > holders.length ? ", …" : ""})`
      const least = more ? "at least " : ""
      const others =
        ahead === 0 && !more ? "next in line for it" : `${least}${count(ahead, "run")} ahead of it`
      return `limit ${limit} is full${lasts}: ${held} of ${size} held${by}; ${others}`
    }
    case "RateReached": {
      const { limit, starts, periodMs, at } = reason
      return `rate limit ${limit} is reached: ${count(starts, "start")} in ${periodMs / 1000} s; the next at ${showMoment(at)}`
    }
    case "Reserved":
      return `what is left of limit ${reason.limit} is kept for run ${reason.for}, the first in line`
    case "Behind":
      return `run ${reason.run} goes first: runs of ${reason.sequence} start in their order`
    case "PoolsFull": {
      const pools = reason.pools.map(({ pool, taken, size }) => `${pool} (${taken} of ${size} taken)`)
      return `no first step can begin: no room in pool ${pools.join(" or ")}`
    }
    case "Paused": {
      const until = reason.until === undefined ? "" : ` until ${showMoment(reason.until)}`
      return `${scopeName(reason.scope)} is paused by ${reason.by}${until}${because(reason.reason)}${lasts && `,${lasts}`}`
    }
    case "Held":
      return `held by ${reason.by}${because(reason.reason)}${lasts && `,${lasts}`}`
    case "NotBefore":
      return `may not start before ${showMoment(reason.at)}`
    case "AdmissionClosed":
      return `no coordinator admits runs now: start one with \`signalbox run\``
  }
}

/**
 * What would start a run, and when it will, as sentences.
 */
import type { Change } from "../history/Change.ts"
import type { Estimate } from "../history/estimate.ts"
import type { Remedy } from "../history/whatStarts.ts"
import type { Admission } from "../history/why.ts"
import { scopeName } from "../queue/Scope.ts"
import { count, showLength, showMoment } from "./format.ts"

const describe = (change: Change): string => {
  switch (change._tag) {
    case "RunEnds":
      return change.run
    case "LimitIs":
      return `if limit ${change.limit} were ${change.size}`
    case "TimeComes":
      return `at ${showMoment(change.at)}`
    case "Resumed":
      return `if ${scopeName(change.scope)} is resumed`
    case "Released":
      return "if it is released"
    case "MovedToTop":
      return "if it is moved to the top"
    case "CoordinatorAdmits":
      return "if a coordinator admits runs (`signalbox run`)"
  }
}

/** What has to come about, as a sentence. */
export const describeRemedy = (remedy: Remedy): string => {
  const others = remedy.filter(({ _tag }) => _tag !== "RunEnds").map(describe)
  const ends = remedy.filter(({ _tag }) => _tag === "RunEnds").map(describe)
  const end = ends.length === 0 ? [] : [`when ${ends.join(" and ")} ${ends.length === 1 ? "ends" : "end"}`]
  return [...end, ...others].join(" and ")
}

/** When a run will start, as a sentence. */
export const describeEstimate = (estimate: Estimate, now: number): string => {
  switch (estimate._tag) {
    case "Between": {
      const { from, to, basis, guesses } = estimate
      const guessed = guesses ? ", though not all of these jobs have ever finished here" : ""
      const by = `by how long ${count(basis, "run")} took${guessed}`
      if (from === to) return `at ${showMoment(from)} (in ${showLength(from - now)}), ${by}`
      const lengths = `in ${showLength(from - now)} to ${showLength(to - now)}`
      return `between ${showMoment(from)} and ${showMoment(to)} (${lengths}), 8 times of 10, ${by}`
    }
    case "NoHistory":
      return "not known: no run has finished yet that would say how long they take"
    case "NotByItself":
      return "not by itself: someone has to do something first"
    case "TooFarBack":
      return `not known: ${estimate.ahead} are ahead of it, and up to ${estimate.max} are played through`
  }
}

const words: Readonly<Record<string, string>> = {
  AdmissionClosed: "nobody admitted",
  NotBefore: "its time had not come",
  Held: "held",
  Paused: "paused",
  PoolsFull: "no room in its pools"
}

/** Why a run was let in when it was, in sentences. */
export const describeAdmission = ({
  at,
  attempt,
  policy,
  slots,
  decision
}: Admission): ReadonlyArray<string> => {
  const when = `admitted at ${showMoment(at)} as attempt ${attempt}, under policy ${policy}`
  if (!decision) return [when]
  const { place, taken, passed = [] } = decision
  const took = slots.map((limit, nth) => `${limit} ${taken[nth]?.join(" of ")}`)
  const over = passed.map(({ run, why, limit }) => `${run} (${limit ?? words[why] ?? why})`)
  const more = place - 1 - passed.length
  return [
    when,
    took.length === 0 ? "it took no slots" : `with it were held: ${took.join(", ")}`,
    place === 1
      ? "it was the first in line"
      : `it was ${place} in line; passed over were ${over.join(", ")}${more > 0 ? ` and ${more} more` : ""}`
  ]
}

/**
 * What is wrong with a decision, as a sentence.
 */
import type { Unexplained } from "../history/verifyDecisions.ts"
import { toJson } from "./root.ts"

/** What the rules do not explain, as a sentence. */
export const describeUnexplained = (found: Unexplained): string => {
  const at = `Position ${found.position}:`
  switch (found._tag) {
    case "OtherRun": {
      const derived =
        found.derived === undefined ? "admit nobody more in this turn" : `admit ${found.derived}`
      return `${at} ${found.run} was admitted, and the rules ${derived}.`
    }
    case "NotAdmitted":
      return `${at} the turn ends here, and the rules admit ${found.derived} in it.`
    case "OtherReasons":
      return (
        `${at} ${found.run} was admitted for other reasons than the log says. ` +
        `The log: ${toJson(found.logged)}. The rules: ${toJson(found.derived)}.`
      )
    case "Impossible":
      return `${at} ${found.issue}.`
    case "OrderUnknown":
      return `${at} the order ${found.order} is in force from here on, and only the program that defines it can tell.`
  }
}

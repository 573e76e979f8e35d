/**
 * What is wrong with the policy that a file stands for, at the place in the file that says so.
 */
import type { Policy } from "../queue/Policy.ts"
import { validatePolicy } from "../queue/validatePolicy.ts"
import type { Document } from "./Document.ts"
import { showPath } from "./decodeDocument.ts"
import type { Problem } from "./InputError.ts"

/** The names that a file has for the parts of a policy. */
const names: Readonly<Record<string, string>> = {
  rateLimits: "rate_limits",
  agingMs: "aging_seconds",
  inOrderBy: "in_order_by",
  fairShare: "fair_share",
  reserveAfterMs: "reserve_after_seconds",
  each: "value"
}

/** The faults of a policy whose keys stand under `path` in the file. */
export const policyProblems = (
  policy: Policy,
  document: Document,
  path: ReadonlyArray<string>
): ReadonlyArray<Problem> =>
  validatePolicy(policy).map(({ path: within, issue }) => {
    const at = [...path, ...within.map((step) => names[step] ?? step)]
    return { ...document.locate(at), path: showPath(at), message: issue }
  })

/**
 * Whether rules make sense: numbers that are in range, and rules that can hold side by side. A policy that does not is
 * refused as a whole, and the one in force stays.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import type { Rejection } from "../run/Rejection.ts"
import type { Orders } from "./order.ts"
import { Policy, type RateLimit } from "./Policy.ts"

/** What is wrong with a policy, and where. */
export interface PolicyIssue {
  readonly path: ReadonlyArray<string | number>
  /** What was found, and what to do about it. */
  readonly issue: string
}

const decode = Schema.decodeUnknownResult(Policy, {
  onExcessProperty: "error",
  errors: "all",
  reportInput: true
})
const format = SchemaIssue.makeFormatterStandardSchemaV1()

const stepOf = (step: PropertyKey | { readonly key: PropertyKey }): string | number => {
  const key = typeof step === "object" ? step.key : step
  return typeof key === "number" ? key : String(key)
}

const shapeIssues = (policy: unknown): ReadonlyArray<PolicyIssue> => {
  const decoded = decode(policy)
  if (Result.isSuccess(decoded)) return []
  return format(decoded.failure.issue).issues.map(({ path = [], message }) => ({
    path: path.map(stepOf),
    issue: message
  }))
}

const rateIssues = (rate: RateLimit, nth: number): ReadonlyArray<PolicyIssue> => {
  const { key, value, each, where = {} } = rate
  const at = (field: string, issue: string): PolicyIssue => ({ path: ["rateLimits", nth, field], issue })
  const wanted = key === undefined ? undefined : where[key]
  return [
    ...(key === undefined && value !== undefined
      ? [at("value", "is a value of no tag: say which by `key`, or leave it out")]
      : []),
    ...(key === undefined && each ? [at("each", "needs a `key` whose values are counted apart")] : []),
    ...(each && value !== undefined
      ? [at("each", "counts every value apart, and `value` names one: leave out one of them")]
      : []),
    ...(value !== undefined && wanted !== undefined && wanted !== value
      ? [at("where", `no run has two values of ${key}, ${value} and ${wanted}: nothing would fall under it`)]
      : [])
  ]
}

const contradictions = ({ strict, fairShare, reserveAfterMs, inOrderBy = [] }: Policy) => {
  const issues: Array<PolicyIssue> = []
  if (strict && fairShare)
    issues.push({
      path: ["fairShare"],
      issue: "has no say where `strict` lets only the first in line start: leave out one of them"
    })
  if (strict && reserveAfterMs !== undefined)
    issues.push({
      path: ["reserveAfterMs"],
      issue: "has no say where `strict` holds all behind the first back anyway: leave out one of them"
    })
  for (const [nth, key] of inOrderBy.entries())
    if (inOrderBy.indexOf(key) < nth)
      issues.push({ path: ["inOrderBy", nth], issue: `${key} stands there twice: once is enough` })
  return issues
}

/** All that is wrong with a policy; empty if nothing. */
export const validatePolicy = (policy: Policy): ReadonlyArray<PolicyIssue> => {
  const shape = shapeIssues(policy)
  if (shape.length > 0) return shape
  return [...(policy.rateLimits ?? []).flatMap(rateIssues), ...contradictions(policy)]
}

/** Why a policy is not put in force; undefined if it can be. */
export const refusePolicy = (command: string, policy: Policy, orders: Orders): Rejection | undefined => {
  const issues = validatePolicy(policy).map(({ path, issue }) => ({ path: path.join("."), issue }))
  if (issues.length > 0) return { _tag: "PolicyInvalid", command, issues }
  const { order } = policy
  if (order === undefined || Object.hasOwn(orders, order)) return undefined
  return { _tag: "OrderUnknown", command, order, known: Object.keys(orders) }
}

/**
 * Who goes first.
 */
import type { Run } from "../run/Run.ts"
import type { Policy } from "./Policy.ts"

/** What an order may go by: what does not change while a run waits, save by a command that says so. */
export type Standing = Pick<
  Run,
  "id" | "spec" | "actor" | "priority" | "top" | "order" | "since" | "submittedAt"
>

/** Which of two waiting runs goes first: below 0 the first of them. Must tell any two apart. */
export type RunOrder = (a: Standing, b: Standing) => number

/** Higher priority first; within one priority, first come first served. */
export const byPriority: RunOrder = (a, b) =>
  a.priority === b.priority ? a.order - b.order : a.priority > b.priority ? -1 : 1

/** The moment at which a run of priority 0 would have had to come for the same place in line. */
const comesAt = ({ since, priority }: Standing, agingMs: number): number | bigint => {
  const ahead = Number(priority) * agingMs
  return Number.isSafeInteger(ahead) && Number.isSafeInteger(since - ahead)
    ? since - ahead
    : BigInt(since) - BigInt(priority) * BigInt(agingMs)
}

/**
 * One step of priority is worth so much waiting. A run is passed only by those that come less than `agingMs` after it
 * for each step that they are above it; two runs never change places, however long they wait.
 */
export const byAge =
  (agingMs: number): RunOrder =>
  (a, b) => {
    const [first, second] = [comesAt(a, agingMs), comesAt(b, agingMs)]
    return first < second ? -1 : first > second ? 1 : a.order - b.order
  }

/** Orders by the name that a policy calls them by. */
export type Orders = Readonly<Record<string, RunOrder>>

/** What was moved to the top stands there, the last one first; then the custom order; then by priority, or by age. */
export const orderOf = ({ order: name, agingMs }: Policy, orders: Orders): RunOrder => {
  const custom = name !== undefined && Object.hasOwn(orders, name) ? orders[name] : undefined
  const base = agingMs === undefined ? byPriority : byAge(agingMs)
  const rest: RunOrder = custom ? (a, b) => custom(a, b) || base(a, b) : base
  return (a, b) => b.top - a.top || rest(a, b)
}
